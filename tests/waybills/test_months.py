from datetime import datetime, timezone
from uuid import uuid4

import pytest
from sqlalchemy import text

from bot.errors import RefusedError
from bot.tickets.summaries import remember
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.months import TABLES, Months
from bot.waybills.postgres import PostgresWaybillSource
from tests.waybills.test_importing import NUMBER, checkpoint, waybill


@pytest.fixture
async def months(database, clock):
    """Partitions are no rows: those that a started platform left behind go before, those of the test after."""
    months = Months(database, clock)
    await _drop_all(months, database)
    yield months
    await _drop_all(months, database)


async def _drop_all(months, database):
    async with database.transaction() as session:
        for month in await months.known():
            for table in TABLES:
                await session.execute(text(f"DROP TABLE IF EXISTS {table}_y{month.replace('-', 'm')}"))


async def test_the_months_around_now_are_made_once(months):
    made = await months.prepare()

    assert "waybills_y2026m03" in made
    assert await months.known() == ["2026-01", "2026-02", "2026-03", "2026-04", "2026-05"]
    assert await months.prepare() == []


async def test_rows_that_came_before_their_month_move_into_it(months, database, clock, intake):
    importer = WaybillImporter(database, clock, intake)
    await importer.waybills(rows_of_json([waybill()]))
    await importer.checkpoints(rows_of_json([checkpoint()]))

    await months.prepare()

    async with database.transaction() as session:
        counts = [await session.scalar(text(f"SELECT count(*) FROM {table}_rest")) for table in TABLES]
    assert counts == [0] * len(TABLES)
    assert len((await PostgresWaybillSource(database).find(NUMBER)).track) == 1


async def test_an_old_month_goes_with_everything_of_it(months, database, clock, intake):
    importer = WaybillImporter(database, clock, intake)
    await months.prepare()
    await importer.waybills(rows_of_json([waybill()]))
    clock.now = datetime(2026, 7, 1, tzinfo=timezone.utc)

    await months.drop("2026-03")

    assert await PostgresWaybillSource(database).find(NUMBER) is None
    assert "2026-03" not in await months.known()


async def test_summaries_go_with_their_month(months, database, clock):
    await months.prepare()
    values = {"id": uuid4(), "conversation_id": uuid4(), "turn": "t1", "waybill_no": None, "wrap_up_code": "eta"}
    async with database.transaction() as session:
        assert await remember(session, {**values, "text": "已告知", "by": "bot", "at": clock()})
    clock.now = datetime(2026, 7, 1, tzinfo=timezone.utc)

    await months.drop("2026-03")

    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM service_summaries")) == 0


async def test_tracks_are_vacuumed_often_enough_to_be_read_from_their_index(months, database):
    await months.prepare()

    async with database.transaction() as session:
        query = text("SELECT reloptions FROM pg_class WHERE relname = 'checkpoints_y2026m03'")
        assert "autovacuum_vacuum_insert_threshold=500000" in await session.scalar(query)


@pytest.mark.parametrize("month", ["2026-02", "2026-03", "2027-01", "March", "2026-03; DROP TABLE agents"])
async def test_a_young_or_misspelt_month_is_not_dropped(months, month):
    with pytest.raises(RefusedError):
        await months.drop(month)


async def test_a_number_stands_once_even_when_its_month_is_corrected(months, database, clock, intake):
    await months.prepare()
    importer = WaybillImporter(database, clock, intake)
    await importer.waybills(rows_of_json([waybill()]))
    await importer.checkpoints(rows_of_json([checkpoint()]))

    await importer.waybills(rows_of_json([waybill(shipped_at="2026-02-27T10:00:00+08:00")]))

    async with database.transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM waybills")) == 1
        assert await session.scalar(text("SELECT count(*) FROM waybill_states")) == 1
    assert len((await PostgresWaybillSource(database).find(NUMBER)).track) == 1
