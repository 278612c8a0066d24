from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.errors import EventDataError
from bot.outbox import NewEvent, emit, emit_many
from bot.outbox.emitting import uuid7
from bot.outbox.model import OutgoingEvent
from tests.jobs.queue import queued

moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(timezone.utc))  # noqa: DTZ001


class RolledBackError(Exception):
    """The caller's own trouble."""


async def written(database):
    async with database.transaction() as session:
        return list(await session.scalars(select(OutgoingEvent)))


async def test_an_event_is_kept_with_the_change_it_tells_of(database, jobs, clock):
    async with database.transaction() as session:
        await emit(session, "ticket.closed", "GD1", {"ticket_no": "GD1", "result": "delivered"}, at=clock())

    (event,) = await written(database)
    (job,) = await queued(database)
    assert (event.kind, event.subject, event.at) == ("ticket.closed", "GD1", clock())
    assert event.data == {"ticket_no": "GD1", "result": "delivered"}
    assert job.args == {"event_id": str(event.id)}


async def test_nothing_is_told_of_a_change_that_is_rolled_back(database, jobs, clock):
    async def change() -> None:
        async with database.transaction() as session:
            await emit(session, "ticket.closed", "GD1", {"ticket_no": "GD1"}, at=clock())
            raise RolledBackError

    with pytest.raises(RolledBackError):
        await change()

    assert await written(database) == []
    assert await queued(database) == []


async def test_one_event_that_does_not_fit_stops_all_of_them(database, jobs, clock):
    good = NewEvent("waybill.normal", "YD1", {"waybill_no": "YD1"}, clock())
    bad = NewEvent("waybill.normal", "YD2", {"waybill_no": "YD2", "consignee_name": "王芳"}, clock())
    async with database.transaction() as session:
        with pytest.raises(EventDataError):
            await emit_many(session, [good, bad])

    assert await written(database) == []


async def test_the_moment_has_a_zone(database, jobs):
    async with database.transaction() as session:
        with pytest.raises(EventDataError):
            await emit(session, "waybill.normal", "YD1", {"waybill_no": "YD1"}, at=datetime(2026, 3, 4))  # noqa: DTZ001


async def test_thousands_are_told_at_once(database, jobs, clock):
    events = [NewEvent("waybill.at_risk", f"YD{n}", {"waybill_no": f"YD{n}"}, clock()) for n in range(3000)]
    async with database.transaction() as session:
        await emit_many(session, events)
        await emit_many(session, [])

    async with database.transaction() as session:
        assert await session.scalar(select(func.count()).select_from(OutgoingEvent)) == 3000
    assert len(await queued(database)) == 3000


@given(moments, st.integers(min_value=1, max_value=10**9))
def test_ids_sort_by_time(at, milliseconds):
    early, late = uuid7(at), uuid7(at + timedelta(milliseconds=milliseconds))

    assert early < late
    assert (early.version, early.variant) == (7, "specified in RFC 4122")


def test_ids_of_one_moment_differ(clock):
    assert len({uuid7(clock()) for _ in range(100)}) == 100
