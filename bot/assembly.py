"""Waybill-centred service put together: rules, conditions, tickets, evidence, ledger and what other systems are told.

For the composition root alone: here the circle of judging and ticketing is closed.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.evidence.attachments import AttachmentService
from bot.evidence.chain import Chain
from bot.evidence.chains import ChainService
from bot.evidence.endpoints import EvidenceServices
from bot.evidence.nodes import Ending, HandedOn, Window
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.evidence.stores import open_store
from bot.following import Following
from bot.jobs import Jobs
from bot.ledger.service import LedgerService
from bot.network.geography import NetworkGeography
from bot.notices.watching import TellingCustomers, WatchedIntake, Watching
from bot.outbox import emit, emit_many
from bot.outbox.sending import HttpxSender
from bot.outbox.service import Outbox
from bot.rules.cases import forget_decisions
from bot.rules.service import RuleService
from bot.rules.working_time import shipped_working_time
from bot.settings import Settings
from bot.staff.model import Actor
from bot.tickets.adapters import OutletUnits, WaybillTracks
from bot.tickets.cases import TicketCases
from bot.tickets.chains import ChainEvidence, ChainFollower
from bot.tickets.model import Ticket
from bot.tickets.permissions import TicketFacts, may_see
from bot.tickets.ports import FollowUps, NoOutside, Surroundings
from bot.tickets.services import TicketServices
from bot.waybills.cases import LiveWaybills
from bot.waybills.conditions import Conditions
from bot.waybills.importing import WaybillImporter
from bot.waybills.intake import Intake
from bot.waybills.months import Months
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.sweep import Sweep

EVERY_MINUTE = "* * * * *"
EVERY_NIGHT = "30 19 * * *"
"""In UTC: half past three in China."""
DECISIONS_KEPT = timedelta(days=60)
"""What a changed table can be tried on."""


@dataclass(frozen=True)
class Service:
    """Everything below the conversation, started and stopped together."""

    jobs: Jobs
    sender: HttpxSender
    outbox: Outbox
    ledger: LedgerService
    rules: RuleService
    geography: NetworkGeography
    conditions: Conditions
    importer: WaybillImporter
    sweep: Sweep
    months: Months
    evidence: EvidenceServices
    tickets: TicketServices
    live: LiveWaybills
    decided: TicketCases

    async def start(self, *, works: bool = True) -> None:
        """``works``: whether jobs and sweeps run in this process, too."""
        await self.months.prepare()
        await self.geography.refresh()
        await self.rules.start()
        if works:
            await self.jobs.start()
            await self.sweep.start()

    async def stop(self) -> None:
        await self.sweep.stop()
        await self.jobs.stop()
        await self.rules.stop()
        await self.sender.close()

    async def may_see(self, actor: Actor, ticket_no: str) -> bool:
        """Whether somebody may know of a ticket; nobody may of one that does not exist."""
        async with self.tickets.core.database.transaction() as session:
            ticket = await session.get(Ticket, ticket_no)
        return ticket is not None and may_see(actor, TicketFacts.of(ticket))

    async def units_of(self, actor: Actor) -> Collection[str]:
        """Every unit of the province a person judges in."""
        return await self.geography.units_of(actor.province or "")


def assemble(
    settings: Settings,
    database: Database,
    clock: Clock,
    follow_ups: FollowUps | None = None,
    watching: Watching | None = None,
) -> Service:
    """Wire it; nothing runs before `Service.start`.

    ``follow_ups`` asks customers how it went, where conversations are, and ``watching`` tells them of their parcels;
    without these nobody is asked or told.
    """
    jobs = Jobs(database)
    sender = HttpxSender(allow_private=settings.webhook_private_addresses)
    rules = RuleService(database, clock)
    geography = NetworkGeography(database)
    conditions = Conditions(rules.book, clock)
    intake = Intake(conditions, rules.book, geography, clock)
    if watching is not None:
        intake = WatchedIntake(conditions, rules.book, geography, clock, watching)
    ledger = LedgerService(database)
    source = PostgresWaybillSource(database)
    evidence, follower = _evidence(settings, database, clock, rules, source)
    around = Surroundings(
        rules=rules.book,
        tracks=WaybillTracks(),
        units=OutletUnits(),
        tell=emit_many,
        conditions=conditions,
        ledger=ledger,
        evidence=ChainEvidence(database, evidence.chains, source),
        follow_ups=follow_ups or NoOutside(),
    )
    tickets = TicketServices.build(database, clock, around)
    follower.follower = ChainFollower(tickets.core)
    following = Following(tickets.by_rule)
    conditions.lead_to(following if watching is None else TellingCustomers(following, watching))
    service = Service(
        jobs=jobs,
        sender=sender,
        outbox=Outbox(database, clock, jobs, sender),
        ledger=ledger,
        rules=rules,
        geography=geography,
        conditions=conditions,
        importer=WaybillImporter(database, clock, intake),
        sweep=Sweep(database, clock, conditions, intake),
        months=Months(database, clock),
        evidence=evidence,
        tickets=tickets,
        live=LiveWaybills(database, clock, rules.book),
        decided=TicketCases(database, clock),
    )
    _schedule(service, clock)
    return service


class _Followed:
    """Chains are made before the tickets that follow them."""

    follower: ChainFollower

    async def moved(self, session: AsyncSession, chain: Chain, step: HandedOn) -> None:
        await self.follower.moved(session, chain, step)

    async def ended(self, session: AsyncSession, chain: Chain, ending: Ending) -> None:
        await self.follower.ended(session, chain, ending)


def _schedule(service: Service, clock: Clock) -> None:
    """What looks at the clock: deadlines of tickets, windows of chains, and the months."""

    async def tickets(_: datetime) -> None:
        await service.tickets.clockwork.tick(clock())

    async def chains(_: datetime) -> None:
        await service.evidence.chains.tick(clock())

    async def nightly(_: datetime) -> None:
        await service.months.prepare()
        await service.tickets.requests.forget(clock())
        async with service.tickets.core.database.transaction() as session:
            await forget_decisions(session, before=clock() - DECISIONS_KEPT)

    service.jobs.periodic("tickets.clock", EVERY_MINUTE, tickets)
    service.jobs.periodic("evidence.windows", EVERY_MINUTE, chains)
    service.jobs.periodic("nightly", EVERY_NIGHT, nightly)


def _evidence(
    settings: Settings, database: Database, clock: Clock, rules: RuleService, source: PostgresWaybillSource
) -> tuple[EvidenceServices, _Followed]:
    items = EvidenceService(database, emit)
    limit = settings.max_attachment_mb * 1024 * 1024
    attachments = AttachmentService(database, open_store(settings), clock, limit=limit)
    follower = _Followed()
    chains = ChainService(
        database,
        items,
        source,
        Settlement(items, follower, emit),
        rules=rules.book,
        add=shipped_working_time().add,
        window=Window(timedelta(hours=settings.evidence_window_hours)),
    )
    return EvidenceServices(database, clock, attachments, items, chains), follower
