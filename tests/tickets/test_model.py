"""What a ticket allows, and what it records."""

from dataclasses import replace

import pytest

from bot.errors import IllegalMoveError
from bot.network.model import Tier
from bot.staff.model import SYSTEM
from bot.tickets.events import By
from bot.tickets.kinds import (
    Flow,
    Move,
    Outcome,
    Priority,
    RulingEffect,
    RulingFinding,
    Side,
    TicketKind,
    TicketStatus,
)
from bot.tickets.model import Ticket
from bot.tickets.moves.base import ALLOWED
from bot.tickets.owners import Owner
from tests.tickets.builders import (
    AT_GD,
    AT_GZ2,
    AT_HQ,
    CHEN,
    GD,
    GZ1,
    HQ,
    LINA,
    NOW,
    WANG,
    by,
    hours,
    make_clock,
    make_opening,
    make_ticket,
)

CLOSED = TicketStatus.closed


def test_every_move_that_is_not_opening_says_in_which_status_it_is_possible():
    assert set(ALLOWED) == set(Move) - {Move.open}


def test_a_new_ticket_waits_and_has_one_event_that_says_what_was_reported():
    ticket = make_ticket(TicketStatus.open)

    (event,) = ticket.fresh
    assert (ticket.status, ticket.version, event.seq, event.what) == (TicketStatus.open, 1, 1, "opened")
    assert (event.by, event.role, event.details["text"]) == (LINA.name, "agent", "没打电话就放驿站了")


def test_an_event_says_who_when_why_by_which_rule_and_from_what_to_what():
    ticket = make_ticket()
    grounds = By(SYSTEM, NOW, why="超时", because=("escalation.overdue_2h@v7",), facts={"overdue_minutes": 121})
    ticket.escalate(AT_GD, grounds, again_at=NOW + hours(1))

    event = ticket.fresh[-1]
    assert (event.by, event.at, event.why, event.because) == ("system", NOW, "超时", ["escalation.overdue_2h@v7"])
    assert event.changed["tier"] == ["outlet", "provincial_center"]
    assert event.changed["owner_unit"] == [GZ1, GD]
    assert event.details["facts"] == {"overdue_minutes": 121}


def test_the_usual_life_goes_from_open_to_closed():
    ticket = make_ticket(CLOSED)

    assert [event.what for event in ticket.fresh] == [
        "opened",
        "dispatched",
        "handled",
        "review_passed",
        "closed",
    ]
    assert (ticket.outcome, ticket.handled_by, ticket.reviewed_by) == (Outcome.resolved, WANG.name, CHEN.name)


def test_who_handled_it_cannot_review_it():
    ticket = make_ticket(TicketStatus.handled)

    with pytest.raises(IllegalMoveError, match="须由上级复核"):
        ticket.review_pass(by(WANG))


def test_a_ticket_is_not_closed_before_it_passed_review():
    for status in (TicketStatus.open, TicketStatus.dispatched, TicketStatus.handled):
        with pytest.raises(IllegalMoveError, match="复核"):
            make_ticket(status).close(Outcome.resolved, by(CHEN))


def test_a_feedback_is_closed_without_review_and_nothing_else_is():
    feedback = make_ticket(flow=Flow.feedback)
    feedback.close(Outcome.settled, by(CHEN), answer="已致谢")

    assert feedback.is_closed
    with pytest.raises(IllegalMoveError):
        make_ticket().close(Outcome.settled, by(CHEN))


def test_a_second_person_cannot_accept_what_somebody_works_on():
    ticket = make_ticket()
    ticket.accept(by(WANG))

    with pytest.raises(IllegalMoveError, match=r"agent:wang 接手"):
        ticket.accept(by(replace(WANG, name="agent:other")))
    with pytest.raises(IllegalMoveError, match=r"agent:wang 接手"):
        ticket.handle("抢着办", by(replace(WANG, name="agent:other")), review_due_at=NOW)


