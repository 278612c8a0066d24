"""What the business says, sentence by sentence, and the row that does it.

Some sentences are no matter of these tables: who arbitrates and the window for appeals (`bot.tickets`), which node
comes next in a chain (`bot.evidence`), what is kept of each change.
"""

from typing import Any

import pytest

from bot.rules.shipped import shipped_rules
from bot.waybills.model import Leg

BOOK = shipped_rules()
UNDER_WAY = {
    "leg": "line_haul",
    "status": "in_transit",
    "hours_since_scan": 1,
    "hours_in_leg": 1,
    "failed_attempts": 0,
    "loops": 0,
    "skipped_out_for_delivery": False,
    "station_without_consent": False,
    "refused_then_delivered": False,
    "heading_away": False,
    "hours_since_delivery": None,
}
DELIVERED = UNDER_WAY | {"leg": "finished", "status": "delivered", "hours_since_delivery": 5}
ON_TIME = {
    "open_tickets": 0,
    "contacts_since_progress": 0,
    "past_promise": False,
    "past_warning": False,
    "risk_signs": 0,
    "finished": False,
}
TICKET = {"kind": "service", "tier": "outlet", "overdue_minutes": 0, "urges": 0, "priority": "normal"}
ENTRY = {
    "kind": "service",
    "cause": "late_delivery",
    "finding": None,
    "service_class": "normal",
    "escalations": 0,
    "across_provinces": False,
}
CLOSED = {"kind": "service", "channel": "wechat", "outcome": "closed", "reopened": 0}


def rules(table: str, facts: dict[str, Any], **changes: Any) -> list[str]:
    return [hit.row for hit in BOOK.decide(table, facts | changes).hits]


