import time
from datetime import datetime, timedelta, timezone

import pytest

from bot.errors import ImportFileError
from bot.waybills.facts import status_from_track
from bot.waybills.importing import WaybillImporter, required_fields, rows_of_csv, rows_of_json
from bot.waybills.model import CheckpointKind, WaybillStatus
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.schemas import CheckpointRecord, WaybillRecord, import_words
from tests.builders import make_checkpoint

NUMBER = "YD2026000000777"
CSV = (
    "运单号,产品,寄件人,寄件电话,寄件地址,收件人,收件电话,收件城市,收件地址,重量,运费,揽收时间,备注\n"
    "YD2026 0000 00777,标快,李明,13700005678,文三路1号,王芳,139-0000-1234,"
    "广州市,体育西路2号,1.5,12,2026-03-03 10:00,易碎\n"
    "YD123,标快,李明,13700005678,文三路1号,王芳,13900001234,广州市,体育西路2号,两斤,12,2026-03-03 10:00,\n"
)


@pytest.fixture
def importer(database, clock, intake):
    return WaybillImporter(database, clock, intake)


@pytest.fixture
def source(database):
    return PostgresWaybillSource(database)


def waybill(number=NUMBER, **changes):
    return {
        "waybill_no": number,
        "product": "standard",
        "consignor_name": "李明",
        "consignor_phone": "13700005678",
        "consignor_address": "文三路1号",
        "consignee_name": "王芳",
        "consignee_phone": "13900001234",
        "consignee_address": "体育西路2号",
        "weight_kg": 1.5,
        "shipped_at": "2026-03-03T10:00:00+08:00",
        **changes,
    }


def checkpoint(kind="arrived", at="2026-03-03 20:00", number=NUMBER, **changes):
    values = {"outlet_code": "GZ001", "outlet_name": "广州天河网点", "city": "广州市", "text": "快件已到达", **changes}
    return {"waybill_no": number, "kind": kind, "at": at, **values}


def csv_of_waybills(content):
    return rows_of_csv(content, required=required_fields(WaybillRecord))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_good_rows_are_kept_and_bad_ones_come_back_with_line_and_reason(importer, source, encoding):
    report = await importer.waybills(csv_of_waybills(CSV.encode(encoding)))

    reasons = import_words().reasons
    assert report.accepted == 1
    assert [(row.line, row.field, row.reason) for row in report.rejected] == [
        (3, "waybill_no", reasons["waybill_no"]),
        (3, "weight_kg", reasons["not_a_number"]),
    ]
    assert report.ignored_columns == ("备注",)
    found = await source.find(NUMBER)
    assert found.consignee.phone == "13900001234"
    assert found.consignee.city == "广州市"
    assert found.shipped_at == datetime(2026, 3, 3, 2, 0, tzinfo=timezone.utc)
    assert found.status is WaybillStatus.created


async def test_importing_twice_is_importing_once(importer, source):
    for _ in range(2):
        await importer.waybills(rows_of_json([waybill()]))
        report = await importer.checkpoints(rows_of_json([checkpoint("picked_up", "2026-03-03 10:00"), checkpoint()]))

    assert report.accepted == 2
    assert len((await source.find(NUMBER)).track) == 2


async def test_of_a_number_given_twice_the_last_row_counts(importer, source):
    await importer.waybills(rows_of_json([waybill(goods="书"), waybill(goods="茶叶")]))

    assert (await source.find(NUMBER)).goods == "茶叶"


async def test_the_status_follows_the_newest_checkpoint_whatever_is_declared_and_in_which_order(importer, source):
    await importer.waybills(rows_of_json([waybill(status="delivered")]))
    await importer.checkpoints(
        rows_of_json([checkpoint("派送", "2026-03-04 08:30"), checkpoint("揽收", "2026-03-03 10:00")])
    )

    found = await source.find(NUMBER)
    assert found.status is WaybillStatus.out_for_delivery
    assert found.delivered_at is None


async def test_a_delivery_scan_tells_the_waybill_when_and_to_whom(importer, source):
    await importer.waybills(rows_of_json([waybill()]))
    await importer.checkpoints(rows_of_json([checkpoint("delivered", "2026-03-04 09:10", signed_by="门卫")]))
    await importer.waybills(rows_of_json([waybill(goods="茶叶")]))

    found = await source.find(NUMBER)
    assert (found.status, found.signed_by, found.goods) == (WaybillStatus.delivered, "门卫", "茶叶")
    assert found.delivered_at == datetime(2026, 3, 4, 1, 10, tzinfo=timezone.utc)


async def test_a_checkpoint_of_an_unknown_waybill_is_refused_and_the_others_are_kept(importer):
    await importer.waybills(rows_of_json([waybill()]))

    report = await importer.checkpoints(rows_of_json([checkpoint(number="YD2026000000999"), checkpoint()]))

    assert report.accepted == 1
    assert [(row.line, row.reason) for row in report.rejected] == [(1, import_words().reasons["unknown_waybill"])]


