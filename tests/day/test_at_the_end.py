"""What has to be true of everything together once the days are over."""

import re
from collections import Counter, defaultdict
from datetime import datetime

from sqlalchemy import select

from bot.errors import (
    AccessRefusedError,
    EvidenceClosedError,
    EvidenceRefusedError,
    IllegalMoveError,
    NotFoundError,
    NotHolderError,
)
from bot.evidence.stores import open_store
from bot.evidence.verification import EvidenceVerifier
from bot.ledger.model import LedgerEntry
from bot.outbox.model import OutgoingEvent
from bot.rules.shipped import shipped_rules
from bot.tickets.model import TicketEvent
from tests.day.network import CHEN, GD, GZ1, GZ9, HZ1, HZ9, NB1, SUN, SZ1, ZHAO, at
from tests.day.parcels import ASKED_AT_THE_END, AT_THE_END, LATE_AT_THE_END, STUCK_AT_THE_END, moment
from tests.day.reading import yuan

FOREVER = moment("31 00:00")
RULE = re.compile(r"(\w+)\.(\w+)@v0")
"""No rules were published in these days."""
ENDS = {"closed", "merged", "withdrawn", "ruled"}

REFUSED = {
    NotFoundError: [
        *("another outlet accepts", "another outlet handles", "another outlet admits"),
        *("another outlet hands in evidence", "another outlet sees the chain", "another node admits"),
        *("a stranger states", "no party appeals", "somebody else answers"),
    ],
    AccessRefusedError: [
        *("the call centre handles", "another province redirects", "an outlet redirects", "who handled reviews"),
        *("another province reviews", "the centre reviews itself", "an escalated ticket is handled below"),
        *("a node judges another", "a province rules across", "who ruled before decides", "handled"),
        *("a province decides an appeal", "agent:tang rules in Zhejiang", "agent:zheng rules in Zhejiang"),
        *("agent:lina rules in Zhejiang", "agent:nb001 rules in Zhejiang", "a stranger looks at a parcel"),
    ],
    IllegalMoveError: [
        *("closed without review", "handled without a word", "sent back without a reason", "ruled twice"),
        *("a closed ticket is handled", "a closed ticket is reviewed", "a node of the chain handles"),
        *("nobody is liable", "paused for no listed reason", "reopened a second time"),
        *("a second appeal", "an appeal too late"),
    ],
    NotHolderError: ["a later node proves first"],
    EvidenceRefusedError: ["words prove", "nothing proves"],
    EvidenceClosedError: ["evidence after the end", "proof after the window"],
    Exception: ["UPDATE of evidence", "DELETE of evidence"],
}


async def test_what_must_not_be_possible_was_refused(world):
    wanted = {name: kind for kind, names in REFUSED.items() for name in names}

    assert world.refusals.keys() == wanted.keys()
    assert [name for name, kind in wanted.items() if not isinstance(world.refusals[name], kind)] == []


async def test_the_condition_of_every_parcel_fits_its_facts(read):
    states = await read.states()
    found = defaultdict(set)
    for number, state in states.items():
        found[state.condition].add(number)

    assert found["problem"] == set(LATE_AT_THE_END.numbers)
    assert found["at_risk"] == {*STUCK_AT_THE_END.numbers, *ASKED_AT_THE_END.numbers}
    under_way = {number for number, state in states.items() if state.status != "delivered"}
    assert under_way == found["problem"] | found["at_risk"] | set(AT_THE_END.numbers)
    assert {state.leg for number, state in states.items() if number not in under_way} == {"finished"}


async def test_at_any_time_a_parcel_is_a_problem_exactly_while_a_service_ticket_is_open(read):
    changes, open_times = await read.changes(), await _open_times(read, kinds={"service"})
    problems = {number: _problem_times(history) for number, history in changes.items()}

    assert {number: times for number, times in problems.items() if times} == {
        number: _joined([each for times in by_category.values() for each in times])
        for number, by_category in open_times.items()
    }