def outcome(table: str, facts: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return dict(BOOK.decide(table, facts | changes).outcome)


# -- waybill condition ----------------------------------------------------------------------------


def test_a_service_summary_under_a_waybill_makes_it_at_least_at_risk():
    assert rules("condition", ON_TIME, contacts_since_progress=1) == ["contact"]
    assert outcome("condition", ON_TIME, contacts_since_progress=1)["condition"] == "at_risk"


def test_an_open_service_ticket_makes_it_a_problem():
    assert outcome("condition", ON_TIME, open_tickets=1, finished=True)["condition"] == "problem"
    assert rules("condition", ON_TIME, open_tickets=2, contacts_since_progress=3, past_promise=True) == ["open_ticket"]


def test_past_the_warning_time_of_its_leg_is_at_risk_and_the_outlet_holding_it_is_told():
    found = outcome("condition", ON_TIME, past_warning=True)

    assert (found["condition"], found["tells_outlet"], found["opens_ticket"]) == ("at_risk", True, None)


def test_past_the_promised_time_is_a_problem_and_the_system_opens_a_ticket():
    found = outcome("condition", ON_TIME, past_promise=True, past_warning=True)

    assert (found["condition"], found["opens_ticket"]) == ("problem", "overdue")


@pytest.mark.parametrize(
    ("leg", "hours"),
    [
        *[("pickup", 48), ("first_mile", 24), ("sorting", 24), ("line_haul", 48), ("last_mile", 24), ("delivery", 24)],
        *[("retry", 48), ("station", 72), ("returning", 72), ("customs", 120)],
    ],
)
def test_no_scan_for_so_many_hours_is_a_risk_by_leg(leg, hours):
    facts = UNDER_WAY | {"leg": leg, "status": "created"}

    assert rules("risk", facts, hours_since_scan=hours - 0.1) == []
    assert outcome("risk", facts, hours_since_scan=hours) == {"pattern": "no_scan", "condition": "at_risk"}


def test_every_leg_under_way_has_a_rule_for_missing_scans_and_a_warning_time():
    for leg in Leg:
        if leg is not Leg.finished:
            assert rules("risk", UNDER_WAY, leg=leg, hours_since_scan=240)
            assert rules("leg_warning", {"leg": leg, "product": "standard", "zone": "middle"}) != ["otherwise"]


def test_five_days_without_a_scan_look_like_a_loss():
    assert rules("risk", UNDER_WAY, hours_since_scan=120) == ["no_scan_line_haul", "lost"]


def test_three_days_in_one_place_with_scans_is_a_risk():
    assert rules("risk", UNDER_WAY, leg="sorting", hours_in_leg=72, hours_since_scan=3) == ["stuck"]


def test_a_loop_between_the_same_two_outlets_is_a_risk():
    assert rules("risk", UNDER_WAY, loops=1) == ["loop"]


def test_delivered_without_an_out_for_delivery_scan_is_a_risk():
    assert rules("risk", DELIVERED, skipped_out_for_delivery=True) == ["false_delivery"]


def test_delivered_to_a_locker_or_station_without_consent_is_a_risk():
    assert rules("risk", UNDER_WAY, leg="station", status="at_station", station_without_consent=True) == ["station"]
    assert rules("risk", DELIVERED, station_without_consent=True) == ["station_delivered"]


def test_two_failed_attempts_are_a_risk_until_it_goes_back():
    assert rules("risk", UNDER_WAY, leg="retry", failed_attempts=1) == []
    assert rules("risk", UNDER_WAY, leg="retry", failed_attempts=2) == ["failed"]
    assert rules("risk", UNDER_WAY, leg="returning", failed_attempts=2) == []


def test_refused_then_delivered_is_a_risk():
    assert rules("risk", DELIVERED, refused_then_delivered=True) == ["refused_delivered"]


def test_heading_away_from_its_destination_is_a_risk():
    assert rules("risk", UNDER_WAY, heading_away=True) == ["astray"]


def test_a_risk_sign_makes_a_parcel_at_risk():
    assert outcome("condition", ON_TIME, risk_signs=1)["condition"] == "at_risk"


def test_signs_after_delivery_count_for_72_hours():
    signs = {"skipped_out_for_delivery": True, "refused_then_delivered": True, "station_without_consent": True}

    assert len(rules("risk", DELIVERED, **signs, hours_since_delivery=72)) == 3
    assert rules("risk", DELIVERED, **signs, hours_since_delivery=72.1) == []


@pytest.mark.parametrize("hours_since_delivery", [5, None])
def test_what_counts_under_way_counts_no_more_when_it_has_arrived(hours_since_delivery):
    signs = {"loops": 3, "failed_attempts": 3, "heading_away": True, "hours_since_scan": 999, "hours_in_leg": 999}
    status = "delivered" if hours_since_delivery else "returned"

    assert rules("risk", DELIVERED | signs, status=status, hours_since_delivery=hours_since_delivery) == []


def test_progress_on_schedule_is_normal():
    assert outcome("condition", ON_TIME)["condition"] == "normal"


def test_delivery_is_normal_however_late_it_was():
    found = outcome("condition", ON_TIME, finished=True, past_promise=True, past_warning=True)

    assert found == {"condition": "normal", "opens_ticket": None, "tells_outlet": False}


def test_the_last_ticket_closed_is_normal_again():
    assert rules("condition", ON_TIME, open_tickets=0, finished=True) == ["normal"]


# -- redelivery -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "reason", ["customer_closed", "date_agreed", "unreachable", "pickup_agreed", "remote_area", "change_asked"]
)
def test_every_reason_for_redelivery_has_a_deadline_of_its_own(reason):
    found = BOOK.decide("redelivery", {"reason": reason, "zone": "near"})

    assert found.hits[0].row.startswith(reason)
    assert found.number("deliver_by_hour") <= 20


def test_remote_places_get_more_days():
    near, remote = (BOOK.decide("redelivery", {"reason": "change_asked", "zone": zone}) for zone in ("near", "remote"))

    assert remote.number("days") > near.number("days")


# -- a service ticket's life ----------------------------------------------------------------------


