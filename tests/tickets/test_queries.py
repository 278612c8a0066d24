"""Lists of tickets: what each role sees, filters, orders, pages, and that an index serves them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.dialects import postgresql

from bot.errors import AccessRefusedError, BadQueryError
from bot.network.model import Tier
from bot.staff.model import Actor, Role
from bot.tickets.kinds import Flow, Outcome, Priority, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.permissions import TicketFacts, may_see
from bot.tickets.queries import Filters, Sort, statement
from tests.tickets.builders import (
    AT_GD,
    AT_GZ2,
    AT_HQ,
    CHEN,
    GUANGDONG,
    GZ1,
    GZ2,
    HE,
    LI,
    LINA,
    NOW,
    SUN,
    WANG,
    WAYBILL,
    WU,
    ZHAO,
    ZHENG,
    ZHOU,
    by,
    hours,
    make_clock,
    make_ticket,
)

EVERYBODY = (WANG, LI, CHEN, ZHAO, SUN, LINA, ZHOU, WU, ZHENG)


@pytest.fixture
async def put(services, database):
    """Stores tickets, each with a number and a waybill of its own."""
    count = 0

    async def store(*tickets_changes) -> list[str]:
        nonlocal count
        numbers = []
        for changes in tickets_changes:
            count += 1
            number = f"GD{count:010d}"
            defaults = {"ticket_no": number, "waybill_no": f"YD{count:013d}"}
            then = changes.pop("then", None)
            ticket = make_ticket(**{**defaults, **changes})
            if then:
                then(ticket)
            async with database.transaction() as session:
                await services.core.store.keep(session, ticket)
            numbers.append(number)
        return numbers

    return store


async def _list(services, actor=SUN, filters: Filters | None = None, **how) -> list[str]:
    page = await services.queries.page(actor, filters, **how)
    return [ticket.ticket_no for ticket in page.tickets]


COMPLAINT = {"kind": TicketKind.complaint, "flow": Flow.complaint, "category": "complaint"}
APPEAL = {"kind": TicketKind.appeal, "flow": Flow.appeal, "category": "appeal"}


async def test_everybody_is_shown_what_they_may_see_and_nothing_else(services, put, database):
    await put(
        {},
        {"owner": AT_GZ2},
        {"owner": AT_GD},
        {"owner": AT_HQ},
        {"owner": AT_GD, **COMPLAINT},
        {"owner": AT_HQ, **COMPLAINT},
        {"owner": AT_HQ, **APPEAL},
        {"status": TicketStatus.open},
    )
    async with database.transaction() as session:
        tickets = [await session.get(Ticket, f"GD{n:010d}") for n in range(1, 9)]
    for actor in EVERYBODY:
        shown = set(await _list(services, actor))
        seen = {ticket.ticket_no for ticket in tickets if may_see(actor, TicketFacts.of(ticket))}
        if actor.role is Role.outlet_agent:
            shown |= set(await _list(services, actor, Filters(outlet=actor.unit)))
        assert (actor.name, shown) == (actor.name, seen)


async def test_an_outlet_cannot_look_at_another_by_a_filter(services, put):
    await put({}, {"owner": AT_GZ2})

    assert await _list(services, WANG, Filters(outlet=GZ2)) == []
    assert await _list(services, WANG, Filters(owner_unit=GZ2)) == []


async def test_roles_that_have_no_tickets_get_no_list(services):
    for actor in (HE, Actor("agent:x", Role.outlet_agent), Actor("agent:y", Role.provincial_agent)):
        with pytest.raises(AccessRefusedError):
            await services.queries.page(actor)


async def test_soonest_due_comes_first(services, put):
    late, soon, mid = await put(
        {"clock": make_clock(NOW + hours(9)), "status": TicketStatus.open},
        {"clock": make_clock(), "status": TicketStatus.open},
        {"clock": make_clock(NOW + hours(3)), "status": TicketStatus.open},
    )

    assert await _list(services) == [soon, mid, late]


async def test_the_most_pressing_come_first_and_among_them_the_soonest_due(services, put):
    normal, urgent, high = await put(
        {"priority": Priority.normal}, {"priority": Priority.urgent}, {"priority": Priority.high}
    )

    assert await _list(services, sort=Sort.priority) == [urgent, high, normal]


@pytest.mark.parametrize("sort", list(Sort))
async def test_pages_follow_each_other_without_gap_or_repetition(services, put, sort):
    numbers = await put(*({"priority": list(Priority)[n % 3]} for n in range(11)))
    seen, cursor = [], None
    for _ in range(6):
        page = await services.queries.page(SUN, sort=sort, cursor=cursor, limit=2)
        seen += [ticket.ticket_no for ticket in page.tickets]
        cursor = page.next
    whole = await _list(services, sort=sort)

    assert (sorted(seen), seen, cursor) == (numbers, whole, None)


async def test_a_page_stays_right_when_what_was_on_it_is_closed_meanwhile(services, put, database):
    await put(*({} for _ in range(5)))
    first = await services.queries.page(SUN, limit=2)
    async with database.transaction() as session:
        ticket = await services.core.store.take(session, first.tickets[0].ticket_no)
        ticket.handle("办了", by(WANG), review_due_at=NOW)
        ticket.review_pass(by(CHEN))
        ticket.close(Outcome.resolved, by(CHEN))
        await services.core.store.keep(session, ticket)
    second = await services.queries.page(SUN, limit=2, cursor=first.next)

    assert [ticket.ticket_no for ticket in second.tickets] == ["GD0000000003", "GD0000000004"]


async def test_filters_narrow_what_is_shown(services, put):
    plain, other, accepted, complaint = await put(
        {},
        {"category": "expedite", "text": "快点送来", "priority": Priority.high},
        {"then": lambda ticket: ticket.accept(by(WANG))},
        {"owner": AT_GD, **COMPLAINT},
    )

    assert await _list(services, SUN, Filters(category="expedite")) == [other]
    assert await _list(services, SUN, Filters(assignee=WANG.name)) == [accepted]
    assert await _list(services, SUN, Filters(kind=TicketKind.complaint)) == [complaint]
    assert await _list(services, SUN, Filters(text="快点")) == [other]
    assert await _list(services, SUN, Filters(text="100%_")) == []
    assert await _list(services, SUN, Filters(priority=Priority.high)) == [other]
    assert await _list(services, SUN, Filters(tier=Tier.provincial_center)) == [complaint]
    assert await _list(services, SUN, Filters(waybill_no="YD0000000000001")) == [plain]
    assert await _list(services, SUN, Filters(owner_unit=GZ1, province=GUANGDONG)) == [plain, other, accepted]


async def test_overdue_is_past_its_deadline_and_not_handled(services, put, clock):
    late, handled = await put({}, {"status": TicketStatus.handled})
    clock.advance(hours(5))

    assert await _list(services, SUN, Filters(overdue=True)) == [late]
    assert await _list(services, SUN, Filters(overdue=False)) == [handled]


async def test_closed_tickets_are_shown_when_asked_for_newest_first(services, put):
    await put({"status": TicketStatus.closed}, {}, {"status": TicketStatus.closed})

    assert await _list(services, SUN) == ["GD0000000002"]
    closed = Filters(status=TicketStatus.closed)
    assert await _list(services, SUN, closed, sort=Sort.newest) == ["GD0000000003", "GD0000000001"]
    with pytest.raises(BadQueryError, match="从新到旧"):
        await _list(services, SUN, closed)


async def test_a_waybill_shows_all_its_tickets_closed_ones_too(services, put):
    await put({"status": TicketStatus.closed, "waybill_no": WAYBILL}, {"waybill_no": WAYBILL}, {})

    assert await _list(services, SUN, Filters(waybill_no=WAYBILL)) == ["GD0000000001", "GD0000000002"]


async def test_searching_everything_ever_reported_needs_something_narrower(services):
    with pytest.raises(BadQueryError, match="运单号或客户"):
        await _list(services, SUN, Filters(status=TicketStatus.closed, text="驿站"), sort=Sort.newest)


@pytest.mark.parametrize("cursor", ["", "x", "bm90IGpzb24=", "W10=", "WyJkdWVfYXQiLDEsMl0=", "WyJuZXdlc3QiXQ=="])
async def test_what_is_no_cursor_is_refused(services, cursor):
    with pytest.raises(BadQueryError, match="cursor"):
        await services.queries.page(SUN, cursor=cursor)


async def test_a_cursor_of_another_order_is_refused(services, put):
    await put({}, {})
    page = await services.queries.page(SUN, limit=1, sort=Sort.newest)

    with pytest.raises(BadQueryError):
        await services.queries.page(SUN, cursor=page.next)


LISTS = {
    "my open tickets": (WANG, Filters(assignee=WANG.name), Sort.due_at, "ix_tickets_open_assignee_due"),
    "my most pressing": (WANG, Filters(assignee=WANG.name), Sort.priority, "ix_tickets_open_assignee_rank"),
    "of my outlet": (WANG, Filters(), Sort.due_at, "ix_tickets_open_owner_due"),
    "of my province": (CHEN, Filters(), Sort.due_at, "ix_tickets_open_province_due"),
    "of my province, most pressing": (CHEN, Filters(), Sort.priority, "ix_tickets_open_province_rank"),
    "of the network": (SUN, Filters(), Sort.due_at, "ix_tickets_open_due"),
    "of a waybill": (SUN, Filters(waybill_no=WAYBILL), Sort.due_at, "ix_tickets_waybill_no"),
    "of an outlet's past": (
        SUN,
        Filters(status=TicketStatus.closed, owner_unit=GZ1),
        Sort.newest,
        "ix_tickets_owner_unit_opened_at_ticket_no",
    ),
}


_CROWD = """
INSERT INTO tickets ({columns})
SELECT {values}
FROM tickets pattern, generate_series(1, 4000) n, LATERAL (SELECT n % 40 AS place, n % 7 = 0 AS is_open) each
"""
_VARIED = {
    "ticket_no": "'GD' || 20000000000 + n",
    "case_key": "'case-' || n",
    "waybill_no": "'YD' || 1000000000000 + n",
    "status": "CASE WHEN is_open THEN 'dispatched' ELSE 'closed' END",
    "assignee": "'agent:' || n % 300",
    "owner_unit": "CASE WHEN place = 0 THEN pattern.owner_unit ELSE 'other-' || place END",
    "province": "CASE WHEN place < 4 THEN pattern.province ELSE 'other-' || place % 20 END",
    "due_at": "pattern.due_at + n * interval '1 minute'",
    "opened_at": "pattern.opened_at + n * interval '1 minute'",
}


@pytest.fixture
async def planned(put, database):
    """How PostgreSQL would go about a query on thousands of tickets, counted; ``without`` ways it is to avoid.

    Counted within the transaction that puts them there: what a table has held before would lead the planner astray.
    """
    await put({})

    async def plan(query, *without: str) -> str:
        sql = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))
        columns = [column.name for column in Ticket.__table__.columns if column.computed is None]
        values = [_VARIED.get(name, f"pattern.{name}") for name in columns]
        async with database.transaction() as session:
            await session.execute(text(_CROWD.format(columns=", ".join(columns), values=", ".join(values))))
            await session.execute(text("ANALYZE tickets"))
            for way in without:
                await session.execute(text(f"SET LOCAL {way} = off"))
            lines = await session.scalars(text(f"EXPLAIN {sql.replace(':', chr(92) + ':').replace('%%', '%')}"))
            await session.rollback()
        return "\n".join(lines)

    return plan


@pytest.mark.parametrize("name", LISTS)
async def test_an_index_serves_every_usual_list(planned, name):
    """Without going through all and without sorting: of a million tickets that would not do, of thousands it might."""
    actor, filters, sort, index = LISTS[name]

    query = statement(actor, filters, sort, None, now=NOW).limit(50)
    plan = await planned(query, "enable_seqscan", "enable_sort", "enable_bitmapscan")

    assert index in plan, plan


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    words=st.text("送达没A%_b ", min_size=1, max_size=12),
    sought=st.text("送达没a%_B ", min_size=1, max_size=3),
)
async def test_a_search_finds_what_has_the_words_in_it_and_nothing_else(services, database, words, sought):
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE tickets CASCADE"))
        await services.core.store.keep(session, make_ticket(text=words))

    found = await _list(services, SUN, Filters(text=sought))

    assert bool(found) == (sought.lower() in words.lower())


async def test_the_pairs_of_letters_lead_a_search(planned):
    query = statement(SUN, Filters(text="放驿站"), Sort.due_at, None, now=NOW).limit(50)

    plan = await planned(query, "enable_seqscan", "enable_indexscan")

    assert "ix_tickets_open_words" in plan, plan


def test_the_condition_for_open_tickets_is_written_out_for_the_planner():
    query = statement(SUN, Filters(), Sort.due_at, None, now=NOW)

    assert "tickets.status <> 'closed'" in str(query.compile(dialect=postgresql.dialect()))


def test_a_ticket_of_headquarters_is_of_no_province_by_accident():
    assert make_ticket(owner=AT_HQ).province is None
