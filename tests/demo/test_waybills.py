import re
from collections import Counter
from datetime import datetime, timedelta, timezone

import pytest

from bot.demo.outlets import HEADQUARTERS, demo_outlets
from bot.demo.showcase import SHOWCASE, showcase_waybills
from bot.demo.waybills import make_waybill
from bot.network.coverage import default_coverage
from bot.network.model import Place, Tier
from bot.network.service import NetworkService
from bot.waybills.facts import status_from_track
from bot.waybills.model import CheckpointKind, WaybillStatus
from bot.waybills.numbers import find_waybill_numbers
from bot.waybills.progress import progress_of

NOW = datetime(2026, 3, 4, 3, 0, tzinfo=timezone.utc)
HOURS = [NOW.replace(hour=hour) for hour in (0, 3, 8, 12, 15, 16, 20, 23)]
MANY = [make_waybill(index, now=NOW) for index in range(4_000)]


def test_the_network_has_three_tiers():
    tiers = Counter(outlet.tier for outlet in demo_outlets())

    assert (tiers[Tier.headquarters], tiers[Tier.provincial_center]) == (1, 31)
    assert tiers[Tier.outlet] >= 300


def test_every_outlet_hangs_on_the_tier_above():
    known = {outlet.code: outlet for outlet in demo_outlets()}
    above = {Tier.outlet: Tier.provincial_center, Tier.provincial_center: Tier.headquarters}

    assert len(known) == len(demo_outlets())
    for outlet in known.values():
        if outlet.code != HEADQUARTERS:
            assert known[outlet.parent_code].tier is above[outlet.tier]


def test_every_outlet_has_a_phone_and_an_address_in_its_own_district():
    for outlet in demo_outlets():
        assert re.fullmatch(r"0\d{2,4}-9\d{6,7}", outlet.phone)
        assert outlet.district in outlet.address


def test_the_same_number_is_the_same_parcel_whenever_it_is_made():
    today, later = make_waybill(7, now=NOW), make_waybill(7, now=NOW + timedelta(days=40))

    assert today == make_waybill(7, now=NOW)
    assert (later.consignee, later.goods, later.product) == (today.consignee, today.goods, today.product)
    assert later.shipped_at - today.shipped_at == timedelta(days=40)


def test_numbers_are_the_carriers_own_and_each_is_used_once():
    numbers = [waybill.waybill_no for waybill in MANY] + [each.waybill_no for each in SHOWCASE]

    assert len(set(numbers)) == len(numbers)
    assert all(find_waybill_numbers(number) == [number] for number in numbers)


def test_phones_belong_to_nobody():
    unassigned = re.compile(r"1(54|63|64|68|69)\d{8}")

    for waybill in MANY + showcase_waybills(now=NOW):
        assert unassigned.fullmatch(waybill.consignor.phone)
        assert unassigned.fullmatch(waybill.consignee.phone)


@pytest.mark.parametrize("now", HOURS)
def test_tracks_run_forward_from_origin_and_never_into_the_future(now):
    for waybill in [make_waybill(index, now=now) for index in range(300)] + showcase_waybills(now=now):
        moments = [scan.at for scan in waybill.track]
        assert moments == sorted(set(moments))
        assert moments[-1] <= now
        assert waybill.track[0].outlet_code == waybill.origin_outlet
        assert waybill.status is status_from_track(waybill.track)


def test_what_is_delivered_was_delivered_at_the_destination():
    for waybill in MANY:
        if waybill.status is WaybillStatus.delivered:
            assert waybill.last.outlet_code == waybill.destination_outlet
            assert waybill.delivered_at == waybill.last.at
            assert waybill.signed_by


def test_most_parcels_do_well_and_a_few_do_not():
    told = [progress_of(waybill, now=NOW) for waybill in MANY]
    late = sum(one.is_late for one in told) / len(MANY)
    overdue = sum(one.is_late and not one.waybill.is_finished for one in told) / len(MANY)

    assert late < 0.15
    assert 0.005 < overdue < 0.10


def test_parcels_and_showcase_stand_in_every_status():
    assert {waybill.status for waybill in MANY + showcase_waybills(now=NOW)} == set(WaybillStatus)


def test_a_false_delivery_is_among_them():
    assert any(progress_of(waybill, now=NOW).skipped_delivery_scan for waybill in MANY)


@pytest.mark.parametrize("now", HOURS)
def test_the_showcase_tells_its_stories_at_any_hour(now):
    by_no = {waybill.waybill_no: waybill for waybill in showcase_waybills(now=now)}
    told = {number[-3:]: progress_of(waybill, now=now) for number, waybill in by_no.items()}

    assert not told["011"].is_late
    assert told["022"].waybill.status is WaybillStatus.out_for_delivery
    assert not told["022"].is_late
    assert told["022"].waybill.courier_phone
    assert told["033"].stalled_for >= timedelta(days=4)
    assert told["044"].waybill.signed_by == "本人"
    assert not told["044"].is_late
    assert told["055"].skipped_delivery_scan
    assert told["066"].waybill.pickup_code
    assert told["077"].waybill.status is WaybillStatus.at_station
    assert CheckpointKind.damaged in {scan.kind for scan in told["088"].waybill.track}
    assert told["099"].late_by >= timedelta(days=2)
    assert told["099"].stalled_for is None
    assert told["101"].waybill.status is WaybillStatus.in_customs
    assert [scan.kind for scan in told["112"].waybill.track].count(CheckpointKind.delivery_failed) == 2
    assert told["123"].waybill.status is WaybillStatus.returning
    assert told["134"].waybill.status is WaybillStatus.picked_up
    assert told["145"].stalled_for is None
    assert told["156"].waybill.status is WaybillStatus.created


def test_the_showcase_lists_a_dozen_with_the_tails_of_both_parties():
    by_no = {waybill.waybill_no: waybill for waybill in showcase_waybills(now=NOW)}
    tails = [tail for each in SHOWCASE for tail in (each.phone_tail_consignee, each.phone_tail_consignor)]

    assert len(SHOWCASE) >= 12
    assert len(set(tails)) == len(tails)
    for each in SHOWCASE:
        assert by_no[each.waybill_no].consignee.phone.endswith(each.phone_tail_consignee)
        assert by_no[each.waybill_no].consignor.phone.endswith(each.phone_tail_consignor)


def test_a_demo_parcel_costs_what_the_network_quotes(database):
    network = NetworkService(database)
    for waybill in showcase_waybills(now=NOW):
        quotes = network.quote(
            f"{waybill.consignor.province}{waybill.consignor.city}",
            f"{waybill.consignee.province}{waybill.consignee.city}{waybill.consignee.district}",
            waybill.weight_kg,
        )
        assert waybill.freight in {quote.freight for quote in quotes if quote.product is waybill.product}


def test_no_outlet_stands_where_nobody_delivers():
    coverage = default_coverage()

    assert all(coverage.of(Place(each.province, each.city, each.district or None)).served for each in demo_outlets())
