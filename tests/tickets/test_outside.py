"""Tickets with the real outbox, ledger, conditions and tracks of waybills behind their ports."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timezone

import pytest
from sqlalchemy import select

from bot.ledger.model import LedgerEntry
from bot.ledger.service import LedgerService
from bot.outbox import emit_many
from bot.outbox.model import OutgoingEvent
from bot.rules.shipped import shipped_rules
from bot.staff.model import Actor, Role
from bot.tickets.adapters import OutletUnits, WaybillTracks
from bot.tickets.arbitration import Judgement
from bot.tickets.by_rule import RuleTickets
from bot.tickets.events import By
from bot.tickets.kinds import RulingEffect, RulingFinding, TicketKind
from bot.tickets.ports import Surroundings
from bot.tickets.services import TicketServices
from bot.tickets.telling import told
from bot.tickets.work import Request
from bot.waybills.conditions import Conditions
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.intake import Intake, NoMap
from bot.waybills.sweep import Sweep
from bot.waybills.tables import StateRow
from tests.tickets.builders import (
    CHEN,
    FENG,
    GZ1,
    GZ2,
    HZ1,
    LINA,
    NOW,
    WANG,
    WAYBILL,
    ZHENG,
    make_contact,
    make_ticket,
    put_network,
)
from tests.waybills.test_importing import checkpoint, waybill


class Consequences:
    """What the platform lets follow from a judgement, without the events."""

    def __init__(self, by_rule: RuleTickets) -> None:
        self.open_tickets = by_rule.open_tickets
        self.close_tickets = by_rule.close_tickets

    async def changed(self, session, changes, *, at) -> None:
        pass


@dataclass
class Outside:
    """Everything real: what comes in through the import is judged, swept and ticketed."""

    services: TicketServices
    importer: WaybillImporter
    sweep: Sweep


@pytest.fixture
async def outside(database, clock) -> Outside:
    await put_network(database)
    conditions = Conditions(shipped_rules, clock)
    around = Surroundings(
        tracks=WaybillTracks(),
        units=OutletUnits(),
        tell=emit_many,
        conditions=conditions,
        ledger=LedgerService(database),
    )
    services = TicketServices.build(database, clock, around)
    conditions.lead_to(Consequences(services.by_rule))
    intake = Intake(conditions, shipped_rules, NoMap(), clock)
    importer = WaybillImporter(database, clock, intake)
    ends = {"shipped_at": "2026-03-03 10:00", "promised_at": "2026-03-05 20:00"}
    row = waybill(WAYBILL, origin_outlet=HZ1, destination_outlet=GZ1, **ends)
    await importer.waybills(rows_of_json([row]))
    outside = Outside(services, importer, Sweep(database, clock, conditions, intake))
    await _scan(outside, "ordered", "2026-03-03 09:00", GZ2)
    await _scan(outside, "picked_up", "2026-03-03 10:00", HZ1)
    await _scan(outside, "arrived", "2026-03-04 08:00", GZ1)
    return outside


@pytest.fixture
def services(outside: Outside) -> TicketServices:
    return outside.services


async def _scan(outside: Outside, kind: str, at: str, outlet: str) -> None:
    report = await outside.importer.checkpoints(rows_of_json([checkpoint(kind, at, WAYBILL, outlet_code=outlet)]))
    assert report.accepted == 1, report


async def _report(services, kind: TicketKind = TicketKind.service, category: str = "not_to_door") -> str:
    reported = await services.tickets.report(kind, category, "x", waybill_no=WAYBILL, contact=make_contact())
    return reported.ticket_no


async def test_the_track_of_our_own_tables_leads_to_the_outlet_that_holds_the_parcel(outside, database):
    async with database.transaction() as session:
        facts = await WaybillTracks().of(session, WAYBILL)
        assert await WaybillTracks().of(session, "YD0") is None

    assert (facts.origin_outlet, facts.destination_outlet, facts.stops) == (HZ1, GZ1, (HZ1, GZ1))


async def test_a_whole_life_is_told_to_other_systems(services, database):
    number = await _report(services)
    await services.work.handle(number, Request(WANG), done="办了")
    await services.work.review_pass(number, Request(CHEN))
    async with database.transaction() as session:
        kinds = (await session.scalars(select(OutgoingEvent.kind).order_by(OutgoingEvent.at, OutgoingEvent.id))).all()

    assert {*kinds} >= {"ticket.opened", "ticket.dispatched", "ticket.handled", "ticket.closed"}


async def test_a_ruling_and_its_reversal_stand_in_the_ledger(services, database):
    number = await _report(services, TicketKind.complaint, "complaint_attitude")
    upheld = Judgement("成立", finding=RulingFinding.upheld, liable_unit=GZ1)
    await services.arbitration.rule(number, Request(ZHENG), upheld)
    appeal, _ = await services.arbitration.appeal(number, Request(WANG), text="有录音")
    reverses = Judgement("撤销", effect=RulingEffect.reversed)
    await services.arbitration.rule(appeal.ticket_no, Request(FENG), reverses)
    async with database.transaction() as session:
        entries = (await session.scalars(select(LedgerEntry).where(LedgerEntry.unit == GZ1))).all()

    assert len(entries) >= 4
    assert sum(entry.amount for entry in entries) == 0
    assert {entry.reverses for entry in entries if entry.reverses} == {
        entry.id for entry in entries if not entry.reverses
    }


async def test_an_open_service_ticket_makes_its_waybill_a_problem_until_it_is_closed_and_reviewed(services, database):
    number = await _report(services)
    assert (await _state(database)).condition == "problem"
    await services.work.handle(number, Request(WANG), done="办了")
    await services.work.review_pass(number, Request(CHEN))

    assert ((await _state(database)).condition, (await _state(database)).open_tickets) == ("normal", 0)


async def test_a_summary_makes_its_waybill_at_risk(services, database):
    await services.tickets.summarise("query_waybill", "明天到", waybill_no=WAYBILL, contact=make_contact())

    assert (await _state(database)).condition == "at_risk"


async def test_past_the_promise_the_sweep_opens_a_ticket_for_the_holder_and_delivery_withdraws_it(
    outside, database, clock
):
    clock.now = datetime(2026, 3, 5, 13, tzinfo=timezone.utc)
    await outside.sweep.run()
    (ticket,) = await outside.services.tickets.of_waybill(WAYBILL)
    assert (ticket.category, ticket.flow, ticket.owner_unit) == ("overdue", "system", GZ1)
    assert ((await _state(database)).condition, (await _state(database)).open_tickets) == ("problem", 1)
    await _scan(outside, "out_for_delivery", "2026-03-05 21:30", GZ1)
    await _scan(outside, "delivered", "2026-03-05 21:40", GZ1)
    (ticket,) = await outside.services.tickets.of_waybill(WAYBILL)

    assert ticket.outcome == "withdrawn"
    assert ((await _state(database)).condition, (await _state(database)).open_tickets) == ("normal", 0)


async def test_customers_and_the_sweep_at_once_leave_one_ticket_and_nobody_fails(outside, database, clock):
    clock.now = datetime(2026, 3, 5, 13, tzinfo=timezone.utc)
    services = outside.services

    async def report(category: str):
        return await services.tickets.report(
            TicketKind.service, category, "x", waybill_no=WAYBILL, contact=make_contact()
        )

    tries = [report("overdue") if n % 3 else report("expedite") for n in range(12)]
    await asyncio.gather(*tries, outside.sweep.run(), outside.sweep.run())
    tickets = await services.tickets.of_waybill(WAYBILL)

    assert sorted(ticket.category for ticket in tickets) == ["expedite", "overdue"]
    assert sum(ticket.contacts for ticket in tickets) == 12


async def _state(database) -> StateRow:
    async with database.transaction() as session:
        return (await session.scalars(select(StateRow).where(StateRow.waybill_no == WAYBILL))).one()


@pytest.mark.parametrize("name", ["13812345678", "王 芳", "agent:wang li", "客服，一组"])
def test_a_name_that_may_not_leave_the_house_does_not_stop_a_ticket(name):
    ticket = make_ticket()
    ticket.accept(By(Actor(name, Role.outlet_agent, GZ1), NOW))
    ticket.urge(By(Actor(name, Role.provincial_agent), NOW), again_at=NOW)
    (sent,) = told(ticket, ticket.fresh[-1])

    assert (sent.kind, sent.data["by"]) == ("ticket.urged", None)


def test_what_a_customer_wrote_is_never_told():
    ticket = make_ticket(text="我的电话13812345678，住在某路1号")
    sent = [event for each in ticket.fresh for event in told(ticket, each)]

    assert sent
    assert "某路" not in str(sent)


def test_who_opened_it_is_told_as_customer_agent_or_rule():
    def opened_by(ticket) -> str:
        return next(told(ticket, ticket.fresh[0])).data["opened_by"]

    rule = make_ticket(contacts=0)
    rule.fresh[0].role = None
    customer = make_ticket()
    customer.fresh[0].role = None

    assert [opened_by(ticket) for ticket in (make_ticket(), customer, rule)] == ["agent", "customer", "rule"]
    assert LINA.role is Role.agent
