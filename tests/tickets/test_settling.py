"""The timeliness rule: who gets a summary and who a ticket."""

from datetime import timedelta

import pytest

from bot.tickets.settling import CaseFacts, Settled, Ticketed, settle
from bot.waybills.model import WaybillStatus
from bot.waybills.progress import progress_of
from tests.builders import NOW, make_checkpoint, make_waybill
from tests.tickets.builders import hours

LATE = NOW - timedelta(hours=30)


def _case(**changes) -> CaseFacts:
    return CaseFacts(**{"category": "expedite", "now": NOW, "promised_at": NOW + hours(1), **changes})


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        (_case(), Settled("expedite", "timeliness.in_time")),
        (_case(promised_at=NOW), Settled("expedite", "timeliness.in_time")),
        (_case(promised_at=NOW - hours(1)), Ticketed("expedite", "timeliness.past_promise")),
        (_case(promised_at=NOW - hours(1), finished=True), Settled("expedite", "timeliness.finished")),
        (_case(promised_at=None), Settled("expedite", "timeliness.no_promise")),
    ],
)
def test_in_time_is_settled_and_past_the_promise_is_a_ticket(facts, outcome):
    assert settle(facts) == outcome


def _asked(category="trace", **waybill):
    return settle(CaseFacts.of(category, progress_of(make_waybill(**waybill), now=NOW), now=NOW))


def test_a_parcel_that_stands_still_while_its_promise_can_hold_needs_no_ticket():
    standing = make_waybill(track=(make_checkpoint(hours_ago=96),))
    assert progress_of(standing, now=NOW).stalled_for is not None

    assert _asked("stalled", track=standing.track) == Settled("stalled", "timeliness.in_time")


def test_an_agreed_day_is_the_promise_that_counts():
    assert _asked(promised_at=LATE, agreed_at=NOW + hours(5)) == Settled("trace", "timeliness.in_time")
    assert _asked(agreed_at=LATE) == Ticketed("trace", "timeliness.past_promise")


@pytest.mark.parametrize("status", [WaybillStatus.refused, WaybillStatus.returning, WaybillStatus.returned])
@pytest.mark.parametrize("category", ["expedite", "trace"])
def test_what_turned_back_is_held_to_no_promise(category, status):
    assert _asked(category, promised_at=LATE, status=status) == Settled(category, "timeliness.finished")


def test_what_waits_at_a_station_is_found_but_may_still_be_wanted_at_the_door():
    waiting = {"promised_at": LATE, "status": WaybillStatus.at_station}

    assert _asked("trace", **waiting) == Settled("trace", "timeliness.finished")
    assert _asked("expedite", **waiting) == Ticketed("expedite", "timeliness.past_promise")


def test_another_carriers_parcel_was_promised_nothing():
    assert _asked(promised_at=None, carrier="shunfeng") == Settled("trace", "timeliness.no_promise")
