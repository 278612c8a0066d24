from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update

from bot.demo.load import load_demo
from bot.demo.outlets import demo_outlets
from bot.demo.showcase import SHOWCASE
from bot.demo.waybills import waybill_no
from bot.network.service import NetworkService
from bot.network.tables import OutletRow
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.progress import progress_of
from bot.waybills.tables import CheckpointRow, StateRow, WaybillRow
from tests.waybills.test_importing import checkpoint, waybill

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=timezone.utc)


async def count(database, table):
    async with database.transaction() as session:
        return await session.scalar(select(func.count()).select_from(table))


async def load(database, *, now=NOW, waybills=120):
    return await load_demo(database, now=now, waybills=waybills, report=lambda _: None)


async def test_everything_is_there_after_loading(database):
    counts = await load(database)

    assert counts.fresh
    assert counts.waybills == 120 + len(SHOWCASE) == await count(database, WaybillRow)
    assert counts.checkpoints == await count(database, CheckpointRow)
    assert counts.outlets == len(demo_outlets()) == await count(database, OutletRow)


async def test_loading_again_within_a_day_changes_nothing(database):
    first = await load(database)

    again = await load(database, now=NOW + timedelta(hours=20))

    assert not again.fresh
    assert (again.waybills, again.checkpoints) == (first.waybills, first.checkpoints)


async def test_loading_after_a_day_tells_the_same_stories_anew(database):
    await load(database)
    source = PostgresWaybillSource(database)
    stalled = next(each for each in SHOWCASE if each.waybill_no.endswith("033")).waybill_no
    before = await source.find(stalled)
    later = NOW + timedelta(days=3)

    counts = await load(database, now=later)

    after = await source.find(stalled)
    assert counts.fresh
    assert after.consignee == before.consignee
    assert timedelta(days=4) <= progress_of(after, now=later).stalled_for < timedelta(days=5)


async def test_another_size_is_loaded_anew(database):
    await load(database)

    assert (await load(database, waybills=30)).waybills == 30 + len(SHOWCASE)


async def test_waybills_that_are_not_the_demos_are_never_touched(database, clock, intake):
    importer = WaybillImporter(database, clock, intake)
    taken = waybill_no(5)
    await importer.waybills(rows_of_json([waybill(), waybill(taken, goods="真货")]))
    await importer.checkpoints(rows_of_json([checkpoint(), checkpoint(number=taken)]))

    await load(database)
    counts = await load(database, now=NOW + timedelta(days=3))

    source = PostgresWaybillSource(database)
    assert counts.waybills == 119 + len(SHOWCASE)
    assert (await source.find(taken)).goods == "真货"
    assert len((await source.find(taken)).track) == 1
    assert await source.find(waybill()["waybill_no"]) is not None


async def test_a_load_that_fails_leaves_what_was_there(database):
    await load(database)
    before = await count(database, CheckpointRow)

    def break_off(message: str) -> None:
        if "of 60" in message:
            raise RuntimeError(message)

    with pytest.raises(RuntimeError):
        await load_demo(database, now=NOW, waybills=60, report=break_off)

    assert await count(database, CheckpointRow) == before


async def test_what_was_changed_on_a_demo_waybill_is_made_good_by_the_next_load(database):
    await load(database)
    number = SHOWCASE[0].waybill_no
    async with database.transaction() as session:
        await session.execute(update(StateRow).where(StateRow.waybill_no == number).values(status="delivered"))

    await load(database, now=NOW + timedelta(days=2))

    assert (await PostgresWaybillSource(database).find(number)).status == "in_transit"


async def test_outlets_of_the_demo_are_found_near_places(database):
    await load(database, waybills=1)
    network = NetworkService(database)

    for place, district in (("广州天河", "天河区"), ("义乌", "义乌市"), ("昆山", "昆山市")):
        nearest, *_ = await network.outlets_near(place)
        assert nearest.district == district
    assert len(await network.outlets_near("浦东")) == 3
    for place in ("沪", "拉萨", "四川", "香港", "黔东南"):
        assert await network.outlets_near(place)
