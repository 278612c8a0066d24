"""Whose a ticket is: the rule of its category over the way of the parcel."""

import pytest

from bot.network.model import Tier
from bot.tickets.dispatching import owner_of
from bot.tickets.kinds import OwnerRule, TicketKind
from bot.tickets.owners import Owner, TrackFacts, TrackPoint, Unit, candidates
from tests.tickets.builders import GD, GUANGDONG, GZ1, GZ2, HQ, HZ1, NOW, ZHEJIANG, ZJ, make_track

UNITS = {
    HQ: Unit(HQ, Tier.headquarters, "上海市", None),
    GD: Unit(GD, Tier.provincial_center, GUANGDONG, HQ),
    ZJ: Unit(ZJ, Tier.provincial_center, ZHEJIANG, HQ),
    GZ1: Unit(GZ1, Tier.outlet, GUANGDONG, GD),
    GZ2: Unit(GZ2, Tier.outlet, GUANGDONG, GD),
    HZ1: Unit(HZ1, Tier.outlet, ZHEJIANG, ZJ),
}
TRACK = make_track(HZ1, ZJ, GD, GZ2)
"""On its way to GZ1; the outlet next door has it."""


def _owner(rule: OwnerRule, kind: TicketKind = TicketKind.service, facts: TrackFacts = TRACK) -> Owner | None:
    return owner_of(rule, kind, facts, UNITS, UNITS[HQ])


@pytest.mark.parametrize(
    ("rule", "unit"),
    [
        (OwnerRule.holding_outlet, GZ2),
        (OwnerRule.sending_outlet, HZ1),
        (OwnerRule.destination_outlet, GZ1),
        (OwnerRule.pickup_outlet, HZ1),
        (OwnerRule.previous_outlet, GD),
        (OwnerRule.provincial_center, GD),
        (OwnerRule.headquarters, HQ),
    ],
)
def test_each_rule_points_at_a_place_on_the_way(rule, unit):
    assert _owner(rule).unit == unit


def test_scans_in_a_row_at_one_outlet_are_one_stay():
    at = [TrackPoint(outlet, NOW, "arrived") for outlet in (HZ1, GD, GD, GZ1, GZ1)]

    assert TrackFacts(HZ1, GZ1, tuple(at)).stops == (HZ1, GD, GZ1)


def test_before_the_first_scan_the_sending_outlet_holds_it():
    assert _owner(OwnerRule.holding_outlet, facts=TrackFacts(HZ1, GZ1)).unit == HZ1


def test_a_unit_that_the_network_does_not_list_is_passed_over():
    lost_abroad = make_track(HZ1, "XX999")

    assert next(candidates(OwnerRule.holding_outlet, lost_abroad)) == "XX999"
    assert _owner(OwnerRule.holding_outlet, facts=lost_abroad).unit == HZ1


def test_what_no_track_tells_goes_to_headquarters():
    assert _owner(OwnerRule.holding_outlet, facts=TrackFacts("", "")) == Owner(HQ, Tier.headquarters)
    assert owner_of(OwnerRule.holding_outlet, TicketKind.service, TrackFacts("", ""), {}, None) is None


def test_an_owner_knows_the_outlet_and_province_it_is_about_and_whether_that_is_another_than_the_consignors():
    assert _owner(OwnerRule.holding_outlet) == Owner(GZ2, Tier.outlet, GUANGDONG, GZ2, across_provinces=True)
    local = make_track(GZ2, GZ1, origin=GZ2)
    assert _owner(OwnerRule.holding_outlet, facts=local).across_provinces is False


def test_a_complaint_within_a_province_goes_to_its_centre_and_one_across_provinces_to_headquarters():
    local = make_track(GZ2, GZ1, origin=GZ2)

    assert _owner(OwnerRule.destination_outlet, TicketKind.complaint, local) == Owner(
        GD, Tier.provincial_center, GUANGDONG, GZ1
    )
    assert _owner(OwnerRule.destination_outlet, TicketKind.complaint) == Owner(
        HQ, Tier.headquarters, GUANGDONG, GZ1, across_provinces=True
    )


def test_an_appeal_always_goes_to_headquarters():
    local = make_track(GZ2, GZ1, origin=GZ2)

    assert _owner(OwnerRule.destination_outlet, TicketKind.appeal, local).unit == HQ