async def test_the_states_count_the_open_service_tickets(read):
    open_tickets = Counter(ticket.waybill_no for ticket in await read.tickets() if ticket.status != "closed")

    assert {number: state.open_tickets for number, state in (await read.states()).items() if state.open_tickets} == (
        dict(open_tickets)
    )
    assert open_tickets == dict.fromkeys(LATE_AT_THE_END.numbers, 1)


async def test_no_ticket_is_lost(world, read):
    tickets = await read.tickets()
    waiting = [ticket for ticket in tickets if ticket.status != "closed"]

    assert Counter((ticket.category, ticket.outcome) for ticket in tickets) == {
        ("overdue", "withdrawn"): 18 + 6 + 4,
        ("overdue", "resolved"): 10 + 1 + 1,
        ("overdue", None): 3,
        ("expedite", "resolved"): 3,
        ("trace", "resolved"): 3,
        ("redelivery_date_agreed", "resolved"): 1,
        ("lost_valuable", "resolved"): 1,
        ("not_to_door", "resolved"): 2,
        ("proof_of_delivery", "resolved"): 1,
        ("damage", "liable"): 4,
        ("complaint", "ruled"): 1,
        ("complaint_attitude", "ruled"): 2,
        ("complaint_delay", "ruled"): 1,
        ("appeal", "ruled"): 2,
    }
    assert {ticket.owner_unit for ticket in waiting} == {NB1}
    assert all(ticket.next_tick_at > world.clock.now for ticket in waiting), "the clock will look at each again"


async def test_two_tickets_of_one_category_were_never_open_on_a_parcel(read):
    for number, by_category in (await _open_times(read)).items():
        for category, times in by_category.items():
            ends = [end for _, end in times]
            starts = [start for start, _ in times[1:]]
            assert all(end <= start for end, start in zip(ends, starts, strict=False)), (number, category)


async def test_everybody_sees_their_own_part_of_what_is_open(world):
    page = world.service.tickets.queries.page
    seen = {actor.name: len((await page(actor)).tickets) for actor in (at(NB1), at(HZ1), at(GZ1), ZHAO, CHEN, SUN)}

    assert list(seen.values()) == [3, 0, 0, 3, 0, 3]


async def test_every_change_of_condition_says_from_what_to_what_why_and_when(read):
    states = await read.states()
    for number, history in (await read.changes()).items():
        befores, afters = [each.before for each in history], [each.after for each in history]
        assert befores == ["normal", *afters[:-1]]
        assert afters[-1] == states[number].condition
        assert [each.at for each in history] == sorted(each.at for each in history)
        for change in history:
            assert change.trigger in {"scan", "sweep", "summary", "ticket", "instruction", "waybill"}
            assert change.because
            assert change.facts
            assert [rule for rule in change.because if not _is_a_rule(rule)] == []


async def test_every_move_of_a_ticket_says_who_and_when_and_nothing_is_left_out(read):
    for ticket in await read.tickets():
        events = await read.events(ticket.ticket_no)
        assert [event.seq for event in events] == list(range(1, ticket.version + 1))
        assert all(event.by for event in events)
        assert [event.at for event in events] == sorted(event.at for event in events)
        assert (events[0].what, events[0].at) == ("opened", ticket.opened_at)


async def test_where_people_have_to_give_a_reason_it_is_kept(read):
    for event in await read.all(select(TicketEvent).where(TicketEvent.role.is_not(None))):
        if event.what in {"sent_back", "redirected", "paused", "reopened", "ruled", "handled"}:
            assert event.why or event.details.get("reason") or event.details.get("done"), (event.ticket_no, event.what)


async def test_whatever_the_system_did_to_a_ticket_has_a_reason(read):
    events = await read.all(select(TicketEvent).where(TicketEvent.by == "system"))

    assert Counter(event.what for event in events if not event.because and not event.why) == {}