async def test_a_scan_of_tomorrow_is_refused(importer, clock):
    await importer.waybills(rows_of_json([waybill()]))

    report = await importer.checkpoints(rows_of_json([checkpoint(at=(clock.now + timedelta(days=1)).isoformat())]))

    assert [(row.field, row.reason) for row in report.rejected] == [("at", import_words().reasons["future"])]


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"consignee_phone": "12345"}, "consignee_phone", "phone"),
        ({"product": "飞毛腿"}, "product", "product"),
        ({"shipped_at": "昨天"}, "shipped_at", "moment"),
        ({"shipped_at": "2026-02-30 10:00"}, "shipped_at", "moment"),
        ({"weight_kg": -1}, "weight_kg", "out_of_range"),
        ({"weight_kg": float("nan")}, "weight_kg", "not_a_number"),
        ({"consignee_name": ""}, "consignee_name", "missing"),
        ({"consignee_name": "王\x00芳"}, "consignee_name", "control"),
        ({"consignee_name": "\ud800"}, "consignee_name", "control"),
        ({"consignee_name": ["王芳"]}, "consignee_name", "other"),
        ({"consignee_address": "长" * 301}, "consignee_address", "too_long"),
        ({"promised_at": "2026-03-01 10:00"}, "", "order"),
        ({"vip": True}, "vip", "extra"),
        ({"status": "flying"}, "status", "status"),
    ],
)
async def test_every_refusal_says_why_in_chinese(importer, changes, field, reason):
    report = await importer.waybills(rows_of_json([waybill(**changes)]))

    assert report.accepted == 0
    assert [(row.field, row.reason) for row in report.rejected] == [(field, import_words().reasons[reason])]


async def test_something_that_is_no_object_is_refused(importer):
    report = await importer.waybills(rows_of_json(["YD2026000000777", None]))

    assert {row.reason for row in report.rejected} == {import_words().reasons["not_an_object"]}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "空"),
        ("单号,重量\nYD2026000000777,1".encode(), "寄件人"),
        (b"\xff\xff\xff\xff", "编码"),
        (CSV.encode() + b'"broken', "第 4 行"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence(content, says):
    with pytest.raises(ImportFileError, match=says):
        csv_of_waybills(content)


def test_semicolons_and_tabs_part_columns_too():
    tabs = csv_of_waybills(CSV.replace(",", "\t").encode())

    assert tabs.rows == csv_of_waybills(CSV.encode()).rows


def test_lines_are_counted_as_in_the_file_even_after_a_cell_with_a_line_break():
    content = CSV.replace("文三路1号,王芳,139-", '"文三路1号\n二楼",王芳,139-', 1)

    assert [line for line, _ in csv_of_waybills(content.encode()).rows] == [2, 4]


def test_a_row_with_more_cells_than_the_header_is_refused():
    header = CSV.splitlines()[0]

    trailing = csv_of_waybills(f"{header}\nx,{',' * 20}\n".encode())
    wide = csv_of_waybills(f"{header}\n{'x,' * 20}\n".encode())

    assert not trailing.rejected
    assert [(row.line, row.reason) for row in wide.rejected] == [(2, import_words().reasons["too_many_columns"])]


@pytest.mark.parametrize("kind", CheckpointKind)
def test_every_kind_of_scan_has_a_status(kind):
    assert status_from_track([make_checkpoint(kind)]) in WaybillStatus


def test_damage_on_the_way_does_not_move_the_parcel():
    track = [
        make_checkpoint(CheckpointKind.out_for_delivery, hours_ago=3),
        make_checkpoint(CheckpointKind.damaged, hours_ago=1),
    ]

    assert status_from_track(track) is WaybillStatus.out_for_delivery


def test_a_parcel_sent_back_stays_so_while_it_travels():
    track = [make_checkpoint(CheckpointKind.returning, hours_ago=9), make_checkpoint(CheckpointKind.arrived)]

    assert status_from_track(track) is WaybillStatus.returning
    assert status_from_track([*track, make_checkpoint(CheckpointKind.returned, hours_ago=1)]) is WaybillStatus.returned


async def test_five_thousand_rows_take_seconds(importer):
    numbers = [f"YD2026{serial:09d}" for serial in range(5000)]
    started = time.perf_counter()

    report = await importer.waybills(rows_of_json([waybill(number) for number in numbers]))
    scans = await importer.checkpoints(rows_of_json([checkpoint(number=number) for number in numbers]))

    assert (report.accepted, scans.accepted) == (5000, 5000)
    assert time.perf_counter() - started < 20


def test_every_field_has_a_chinese_header_and_no_header_means_two_fields():
    words = import_words()
    fields = {*WaybillRecord.model_fields, *CheckpointRecord.model_fields}
    names = [name for names in words.headers.values() for name in names]

    assert set(words.headers) == fields
    assert len(names) == len(set(names))
