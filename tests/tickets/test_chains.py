"""A damaged parcel: its ticket goes down the track with the real chain of evidence, and closes with the liability."""

from datetime import datetime
from itertools import count
from uuid import UUID

import pytest

from bot.errors import AccessRefusedError, IllegalMoveError
from bot.evidence.attachments import AttachmentService
from bot.evidence.chains import ChainService
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.nodes import Window
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.evidence.store import InMemoryStore
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
from tests.evidence.builders import make_picture
from tests.tickets.api import BASE, as_, client
from tests.tickets.builders import CHEN, GD, GZ1, HZ1, LI, LINA, SUN, WANG, WAYBILL, hours, make_contact, put_network
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


async def test_a_reviewer_who_finds_the_evidence_unproven_closes_the_ticket_with_that_liability(chained, clock, ledger):
    services, chains, _ = chained
    number, _ = await _report(services)
    await _prove(chained, number, SENDER, clock)
    async with services.core.database.transaction() as session:
        await chains.unproven(session, number, 0, "照片不是这票件", by=SUN, at=clock())
    ticket = await _get(services, number)

    assert (ticket.status, ticket.outcome, ticket.liable_unit, ticket.finding) == ("closed", "liable", HZ1, "unproven")
    assert {entry.unit for entry in ledger.entries} == {HZ1}
    assert ticket.follow_up_at is not None


async def test_what_the_customer_takes_back_is_closed_as_withdrawn_and_nobody_is_asked_or_fined(chained, clock, ledger):
    services, chains, _ = chained
    number, _ = await _report(services)
    async with services.core.database.transaction() as session:
        await chains.withdraw(session, number, "客户找到了内件", by=LINA, at=clock())
    ticket = await _get(services, number)

    assert (ticket.status, ticket.outcome, ticket.liable_unit) == ("closed", "withdrawn", None)
    assert (ticket.follow_up_at, ticket.next_tick_at, ledger.entries) == (None, None, [])
    again, _ = await _report(services)
    assert again != number


@pytest.fixture
async def files(chained, database, clock):
    """``await files(by, ticket_no)`` -> a file of theirs, handed in for that ticket if one is named."""
    *_, items = chained
    attachments = AttachmentService(database, InMemoryStore(), clock)
    widths = count(20)

    async def files(by: Actor, ticket_no: str | None = None) -> str:
        picture = make_picture(size=(next(widths), 20))
        file = await attachments.upload(picture, "image/jpeg", "现场.jpg", by=by)
        if ticket_no is not None:
            async with database.transaction() as session:
                await items.add(session, ticket_no, NewEvidence(EvidenceKind.photo, "", file), by=by, at=clock())
        return file.sha256

    return files


async def test_what_was_done_refers_only_to_files_that_were_handed_in_for_the_ticket(chained, files):
    services, *_ = chained
    contact = make_contact("t:door")
    report = services.tickets.report
    number = (await report(TicketKind.service, "not_to_door", "没送", waybill_no=WAYBILL, contact=contact)).ticket_no
    elsewhere = await files(SENDER, "GD2600009999")

    async with client(services) as api:

        async def handle(who: Actor, *evidence: str) -> tuple[int, str]:
            body = {"done": "已上门", "evidence": evidence}
            answer = await api.post(f"{BASE}/{number}/handle", json=body, headers=as_(who))
            return answer.status_code, answer.json().get("detail", "")

        refused = [
            await handle(WANG, "0" * 64),
            await handle(WANG, elsewhere),
            await handle(WANG, await files(WANG)),
            await handle(WANG, "photo-1"),
        ]
        other_outlet = await handle(LI, elsewhere)
        done = await handle(WANG, await files(WANG, number), await files(LINA, number))

    assert [status for status, _ in refused] == [404, 403, 422, 422]
    assert [said.split("，")[0] for _, said in refused] == [
        f"没有附件 {'0' * 12}",
        f"附件 {elsewhere[:12]} 不是您上传的",
        refused[2][1].split("，")[0],
        "请求内容不符合要求：0 格式不对",
    ]
    assert f"还没有提交为工单 {number} 的证据" in refused[2][1]
    assert other_outlet == (404, f"没有找到工单 {number}。")
    assert done == (200, "")
