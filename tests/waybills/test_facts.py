from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.waybills.facts import Journey, facts_of
from bot.waybills.model import Checkpoint, CheckpointKind, Leg, WaybillStatus
from tests.builders import NOW, make_checkpoint

KM = {"HZ": 1050.0, "HZC": 1060.0, "GZC": 20.0, "GZ": 0.0, "HRB": 2900.0}


def journey(**changes):
    values = {"shipped_at": NOW - timedelta(days=2), "origin_outlet": "HZ", "destination_outlet": "GZ", **changes}
    return Journey(**values)


def scan(kind, hours_ago, outlet="GZ"):
    return make_checkpoint(CheckpointKind(kind), hours_ago=hours_ago, outlet_code=outlet)


def distance(outlet, other):
    return abs(KM[outlet] - KM[other]) if outlet in KM and other in KM else None


def test_before_the_first_scan_a_parcel_waits_to_be_picked_up():
    facts = facts_of([], journey())

    assert (facts.status, facts.leg, facts.holding_outlet) == (WaybillStatus.created, Leg.pickup, "HZ")
    assert facts.leg_since == NOW - timedelta(days=2)


def test_arriving_elsewhere_is_sorting_and_arriving_at_the_destination_is_the_last_mile():
    elsewhere = facts_of([scan("picked_up", 30, "HZ"), scan("arrived", 20, "GZC")], journey())
    there = facts_of([scan("picked_up", 30, "HZ"), scan("arrived", 20, "GZC"), scan("arrived", 5, "GZ")], journey())

    assert elsewhere.leg is Leg.sorting
    assert there.leg is Leg.last_mile
    assert there.leg_since == NOW - timedelta(hours=5)


def test_damage_seen_on_the_way_does_not_begin_another_leg():
    facts = facts_of([scan("arrived", 20, "GZC"), scan("damaged", 5, "GZC")], journey())

    assert (facts.leg, facts.leg_since) == (Leg.sorting, NOW - timedelta(hours=20))
    assert facts.last_at == NOW - timedelta(hours=5)


def test_a_parcel_that_goes_to_and_fro_between_two_outlets_loops():
    there_and_back = [scan("arrived", hours, outlet) for hours, outlet in ((40, "HZC"), (30, "GZC"), (20, "HZC"))]

    assert facts_of(there_and_back, journey()).loops == 1
    assert facts_of([*there_and_back, scan("arrived", 10, "GZC")], journey()).loops == 2


def test_going_back_to_the_sender_is_no_loop():
    track = [scan("arrived", 40, "HZC"), scan("arrived", 30, "GZC"), scan("refused", 20, "GZ")]

    facts = facts_of([*track, scan("arrived", 10, "GZC"), scan("arrived", 5, "HZC")], journey())

    assert facts.loops == 0
    assert facts.leg is Leg.returning


def test_a_signature_without_going_out_for_delivery_shows():
    assert facts_of([scan("arrived", 5), scan("delivered", 1)], journey()).skipped_out_for_delivery
    assert not facts_of([scan("out_for_delivery", 5), scan("delivered", 1)], journey()).skipped_out_for_delivery


def test_a_locker_is_a_risk_only_where_the_consignee_said_no():
    track = [scan("at_station", 2)]

    assert facts_of(track, journey(station_consent=False)).station_without_consent
    assert not facts_of(track, journey(station_consent=True)).station_without_consent
    assert not facts_of(track, journey()).station_without_consent


def test_refused_and_delivered_after_all_shows():
    assert facts_of([scan("refused", 5), scan("delivered", 1)], journey()).refused_then_delivered


def test_a_parcel_far_off_its_way_heads_away_and_one_on_its_way_does_not():
    on_its_way = [scan("picked_up", 40, "HZ"), scan("arrived", 30, "HZC"), scan("arrived", 10, "GZC")]

    assert not facts_of(on_its_way, journey(), distance).heading_away
    assert facts_of([*on_its_way, scan("arrived", 5, "HRB")], journey(), distance).heading_away


def test_an_outlet_that_is_not_on_the_map_says_nothing_of_the_direction():
    assert not facts_of([scan("arrived", 5, "unknown")], journey(), distance).heading_away


SCANS = st.builds(
    Checkpoint,
    at=st.integers(0, 40).map(lambda hours: NOW - timedelta(hours=hours)),
    kind=st.sampled_from(CheckpointKind),
    outlet_code=st.sampled_from([*KM, "unknown"]),
    outlet_name=st.just(""),
    city=st.just(""),
    text=st.just(""),
)


@given(st.lists(SCANS, max_size=12).flatmap(lambda scans: st.tuples(st.just(scans), st.permutations(scans))))
def test_the_same_scans_in_any_order_give_the_same_facts(both):
    track, shuffled = both

    assert facts_of(track, journey(), distance) == facts_of(shuffled, journey(), distance)
