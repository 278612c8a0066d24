"""Complaint: a ticket that was merged into another still warns, urges and escalates."""

import pytest

from bot.errors import IllegalMoveError
from bot.tickets.services import TicketServices
from bot.tickets.work import Request
from tests.conftest import FrozenClock
from tests.tickets.builders import CHEN, LINA, hours
from tests.tickets.conftest import Around, around, services
from tests.tickets.test_clockwork import _events, _get, _open

__all__ = ["around", "services"]
TIME = ("warned", "urged", "escalated", "regulator_warned", "reminded", "dispatched", "follow_up_asked")


async def pass_days(services: TicketServices, clock: FrozenClock, days: int = 10) -> None:
    """Let time do to tickets whatever it does."""
    for _ in range(days * 4):
        clock.advance(hours(6))
        while await services.clockwork.tick(clock()):
            pass


async def since(services: TicketServices, number: str, seq: int) -> list[str]:
    return [event.what for event in (await _events(services, number))[seq:]]


async def merged(services: TicketServices) -> tuple[str, str]:
    """The one that is gone, and the one that took it in."""
    one, other = await _open(services, "expedite"), await _open(services, "trace")
    await services.work.merge(one, Request(LINA), into=other)
    return one, other


async def test_time_does_nothing_to_a_merged_ticket(services: TicketServices, clock: FrozenClock) -> None:
    gone, _ = await merged(services)
    before = len(await _events(services, gone))
    at_first = await _get(services, gone)
    await pass_days(services, clock)
    assert not set(await since(services, gone, before)) & set(TIME)
    after = await _get(services, gone)
    assert (after.status, after.tier, after.urges) == (at_first.status, at_first.tier, at_first.urges)


async def test_nobody_is_told_of_a_merged_ticket_again(
    services: TicketServices, clock: FrozenClock, around: Around
) -> None:
    gone, other = await merged(services)
    before = repr(around.tell).count(gone)
    await pass_days(services, clock)
    assert repr(around.tell).count(gone) == before
    assert repr(around.tell).count(other) > 0


async def test_the_ticket_that_took_it_in_escalates_and_only_that(services: TicketServices, clock: FrozenClock) -> None:
    _, kept = await merged(services)
    await pass_days(services, clock)
    told = [event.what for event in await _events(services, kept)]
    assert "urged" in told
    assert "escalated" in told


async def test_nobody_moves_a_merged_ticket_by_hand(services: TicketServices) -> None:
    gone, _ = await merged(services)
    for move in (
        services.work.urge(gone, Request(LINA)),
        services.work.escalate(gone, Request(CHEN), reason="升级"),
    ):
        with pytest.raises(IllegalMoveError):
            await move


async def test_what_was_merged_in_a_race_with_the_clock_does_not_escalate_afterwards(
    services: TicketServices, clock: FrozenClock
) -> None:
    """The merge comes while the ticket is due already, and before anybody looked."""
    one, other = await _open(services, "expedite"), await _open(services, "trace")
    clock.advance(hours(24 * 3))
    await services.work.merge(one, Request(LINA), into=other)
    before = len(await _events(services, one))
    await pass_days(services, clock, days=2)
    assert not set(await since(services, one, before)) & set(TIME)