def test_handling_has_to_say_what_was_done():
    with pytest.raises(IllegalMoveError, match="写明"):
        make_ticket().handle("  ", by(), review_due_at=NOW)


def test_what_is_sent_back_is_with_its_owner_again_and_says_why():
    ticket = make_ticket(TicketStatus.handled)
    ticket.send_back("照片看不清", make_clock(NOW + hours(2)), by(CHEN))

    assert (ticket.status, ticket.sent_backs, ticket.handled_by) == (TicketStatus.dispatched, 1, None)
    assert ticket.due_at == NOW + hours(6)
    assert ticket.fresh[-1].details == {"reason": "照片看不清", "handled_by": WANG.name}


def test_sending_back_needs_a_reason():
    with pytest.raises(IllegalMoveError, match="写明原因"):
        make_ticket(TicketStatus.handled).send_back(" ", make_clock(), by(CHEN))


def test_a_closed_ticket_is_reopened_once_at_higher_priority():
    ticket = make_ticket(CLOSED)
    ticket.reopen(make_clock(NOW + hours(24)), by(LINA), look_at=NOW)

    assert (ticket.status, ticket.priority, ticket.outcome) == (TicketStatus.dispatched, Priority.high, None)
    assert (ticket.due_at, ticket.assignee) == (NOW + hours(28), None)


def test_a_ticket_that_was_reopened_before_is_not_reopened_again():
    ticket = make_ticket(CLOSED)
    ticket.reopen(make_clock(), by(LINA), look_at=NOW)
    ticket.handle("又办了一次", by(WANG), review_due_at=NOW)
    ticket.review_pass(by(CHEN))
    ticket.close(Outcome.resolved, by(CHEN))

    with pytest.raises(IllegalMoveError, match="已重启过一次"):
        ticket.reopen(make_clock(), by(LINA), look_at=NOW)


def test_a_repeated_contact_is_counted_and_raises_the_priority():
    ticket = make_ticket()
    ticket.append("还没送", by(LINA), channel="wechat")

    assert (ticket.contacts, ticket.priority) == (2, Priority.high)
    assert ticket.fresh[-1].details == {"text": "还没送", "channel": "wechat"}


def test_the_first_contact_gives_a_ticket_of_a_rule_its_customer():
    ticket = make_ticket(contacts=0, customer_id=None, conversation_id=None, channel="", flow=Flow.system)
    matter = make_opening().matter
    ticket.append(
        "到哪了", by(LINA), customer_id=matter.customer_id, conversation_id=matter.conversation_id, channel="web"
    )

    assert (ticket.customer_id, ticket.conversation_id, ticket.channel) == (
        matter.customer_id,
        matter.conversation_id,
        "web",
    )


def test_escalation_goes_one_tier_at_a_time():
    ticket = make_ticket()

    with pytest.raises(IllegalMoveError, match="逐级"):
        ticket.escalate(AT_HQ, by(CHEN), again_at=NOW)
    ticket.escalate(AT_GD, by(CHEN), again_at=NOW + hours(1))
    ticket.escalate(AT_HQ, by(CHEN), again_at=NOW + hours(1))

    assert (ticket.tier, ticket.owner_unit, ticket.outlet, ticket.escalations) == ("headquarters", HQ, GZ1, 2)
    assert ticket.province == "广东省"


def test_a_closed_ticket_cannot_be_escalated():
    with pytest.raises(IllegalMoveError, match="已关闭"):
        make_ticket(CLOSED).escalate(AT_GD, by(CHEN), again_at=NOW)


def test_redirecting_leaves_the_deadline_and_frees_the_assignee():
    ticket = make_ticket()
    ticket.accept(by(WANG))
    due = ticket.due_at
    ticket.redirect(AT_GZ2, "错派", by(CHEN))

    assert (ticket.owner_unit, ticket.outlet, ticket.assignee, ticket.due_at) == ("GZ002", "GZ002", None, due)
    with pytest.raises(IllegalMoveError, match="已经在该单位"):
        ticket.redirect(AT_GZ2, "再来一次", by(CHEN))


