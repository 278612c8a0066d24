"""A damaged parcel: its ticket goes down the track with the real chain of evidence, and closes with the liability."""

from datetime import datetime
from uuid import UUID

import pytest

from bot.errors import AccessRefusedError, IllegalMoveError
from bot.evidence.chains import ChainService
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.nodes import Window
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.rules.shipped import shipped_rules
from bot.rules.working_time import shipped_working_time
from bot.staff.model import Actor, Role
from bot.tickets.adapters import OutletUnits, track_facts
from bot.tickets.chains import ChainEvidence, ChainFollower
from bot.tickets.kinds import TicketKind
from bot.tickets.ports import Surroundings
from bot.tickets.services import TicketServices
from bot.tickets.work import Request
from bot.waybills.model import CheckpointKind
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_checkpoint, make_waybill
from tests.tickets.builders import CHEN, GD, GZ1, HZ1, WAYBILL, hours, make_contact, put_network
from tests.tickets.fakes import FakeLedger, FakeTell, FakeTracks

SENDER = Actor("agent:hz", Role.outlet_agent, HZ1, "浙江省")
CENTRE = Actor("agent:gd", Role.provincial_agent, GD, "广东省")


class Later:
    """Chains are made before the tickets that follow them."""

    async def moved(self, session, chain, step) -> None:
        await self.follower.moved(session, chain, step)

    async def ended(self, session, chain, ending) -> None:
        await self.follower.ended(session, chain, ending)


class Told:
    """Chains tell other systems of their moves; nobody listens here."""

    async def __call__(self, session, kind, subject, data, *, at) -> None:
        pass


@pytest.fixture
def parcel():
    """From Hangzhou through the Guangdong centre to Guangzhou."""
    track = (
        make_checkpoint(CheckpointKind.picked_up, hours_ago=40, outlet_code=HZ1),
        make_checkpoint(CheckpointKind.arrived, hours_ago=20, outlet_code=GD),
        make_checkpoint(CheckpointKind.arrived, hours_ago=5, outlet_code=GZ1),
    )
    return make_waybill(WAYBILL, track=track, origin_outlet=HZ1, destination_outlet=GZ1)


@pytest.fixture
def ledger() -> FakeLedger:
    return FakeLedger()


@pytest.fixture
async def chained(database, clock, parcel, ledger) -> tuple[TicketServices, ChainService, EvidenceService]:
    await put_network(database)
    source = InMemoryWaybillSource([parcel])
    items = EvidenceService(database, Told())
    later = Later()
    chains = ChainService(
        database,
        items,
        source,
        Settlement(items, later, Told()),
        rules=shipped_rules,
        add=shipped_working_time().add,
        window=Window(hours(24), "always"),
    )
    around = Surroundings(
        units=OutletUnits(),
        tracks=FakeTracks({WAYBILL: track_facts(HZ1, GZ1, parcel.track)}),
        evidence=ChainEvidence(database, chains, source),
        ledger=ledger,
        tell=FakeTell(),
    )
    services = TicketServices.build(database, clock, around)
    later.follower = ChainFollower(services.core)
    return services, chains, items


async def _report(services) -> tuple[str, datetime]:
    contact = make_contact(customer=UUID(int=5))
    reported = await services.tickets.report(TicketKind.service, "damage", "碎了", waybill_no=WAYBILL, contact=contact)
    return reported.ticket_no, reported.due_at


async def _prove(chained, number: str, by: Actor, clock) -> None:
    services, chains, items = chained
    async with services.core.database.transaction() as session:
        new = NewEvidence(EvidenceKind.scan, "出库时外箱完好", snapshot={"weight": "1200"})
        item = await items.add(session, number, new, by=by, at=clock())
        await chains.prove(session, number, [item.seq], by=by, at=clock())


async def _get(services, number: str):
    async with services.core.database.transaction() as session:
        return await services.core.store.find(session, number)


async def test_it_begins_with_the_sending_outlet_and_the_customer_is_told_of_its_window(chained, clock):
    services, *_ = chained
    number, due = await _report(services)
    ticket = await _get(services, number)

    assert (ticket.owner_unit, ticket.window_until, due) == (HZ1, clock() + hours(24), clock() + hours(24))


async def test_who_proves_hands_the_ticket_to_the_next_node_with_a_window_of_its_own(chained, clock):
    services, *_ = chained
    number, _ = await _report(services)
    clock.advance(hours(3))
    await _prove(chained, number, SENDER, clock)
    ticket = await _get(services, number)

    assert (ticket.owner_unit, ticket.tier, ticket.window_until) == (GD, "provincial_center", clock() + hours(24))
    assert ticket.next_tick_at == ticket.window_until - hours(2)


async def test_silence_past_the_window_is_liability_and_closes_the_ticket(chained, clock, ledger):
    services, chains, _ = chained
    number, _ = await _report(services)
    clock.advance(hours(25))
    await chains.tick(clock())
    ticket = await _get(services, number)

    assert (ticket.status, ticket.outcome, ticket.liable_unit, ticket.finding) == ("closed", "liable", HZ1, "silent")
    assert {entry.unit for entry in ledger.entries} == {HZ1}
    async with services.core.database.transaction() as session:
        *_, last = await services.core.store.events(session, number)
    assert last.because == ["liability.silent@v0"]


async def test_admitting_at_the_ticket_ends_the_chain_and_the_ticket(chained, clock):
    services, chains, _ = chained
    number, _ = await _report(services)
    closed = await services.work.admit(number, Request(SENDER), words="包装不够")

    assert (closed.outcome, closed.liable_unit, closed.finding) == ("liable", HZ1, "admitted")
    assert (await chains.of_ticket(number)).ending is not None


async def test_when_all_have_proved_the_network_bears_it_and_nobody_is_liable(chained, clock, ledger):
    services, *_ = chained
    number, _ = await _report(services)
    for who in (SENDER, CENTRE, Actor("agent:gz", Role.outlet_agent, GZ1, "广东省")):
        await _prove(chained, number, who, clock)
    ticket = await _get(services, number)

    assert (ticket.outcome, ticket.liable_unit, ticket.finding) == ("liable", None, "all_proven")
    assert ledger.entries == []


async def test_the_clockwork_leaves_a_running_chain_alone(chained, clock):
    services, *_ = chained
    number, _ = await _report(services)
    for _ in range(23):
        clock.advance(hours(1))
        await services.clockwork.tick(clock())
    ticket = await _get(services, number)

    assert (ticket.urges, ticket.escalations, ticket.owner_unit) == (0, 0, HZ1)


async def test_reporting_again_while_the_chain_runs_is_one_more_contact(chained):
    services, *_ = chained
    number, _ = await _report(services)
    again, _ = await _report(services)

    assert (again, (await _get(services, number)).contacts) == (number, 2)


async def test_a_reviewer_cannot_redirect_what_the_chain_has(chained):
    services, *_ = chained
    number, _ = await _report(services)
    with pytest.raises((IllegalMoveError, AccessRefusedError)):
        await services.work.redirect(number, Request(CHEN), unit=GZ1, reason="x")
