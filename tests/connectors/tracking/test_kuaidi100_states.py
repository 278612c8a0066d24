import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.waybills.model import CheckpointKind as Kind
from bot.waybills.model import WaybillStatus as Status
from connectors.tracking.kuaidi100.answers import read_result
from connectors.tracking.kuaidi100.states import meaning_of
from tests.simulators.kuaidi100 import row


@pytest.mark.parametrize(
    ("codes", "kind", "status"),
    [
        (["0", "1002", "1003", "202", "7"], Kind.departed, Status.in_transit),
        (["1001", "208"], Kind.arrived, Status.in_transit),
        (["101", "102"], Kind.ordered, Status.created),
        (["1", "103"], Kind.picked_up, Status.picked_up),
        (["2", "204", "206", "207"], Kind.delivery_failed, Status.delivery_failed),
        (["5", "201"], Kind.out_for_delivery, Status.out_for_delivery),
        (["501", "205"], Kind.at_station, Status.at_station),
        (["3", "301", "302", "303", "304"], Kind.delivered, Status.delivered),
        (["203", "14"], Kind.refused, Status.refused),
        (["209"], Kind.damaged, Status.in_transit),
        (["6"], Kind.returning, Status.returning),
        (["4", "401", "210"], Kind.returned, Status.returned),
        (["8", "10", "11", "13"], Kind.customs_held, Status.in_customs),
        (["12"], Kind.customs_cleared, Status.in_transit),
    ],
)
def test_every_state_has_a_meaning_of_ours(codes, kind, status):
    meanings = [meaning_of(code) for code in codes]

    assert [(one.kind, one.status) for one in meanings] == [(kind, status)] * len(codes)


@pytest.mark.parametrize(
    ("unknown", "base"), [("399", "3"), ("150", "1"), ("1009", "0"), ("260", "2"), ("599", "5"), ("888", "8")]
)
def test_an_unknown_state_means_what_its_base_means(unknown, base):
    assert meaning_of(unknown) == meaning_of(base)


@pytest.mark.parametrize("code", ["", "15", "9", "999", "12345", "abc", "3x", "²", "1100"])
def test_a_code_without_a_base_means_nothing(code):
    assert meaning_of(code) is None


def test_without_a_code_the_name_of_the_state_does():
    assert meaning_of("", "签收").kind is Kind.delivered
    assert meaning_of("", "谁知道") is None


@given(st.text(max_size=6), st.text(max_size=6), st.text(max_size=30))
def test_no_state_breaks_anything(code, name, text):
    meaning_of(code, name, text)


def test_a_parcel_that_a_station_signed_for_waits_there():
    assert meaning_of("304", text="您的快件已由快递驿站代收").kind is Kind.at_station
    assert meaning_of("304", text="已从快递柜取出，感谢使用").kind is Kind.delivered


@pytest.mark.parametrize(
    "text",
    ["您的快件正在派送中，请您准备签收", "【常熟】的张某正在第1次派件，请保持电话畅通", "快件派送中", "正在派送途中"],
)
def test_a_scan_not_recognised_by_kuaidi100_may_say_itself_that_it_is_delivered(text):
    assert meaning_of("0", "在途", text).kind is Kind.out_for_delivery


@pytest.mark.parametrize(
    "text", ["正在发往派送中心", "快件正在运往派件网点", "派送中心已收货", "快件正在发往【广州派件部】", "派送失败"]
)
def test_places_of_delivery_are_no_delivery(text):
    assert meaning_of("0", "在途", text).kind is Kind.departed


def test_the_newest_scan_is_what_the_state_of_the_whole_speaks_of():
    rows = [{"time": "2026-03-04 10:00:00", "context": "c"}, {"time": "2026-03-03 10:00:00", "context": "b"}]

    result = read_result({"state": "3", "data": rows})

    assert [scan.kind for scan in result.checkpoints()] == [Kind.departed, Kind.delivered]
    assert result.status() is Status.delivered


def test_a_state_that_nobody_knows_leaves_it_to_the_newest_scan():
    result = read_result({"state": "77", "data": [row("2026-03-04 10:00:00", "已签收", "301")]})

    assert result.status() is Status.delivered


def test_scans_of_one_moment_stay_in_their_order():
    same = "2026-03-04 10:00:00"
    result = read_result({"state": "0", "data": [row(same, "second"), row(same, "first")]})

    assert [scan.text for scan in result.checkpoints()] == ["first", "second"]


@pytest.mark.parametrize(
    ("area", "city"),
    [("广东,深圳市,宝安区", "深圳市"), ("北京,北京市,朝阳区", "北京市"), ("上海", "上海"), (None, ""), (",", "")],
)
def test_the_city_is_the_second_part_of_the_area(area, city):
    result = read_result({"state": "0", "data": [row("2026-03-04 10:00:00", "x", area=area)]})

    assert result.checkpoints()[0].city == city