def test_a_merged_ticket_closes_and_the_other_takes_its_contacts_and_the_higher_priority():
    one = make_ticket(ticket_no="GD1", priority=Priority.urgent)
    other = make_ticket(ticket_no="GD2", category="expedite")
    one.merge(other, by(CHEN))
    other.absorb(one, by(CHEN))

    assert (one.outcome, one.merged_into) == (Outcome.merged, "GD2")
    assert (other.contacts, other.priority) == (2, Priority.urgent)


@pytest.mark.parametrize(
    ("into", "why"),
    [
        ({"ticket_no": "GD2", "waybill_no": "YD9999999999999"}, "不是同一运单"),
        ({"ticket_no": "GD1"}, "不是同一运单"),
        ({"ticket_no": "GD2", "kind": TicketKind.complaint, "flow": Flow.complaint}, "同类"),
    ],
)
def test_only_two_tickets_of_a_kind_and_a_waybill_can_be_merged(into, why):
    with pytest.raises(IllegalMoveError, match=why):
        make_ticket(ticket_no="GD1").merge(make_ticket(**into), by(CHEN))


def test_while_the_clock_stands_still_nothing_is_urged_warned_escalated_or_handled():
    ticket = make_ticket()
    ticket.pause("awaiting_customer", NOW + hours(72), by(WANG))

    for move in (
        lambda: ticket.urge(by(CHEN), again_at=NOW),
        lambda: ticket.warn(by(CHEN)),
        lambda: ticket.escalate(AT_GD, by(CHEN), again_at=NOW),
        lambda: ticket.handle("x", by(WANG), review_due_at=NOW),
        lambda: ticket.pause("police", NOW, by(WANG)),
    ):
        with pytest.raises(IllegalMoveError, match="暂停"):
            move()
    assert ticket.next_tick_at == NOW + hours(72)


def test_a_ticket_that_nobody_touched_can_be_withdrawn_by_its_rule():
    system = make_ticket(contacts=0, flow=Flow.system)
    system.withdraw(By.rule(NOW, ("condition.normal@v0",)))

    assert (system.status, system.outcome, system.next_tick_at) == (CLOSED, Outcome.withdrawn, None)


def test_what_somebody_works_on_or_asked_about_is_not_withdrawn():
    accepted = make_ticket(contacts=0, flow=Flow.system)
    accepted.accept(by(WANG))
    asked = make_ticket(contacts=0, flow=Flow.system)
    asked.append("到哪了", by(LINA))

    for ticket in (accepted, asked, make_ticket()):
        with pytest.raises(IllegalMoveError, match="不能自动撤销"):
            ticket.withdraw(By.rule(NOW, ()))


def test_admitting_records_which_unit_did_and_whom_the_rules_hold_liable():
    ticket = make_ticket()
    ticket.admit(by(WANG), "派件员未联系", liable_unit=GZ1)

    assert (ticket.admitted_by, ticket.liable_unit, ticket.finding) == (GZ1, GZ1, "admitted")
    with pytest.raises(IllegalMoveError, match="已经认责"):
        ticket.admit(by(WANG))


def _complaint(**changes) -> Ticket:
    values = {"kind": TicketKind.complaint, "flow": Flow.complaint, "category": "complaint", **changes}
    return make_ticket(owner=AT_GD, **values)


def test_a_complaint_ends_with_a_ruling_and_not_with_handling():
    complaint = _complaint()
    with pytest.raises(IllegalMoveError, match="以裁决结束"):
        complaint.handle("处理了", by(WANG), review_due_at=NOW)
    complaint.state(Side.respondent, "有通话记录", by(WANG))
    complaint.rule(RulingEffect.first, RulingFinding.upheld, GZ1, "投诉成立", by(CHEN))

    assert (complaint.outcome, complaint.liable_unit, complaint.ruled_by) == (Outcome.ruled, GZ1, CHEN.name)