@pytest.mark.parametrize(("service_class", "vip"), [("urgent", False), ("normal", True), ("value_added", True)])
def test_urgent_and_vip_have_a_person_in_30_minutes_and_a_solution_in_2_hours_round_the_clock(service_class, vip):
    found = outcome("deadlines", {"service_class": service_class, "vip": vip})

    assert (found["respond_minutes"], found["solve_minutes"], found["calendar"]) == (30, 120, "always")


@pytest.mark.parametrize(("service_class", "hours"), [("normal", 4), ("value_added", 24)])
def test_normal_has_4_hours_and_value_added_24_in_the_calendar_of_the_tier(service_class, hours):
    found = BOOK.decide("deadlines", {"service_class": service_class, "vip": False})

    assert found.number("solve_minutes") == hours * 60
    assert found.text("calendar") == ""
    assert 0 < found.number("warn_before_minutes") < found.number("solve_minutes")


def test_before_it_is_due_the_owner_is_warned():
    assert outcome("escalation", TICKET, overdue_minutes=-30)["action"] == "warn"


@pytest.mark.parametrize("tier", ["outlet", "provincial_center", "headquarters"])
@pytest.mark.parametrize("kind", ["service", "complaint", "appeal"])
def test_when_it_is_due_the_owner_is_urged_again_and_again(tier, kind):
    found = outcome("escalation", TICKET, tier=tier, kind=kind)

    assert found["action"] == "urge"
    assert found["repeat_minutes"] > 0


@pytest.mark.parametrize(
    ("tier", "minutes", "to"), [("outlet", 120, "provincial_center"), ("provincial_center", 240, "headquarters")]
)
def test_then_it_is_escalated_one_tier(tier, minutes, to):
    assert outcome("escalation", TICKET, tier=tier, overdue_minutes=minutes - 1)["action"] == "urge"
    found = outcome("escalation", TICKET, tier=tier, overdue_minutes=minutes)
    assert (found["action"], found["to_tier"]) == ("escalate", to)


@pytest.mark.parametrize(("tier", "to"), [("outlet", "provincial_center"), ("provincial_center", "headquarters")])
def test_urgent_ones_and_those_urged_three_times_are_escalated_sooner(tier, to):
    for facts in ({"priority": "urgent", "overdue_minutes": 30}, {"urges": 3, "overdue_minutes": 1}):
        found = outcome("escalation", TICKET, tier=tier, **facts)
        assert (found["action"], found["to_tier"]) == ("escalate", to)


def test_above_headquarters_there_is_nobody():
    for priority, urges, minutes in (("normal", 0, 9999), ("urgent", 9, 9999), ("high", 9, 1)):
        found = outcome(
            "escalation", TICKET, tier="headquarters", priority=priority, urges=urges, overdue_minutes=minutes
        )
        assert found["action"] == "urge"


def test_a_closed_ticket_is_followed_up_on_the_channel_the_customer_came_from():
    for channel in ("web", "wechat", "wecom", "sms", "phone"):
        assert outcome("follow_up", CLOSED, channel=channel)["ask"] is True
    assert outcome("follow_up", CLOSED, channel=None)["ask"] is False


def test_a_dissatisfied_customer_has_it_reopened_once_more_at_higher_priority():
    first = outcome("follow_up", CLOSED, outcome="dissatisfied", reopened=0)
    second = outcome("follow_up", CLOSED, outcome="dissatisfied", reopened=1)

    assert (first["reopens"], first["raise_priority"]) == (True, True)
    assert (second["reopens"], second["raise_priority"]) == (False, False)


# -- evidence chain -------------------------------------------------------------------------------


@pytest.mark.parametrize("node", ["sending", "transit", "destination"])
@pytest.mark.parametrize("finding", ["admitted", "silent", "unproven"])
def test_a_node_that_admits_stays_silent_or_cannot_prove_it_is_liable_and_the_ticket_closes(node, finding):
    found = outcome("liability", {"flow": "evidence_chain", "finding": finding, "node": node})

    assert found == {"liable": "this_node", "closes": True}


