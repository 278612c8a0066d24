"""Random walks: whatever people, rules and time do to a ticket in whatever order, these stay true."""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from bot.errors import IllegalMoveError
from bot.network.model import Tier
from bot.rules.shipped import shipped_rules
from bot.staff.model import SYSTEM
from bot.tickets.events import By
from bot.tickets.kinds import Flow, Outcome, Priority, RulingEffect, RulingFinding, Side, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.owners import ABOVE, Owner
from bot.tickets.terms import terms
from tests.tickets.builders import AT_GD, AT_GZ1, AT_GZ2, AT_HQ, CHEN, LINA, NOW, WANG, hours, make_clock, make_opening

ACTORS = st.sampled_from([WANG, CHEN, LINA, SYSTEM])
OWNERS = st.sampled_from([AT_GZ1, AT_GZ2, AT_GD, AT_HQ])
UP = {Tier.outlet: AT_GD, Tier.provincial_center: AT_HQ, Tier.headquarters: AT_HQ}

Step = Callable[[Ticket, By, Owner], None]


def _other(ticket: Ticket) -> Ticket:
    """Another ticket of the same waybill and kind."""
    return Ticket.open(make_opening(ticket_no="GD2", category="other", kind=TicketKind(ticket.kind)), By(LINA, NOW))


def _absorb(ticket: Ticket, by: By, _: Owner) -> None:
    other = _other(ticket)
    other.merge(ticket, by)
    ticket.absorb(other, by)


STEPS: dict[str, Step] = {
    "dispatch": lambda t, by, to: t.dispatch(to, make_clock(by.at), by),
    "accept": lambda t, by, _: t.accept(by),
    "assign": lambda t, by, _: t.assign("agent:new", by),
    "handle": lambda t, by, _: t.handle("已处理", by, review_due_at=by.at + hours(4)),
    "review_pass": lambda t, by, _: t.review_pass(by),
    "send_back": lambda t, by, _: t.send_back("不清楚", make_clock(by.at), by),
    "resolve": lambda t, by, _: t.close(Outcome.resolved, by, follow_up_at=by.at + hours(1)),
    "settle": lambda t, by, _: t.close(Outcome.settled, by),
    "ask": lambda t, by, _: t.ask_follow_up(by),
    "answer": lambda t, by, _: t.answer_follow_up(by, satisfied=False),
    "reopen": lambda t, by, _: t.reopen(make_clock(by.at), by, look_at=by.at + hours(1)),
    "append": lambda t, by, _: t.append("还没好", by),
    "raise_priority": lambda t, by, _: t.raise_priority(by),
    "urge": lambda t, by, _: t.urge(by, again_at=by.at + hours(1)),
    "warn": lambda t, by, _: t.warn(by),
    "warn_regulator": lambda t, by, _: t.warn_regulator(by, next_at=by.at + hours(24)),
    "escalate": lambda t, by, to: t.escalate(to, by, again_at=by.at + hours(1)),
    "redirect": lambda t, by, to: t.redirect(to, "错派", by),
    "merge": lambda t, by, _: t.merge(_other(t), by),
    "absorb": _absorb,
    "pause": lambda t, by, _: t.pause("police", by.at + hours(24), by),
    "resume": lambda t, by, _: t.resume(make_clock(by.at), by),
    "admit": lambda t, by, _: t.admit(by, liable_unit="GZ001"),
    "hold": lambda t, by, _: t.hold(by.at + hours(24), by.at + hours(22), by),
    "release": lambda t, by, _: t.release(make_clock(by.at), by),
    "conclude": lambda t, by, _: t.conclude("GZ001", "silent", by),
    "state": lambda t, by, _: t.state(Side.respondent, "不是我", by),
    "rule": lambda t, by, _: t.rule(RulingEffect.first, RulingFinding.upheld, "GZ001", "成立", by),
    "withdraw": lambda t, by, _: t.withdraw(by),
}
USUAL = [
    ("dispatch", SYSTEM, AT_GZ1),
    ("handle", WANG, AT_GZ1),
    ("review_pass", CHEN, AT_GZ1),
    ("resolve", CHEN, AT_GZ1),
    ("reopen", LINA, AT_GZ1),
    ("handle", WANG, AT_GZ1),
]
STRAYING = st.lists(st.tuples(st.sampled_from(sorted(STEPS)), ACTORS, OWNERS), max_size=25)
WALKS = st.builds(lambda far, then: USUAL[:far] + then, st.integers(0, len(USUAL)), STRAYING)
"""Some way along the usual life, then anything at all."""

RULES = shipped_rules()
"""Read before anything is timed."""

KINDS = st.sampled_from(
    [
        (TicketKind.service, Flow.standard, 1),
        (TicketKind.service, Flow.evidence_chain, 1),
        (TicketKind.service, Flow.feedback, 1),
        (TicketKind.service, Flow.system, 0),
        (TicketKind.complaint, Flow.complaint, 1),
    ]
)