def test_a_complaint_that_is_right_needs_somebody_liable():
    with pytest.raises(IllegalMoveError, match="责任单位"):
        _complaint().rule(RulingEffect.first, RulingFinding.upheld, None, "成立", by(CHEN))


def test_only_a_first_ruling_ends_a_complaint():
    with pytest.raises(IllegalMoveError, match="裁决方式"):
        _complaint().rule(RulingEffect.reversed, RulingFinding.dismissed, None, "x", by(CHEN))


def test_a_service_ticket_takes_no_statement_and_no_ruling():
    with pytest.raises(IllegalMoveError, match="不是投诉"):
        make_ticket().state(Side.complainant, "x", by(LINA))


def test_a_ruled_complaint_is_not_reopened():
    complaint = _complaint()
    complaint.rule(RulingEffect.first, RulingFinding.dismissed, None, "不成立", by(CHEN))

    with pytest.raises(IllegalMoveError, match="不能重启"):
        complaint.reopen(make_clock(), by(LINA), look_at=NOW)


def _chained() -> Ticket:
    ticket = make_ticket(flow=Flow.evidence_chain, category="damage")
    ticket.hold(NOW + hours(24), NOW + hours(22), by(SYSTEM))
    return ticket


def test_while_a_chain_runs_only_the_chain_moves_the_ticket():
    ticket = _chained()

    for move in (
        lambda: ticket.handle("赔了", by(WANG), review_due_at=NOW),
        lambda: ticket.redirect(AT_GZ2, "不是我", by(CHEN)),
        lambda: ticket.escalate(AT_GD, by(CHEN), again_at=NOW),
        lambda: ticket.pause("police", NOW, by(WANG)),
        lambda: ticket.merge(make_ticket(ticket_no="GD2"), by(CHEN)),
    ):
        with pytest.raises(IllegalMoveError, match="逐级举证"):
            move()
    ticket.redirect(Owner("GZ002", Tier.outlet, "广东省", "GZ002"), "下一环节", by(SYSTEM))
    assert ticket.owner_unit == "GZ002"


def test_a_window_is_the_deadline_of_its_node():
    ticket = _chained()

    assert (ticket.due_at, ticket.next_tick_at) == (NOW + hours(24), NOW + hours(22))


def test_a_chain_ends_with_liability():
    ticket = _chained()
    ticket.conclude(GZ1, "silent", By.rule(NOW, ("liability.silent@v0",)))

    assert (ticket.outcome, ticket.liable_unit, ticket.finding) == (Outcome.liable, GZ1, "silent")


def test_a_customer_is_asked_once_and_answers_once():
    ticket = make_ticket(CLOSED)
    ticket.ask_follow_up(By.rule(NOW, ()))
    with pytest.raises(IllegalMoveError, match="已经回访"):
        ticket.ask_follow_up(By.rule(NOW, ()))
    ticket.answer_follow_up(by(LINA), satisfied=True)

    with pytest.raises(IllegalMoveError, match="已经登记"):
        ticket.answer_follow_up(by(LINA), satisfied=False)


def test_urgent_priority_cannot_be_raised_further_by_hand():
    with pytest.raises(IllegalMoveError, match="已经不低于"):
        make_ticket(priority=Priority.urgent).raise_priority(by(CHEN))


def test_a_refusal_changes_nothing_and_records_nothing():
    ticket = make_ticket(CLOSED)
    before = (ticket.version, len(ticket.fresh), ticket.status, ticket.priority)
    with pytest.raises(IllegalMoveError):
        ticket.append("x", by(LINA))

    assert (ticket.version, len(ticket.fresh), ticket.status, ticket.priority) == before