def test_when_all_have_proved_it_the_network_bears_it():
    found = outcome("liability", {"flow": "evidence_chain", "finding": "all_proven", "node": "destination"})

    assert found == {"liable": "network", "closes": True}


def test_a_matter_withdrawn_is_nobodys_fault():
    assert (
        outcome("liability", {"flow": "evidence_chain", "finding": "withdrawn", "node": "transit"})["liable"]
        == "nobody"
    )


def test_without_a_finding_nothing_closes():
    found = outcome("liability", {"flow": "standard", "finding": None, "node": None})

    assert found == {"liable": "nobody", "closes": False}


@pytest.mark.parametrize("finding", ["admitted", "silent", "unproven"])
def test_the_end_of_a_chain_is_entered_in_the_ledger(finding):
    hits = BOOK.decide("ledger", ENTRY | {"kind": "chain", "finding": finding}).hits

    assert ("fine", "liable") in {(hit.outcome["entry"], hit.outcome["to"]) for hit in hits}
    assert ("reward", "reporter") in {(hit.outcome["entry"], hit.outcome["to"]) for hit in hits}


def test_who_admits_pays_less_than_who_stays_silent():
    fines = {}
    for finding in ("admitted", "unproven", "silent"):
        hits = BOOK.decide("ledger", ENTRY | {"kind": "chain", "finding": finding}).hits
        fines[finding] = sum(float(hit.outcome["amount"]) for hit in hits if hit.outcome["entry"] == "fine")

    assert fines["admitted"] < fines["unproven"] < fines["silent"]


def test_nobodys_fault_is_nobodys_fine():
    for finding in ("all_proven", "withdrawn"):
        assert rules("ledger", ENTRY, kind="chain", finding=finding) == []


# -- complaint, arbitration, appeal ---------------------------------------------------------------


def test_a_ruling_follows_with_fine_and_service_score():
    hits = BOOK.decide("ledger", ENTRY | {"kind": "complaint", "finding": "upheld"}).hits

    assert [(hit.outcome["entry"], hit.outcome["to"]) for hit in hits] == [("fine", "liable"), ("score", "liable")]


def test_across_provinces_costs_more():
    assert rules("ledger", ENTRY, kind="complaint", finding="upheld", across_provinces=True)[-1] == "complaint_across"


@pytest.mark.parametrize("cause", ["false_delivery", "attitude", "privacy", "not_to_door"])
def test_grave_causes_cost_more(cause):
    assert len(rules("ledger", ENTRY, kind="complaint", finding="upheld", cause=cause)) == 3


def test_a_dismissed_complaint_costs_nobody_anything():
    assert rules("ledger", ENTRY, kind="complaint", finding="dismissed") == []


def test_an_appeal_without_success_is_charged_and_one_with_success_is_left_to_the_reversal():
    assert rules("ledger", ENTRY, kind="appeal", finding="confirmed") == ["appeal_confirmed"]
    assert rules("ledger", ENTRY, kind="appeal", finding="reversed") == []
    assert rules("ledger", ENTRY, kind="appeal", finding="changed") == []


def test_an_appeal_is_final():
    found = outcome("follow_up", CLOSED, kind="appeal", outcome="dissatisfied")

    assert not any((found["ask"], found["reopens"]))


def test_a_complaint_that_lies_a_workday_goes_from_the_province_to_headquarters():
    complaint = TICKET | {"kind": "complaint", "tier": "provincial_center"}

    assert outcome("escalation", complaint, overdue_minutes=539, urges=5)["action"] == "urge"
    assert outcome("escalation", complaint, overdue_minutes=540)["to_tier"] == "headquarters"


def test_every_escalation_is_charged_to_whoever_had_it():
    for escalations, rows in ((1, ["escalated_once", "escalated_score"]), (3, ["escalated_again", "escalated_score"])):
        assert rules("ledger", ENTRY, kind="escalation", escalations=escalations) == rows
    assert rules("ledger", ENTRY, kind="escalation", escalations=0) == []