def _begin(kind: tuple[TicketKind, Flow, int]) -> Ticket:
    regulator = terms(RULES, kind[0]).regulator(NOW) if kind[0] is TicketKind.complaint else None
    opening = make_opening(kind=kind[0], flow=kind[1], contacts=kind[2], regulator=regulator)
    return Ticket.open(opening, By(LINA, NOW))


def _walk(ticket: Ticket, walk: list[tuple[str, object, Owner]]):
    """Take the steps; yields the name of each, the state before, and whether it was accepted."""
    for count, (name, actor, owner) in enumerate(walk, 1):
        before = _state(ticket)
        try:
            STEPS[name](ticket, By(actor, NOW + timedelta(minutes=count)), owner)
        except IllegalMoveError:
            yield name, before, False
        else:
            yield name, before, True


def _state(ticket: Ticket) -> dict[str, object]:
    return {column: getattr(ticket, column) for column in _COLUMNS} | {"events": len(ticket.fresh)}


_COLUMNS = [column.key for column in Ticket.__table__.columns if column.key != "priority_rank"]


@given(KINDS, WALKS)
def test_an_accepted_move_leaves_exactly_one_event_and_a_refused_one_leaves_no_trace(kind, walk):
    ticket = _begin(kind)
    for _, before, accepted in _walk(ticket, walk):
        if accepted:
            assert len(ticket.fresh) == before["events"] + 1
            assert ticket.version == before["version"] + 1 == ticket.fresh[-1].seq
        else:
            assert _state(ticket) == before


@given(KINDS, WALKS)
def test_a_closed_ticket_stays_closed_but_for_one_reopening(kind, walk):
    ticket = _begin(kind)
    reopenings = 0
    for name, before, accepted in _walk(ticket, walk):
        if accepted and before["status"] == TicketStatus.closed and ticket.status != TicketStatus.closed:
            assert name == "reopen"
            reopenings += 1
    assert reopenings == ticket.reopened <= 1


@given(KINDS, WALKS)
def test_an_open_ticket_always_has_a_next_moment_at_which_somebody_looks_at_it(kind, walk):
    ticket = _begin(kind)
    for _ in _walk(ticket, walk):
        assert ticket.is_closed or ticket.next_tick_at is not None
        assert ticket.is_closed == (ticket.outcome is not None) == (ticket.closed_at is not None)


@given(KINDS, WALKS)
def test_priority_never_falls_and_contacts_are_never_forgotten(kind, walk):
    ticket = _begin(kind)
    for _, before, _ in _walk(ticket, walk):
        assert Priority(ticket.priority).rank <= Priority(before["priority"]).rank
        assert ticket.contacts >= before["contacts"]


@given(KINDS, WALKS)
@example((TicketKind.service, Flow.standard, 1), [(name, WANG, AT_GZ1) for name in ("urge", "dispatch", "urge")])
def test_the_events_tell_the_whole_story(kind, walk):
    """Replaying what the events say they changed leads to the ticket as it stands."""
    ticket = _begin(kind)
    for _ in _walk(ticket, walk):
        pass
    told: dict[str, object] = {"status": "open", "priority": "normal", "reopened": 0, "tier": "headquarters"}
    for event in ticket.fresh:
        for name, (before, after) in event.changed.items():
            assert told.get(name, before) == before
            told[name] = after
    assert {name: getattr(ticket, name) for name in ("status", "priority", "reopened", "tier")} == {
        name: told[name] for name in ("status", "priority", "reopened", "tier")
    }


@given(KINDS, WALKS)
def test_from_wherever_a_walk_ends_the_ticket_can_be_brought_to_its_end(kind, walk):
    ticket = _begin(kind)
    for _ in _walk(ticket, walk):
        pass
    _finish(ticket)

    assert ticket.is_closed


def _finish(ticket: Ticket) -> None:
    """What a reasonable network would do next, until it is done."""
    system, outlet, above = By(SYSTEM, NOW), By(WANG, NOW), By(CHEN, NOW)
    if ticket.is_paused:
        ticket.resume(make_clock(), system)
    if ticket.status == TicketStatus.open:
        ticket.dispatch(AT_GZ1, make_clock(), system)
    if ticket.is_closed:
        return
    if ticket.kind == TicketKind.complaint:
        ticket.rule(RulingEffect.first, RulingFinding.dismissed, None, "不成立", above)
        return
    if ticket.window_until is not None:
        ticket.conclude(None, "all_proven", system)
        return
    if ticket.status == TicketStatus.dispatched:
        if ticket.assignee not in (None, WANG.name):
            ticket.assign(WANG.name, above)
        ticket.handle("办妥", outlet, review_due_at=NOW)
    if ticket.reviewed_by is None:
        ticket.review_pass(above if ticket.handled_by != CHEN.name else outlet)
    ticket.close(Outcome.resolved, above)


@given(KINDS, WALKS)
def test_a_tier_only_rises_one_step_unless_somebody_redirects(kind, walk):
    ticket = _begin(kind)
    for name, before, accepted in _walk(ticket, walk):
        if accepted and name == "escalate":
            assert ABOVE[Tier(before["tier"])] == ticket.tier
        elif accepted and name not in ("dispatch", "redirect"):
            assert ticket.tier == before["tier"]
