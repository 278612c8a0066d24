"""Waybills on their way into a judgement: of whatever age, in one order, with the journey of each."""

from datetime import timedelta

from bot.waybills.held import held
from bot.waybills.importing import WaybillImporter, rows_of_json
from tests.waybills.test_importing import NUMBER, checkpoint, waybill

OLD, UNKNOWN = "YD0000000000001", "YD9999999999999"


async def test_old_and_young_ones_are_found_together_each_with_its_own_journey(database, clock, intake):
    old = waybill(waybill_no=OLD, shipped_at="2025-06-01 10:00", promised_at="2025-06-05 20:00", origin_outlet="OLD")
    await WaybillImporter(database, clock, intake).waybills(rows_of_json([old, waybill(origin_outlet="YOUNG")]))

    async with database.transaction() as session:
        young = clock() - timedelta(days=100)
        found = await held(session, [NUMBER, UNKNOWN, OLD], young=young, lock=True)

    origins = dict(zip(found.numbers, (journey.origin_outlet for journey in found.journeys), strict=True))
    assert origins == {OLD: "OLD", NUMBER: "YOUNG"}


async def test_a_scan_of_an_old_waybill_counts_like_any_other(database, clock, intake):
    importer = WaybillImporter(database, clock, intake)
    old = waybill(waybill_no=OLD, shipped_at="2025-06-01 10:00", promised_at="2025-06-05 20:00")
    await importer.waybills(rows_of_json([old, waybill()]))

    scans = [checkpoint("delivered", "2025-06-03 10:00", waybill_no=OLD), checkpoint()]
    report = await importer.checkpoints(rows_of_json([*scans, checkpoint(waybill_no=UNKNOWN)]))

    async with database.transaction() as session:
        found = await held(session, [OLD], young=clock(), lock=False)
    assert report.accepted == 2
    assert found.states.names["status"].tolist() == ["delivered"]