async def test_whatever_the_system_did_to_a_ticket_names_a_row_of_the_rules_and_its_version(read):
    """Each judgement says which rule of which version made it, from which facts."""
    events = await read.all(select(TicketEvent).where(TicketEvent.by == "system"))
    unnamed = [event for event in events if not any(map(_is_a_rule, event.because))]

    assert Counter((event.what, *event.because) for event in unnamed) == {}


async def test_every_entry_of_the_ledger_names_its_rule_and_who_ruled(read):
    entries = await read.all(select(LedgerEntry))

    assert all(_is_a_rule(entry.rule) and entry.by and entry.reference for entry in entries)


async def test_the_ledger_comes_to_what_was_reckoned_by_hand(world):
    statements = {each.unit: each for each in await world.service.ledger.statements("2026-03")}
    sums = {unit: (each.closing.money, each.closing.score) for unit, each in statements.items()}

    assert sums == {
        NB1: (yuan(-100 - 200 - 20), yuan(-5 - 1 - 1)),  # a complaint; an escalation; an admission
        SZ1: (yuan(-100 - 50 - 200 - 30), yuan(-5)),  # a complaint across provinces; an appeal in vain
        GZ1: (yuan(0), yuan(0)),  # a complaint that was reversed
        HZ1: (yuan(-100), yuan(-2)),  # evidence that proved nothing
        HZ9: (yuan(-50), yuan(0)),  # admitted
        GZ9: (yuan(-150), yuan(-3)),  # silent
        GD: (yuan(20), yuan(0)),  # reported a damage that somebody was liable for
    }
    assert len(statements[GZ1].entries) == 6


async def test_the_evidence_is_what_was_handed_in(world):
    verifier = EvidenceVerifier(world.database, open_store(world.settings))
    found = [each async for each in verifier.verify_all()]

    assert len(found) == 10 + 1 + 1 + 6 + 1 + 3 + 1 + 4
    assert [each for each in found if each.broken or each.is_empty] == []


async def test_outgoing_events_say_nothing_about_customers(read):
    events = await read.all(select(OutgoingEvent))
    said = "\n".join(str(event.data) for event in events)

    assert Counter(event.kind for event in events)["ticket.opened"] == 64
    assert re.findall(r"1[3-9]\d{9}(?!\d)", re.sub(r"YD\d{13}|[0-9a-f-]{36}|[0-9a-f:]{64,}", "", said)) == []
    assert re.findall(r"[\u4e00-\u9fff]+", said) == [], "no names, no addresses, no words of customers"


def _is_a_rule(name: str) -> bool:
    """Whether it is ``table.row@version`` of the rules in force."""
    match = RULE.fullmatch(name)
    tables = shipped_rules().tables
    return match is not None and match[1] in tables and match[2] in {row.id for row in tables[match[1]].rows}


async def _open_times(read, kinds=frozenset({"service", "complaint", "appeal"})):
    """By waybill and category: from when to when a ticket was open, oldest first."""
    found = defaultdict(lambda: defaultdict(list))
    for ticket in await read.tickets():
        if ticket.kind in kinds:
            times = found[ticket.waybill_no][ticket.category]
            for event in await read.events(ticket.ticket_no):
                if event.what in {"opened", "reopened"}:
                    times.append((event.at, FOREVER))
                elif event.what in ENDS:
                    times[-1] = (times[-1][0], event.at)
            times.sort()
    return found


def _problem_times(history) -> list[tuple[datetime, datetime]]:
    times: list[tuple[datetime, datetime]] = []
    for change in history:
        if change.after == "problem":
            times.append((change.at, FOREVER))
        elif change.before == "problem":
            times[-1] = (times[-1][0], change.at)
    return times


def _joined(times: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """Overlapping times as one."""
    found: list[tuple[datetime, datetime]] = []
    for start, end in sorted(times):
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found
