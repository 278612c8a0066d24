"""The services on a clock that is moved by hand, and what people do with them."""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncSession

from bot.assembly import Service
from bot.db import Database
from bot.errors import NotFoundError, RefusedError
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.settings import Settings
from bot.staff.model import Actor
from bot.tickets.kinds import TicketKind
from bot.tickets.opening import Contact
from bot.tickets.service import Reported
from bot.tickets.settling import CaseFacts, Settled
from bot.tickets.work import Request
from bot.waybills.model import PartyRole
from bot.waybills.progress import Progress
from bot.waybills.service import InstructionKind, WaybillService
from tests.conftest import FrozenClock
from tests.day.feed import Feed
from tests.evidence.builders import make_picture

_TURNS = count(1)


@dataclass
class Asked:
    """Who was asked how it went: the conversations of each ticket, and when."""

    asked: list[tuple[str, UUID, datetime]] = field(default_factory=list)

    async def ask(self, session: AsyncSession, ticket_no: str, conversation_id: UUID, *, at: datetime) -> bool:
        self.asked.append((ticket_no, conversation_id, at))
        return True


@dataclass
class World:
    """Everything there is.

    By a name for each: ``refusals`` are what was tried in vain, ``settled`` is what became of contacts about time,
    ``shown`` the state of a parcel as a customer is told it.
    """

    settings: Settings
    database: Database
    clock: FrozenClock
    service: Service
    waybills: WaybillService
    feed: Feed
    follow_ups: Asked
    refusals: dict[str, Exception | None] = field(default_factory=dict)
    settled: dict[str, Settled | Reported] = field(default_factory=dict)
    shown: dict[str, Progress] = field(default_factory=dict)

    async def go(self, until: datetime) -> None:
        """Time passes; at every full hour, and at the end, scans come in and the system looks round."""
        while self.clock.now < until:
            hour = self.clock.now.replace(minute=0) + timedelta(hours=1)
            self.clock.now = min(until, hour)
            await self.feed.until(self.clock.now)
            await self.service.sweep.run()
            await self.service.tickets.clockwork.tick(self.clock.now)
            await self.service.evidence.chains.tick(self.clock.now)

    async def refused(self, name: str, attempt: Awaitable[object]) -> None:
        """Something that must not be possible; None is kept where it was."""
        try:
            await attempt
        except (RefusedError, NotFoundError) as error:
            self.refusals[name] = error
        else:
            self.refusals[name] = None

    # -- customers -------------------------------------------------------------------------------

    async def asks(self, number: str, category: str, words: str, **who: str) -> Settled | Reported:
        """A contact about time, by the timeliness rule and what the track says."""
        facts = CaseFacts.of(category, await self.waybills.progress(number), now=self.clock.now)
        contact = make_contact(number, **who)
        return await self.service.tickets.tickets.settle(facts, words, waybill_no=number, contact=contact)

    async def reports(self, number: str, category: str, words: str, *, vip: bool = False, **who: str) -> str:
        """Something that needs a ticket whatever the time; returns its number."""
        kind = TicketKind.complaint if category.startswith("complaint") else TicketKind.service
        contact = make_contact(number, **who)
        reported = await self.service.tickets.tickets.report(
            kind, category, words, waybill_no=number, contact=contact, vip=vip
        )
        return reported.ticket_no

    async def instructs(self, number: str, kind: InstructionKind, **details: str) -> None:
        """What a consignee wants done, and the summary that such a contact ends with."""
        contact = make_contact(number)
        await self.waybills.instruct(
            kind,
            number,
            details,
            party=PartyRole.consignee,
            customer_id=contact.customer_id,
            conversation_id=contact.conversation_id,
            turn=contact.turn,
        )
        words = "，".join(details.values())
        await self.service.tickets.tickets.summarise(kind.value, words, waybill_no=number, contact=contact)

    async def answers(self, ticket_no: str, number: str, *, satisfied: bool, words: str = "") -> None:
        """The customer who reported says how it went."""
        contact = make_contact(number)
        await self.service.tickets.tickets.answer_follow_up(ticket_no, contact, satisfied=satisfied, words=words)

    # -- people of the network -------------------------------------------------------------------

    async def ticket_no(self, number: str, category: str) -> str:
        """The open ticket of a case, which is a waybill or a ruling, and category."""
        core = self.service.tickets.core
        async with core.database.transaction() as session:
            found = await core.store.open_case(session, number, category)
        assert found is not None, f"{number} has no open ticket {category}"
        return found.ticket_no

    async def hand_in(self, actor: Actor, ticket_no: str, words: str, kind: EvidenceKind = EvidenceKind.photo) -> int:
        """Evidence for a ticket that this person sees, with a picture unless it is a statement; returns its number."""
        if not await self.service.may_see(actor, ticket_no):
            raise NotFoundError(ticket_no)
        evidence, picture = self.service.evidence, None
        if kind is not EvidenceKind.statement:
            content = make_picture(size=(40, 20 + len(words)))
            picture = await evidence.attachments.upload(content, "image/jpeg", "现场.jpg", by=actor)
        new = NewEvidence(kind, words, picture)
        async with self.database.transaction() as session:
            item = await evidence.items.add(session, ticket_no, new, by=actor, at=self.clock.now)
        return item.seq

    async def handles(self, actor: Actor, ticket_no: str, done: str) -> None:
        """A photo, and what was done."""
        await self.hand_in(actor, ticket_no, done)
        file = (await self.service.evidence.items.of_ticket(ticket_no))[-1].attachment
        assert file is not None
        await self.service.tickets.work.handle(ticket_no, Request(actor), done=done, evidence=(file,))

    async def passes(self, actor: Actor, ticket_no: str) -> None:
        await self.service.tickets.work.review_pass(ticket_no, Request(actor), words="属实")


def make_contact(number: str, party: str = "consignee", channel: str = "wechat") -> Contact:
    """A message of a party to a waybill; the same party is the same customer in the same conversation."""
    customer, conversation = (uuid5(NAMESPACE_URL, f"{what}:{party}:{number}") for what in ("customer", "talk"))
    return Contact(customer, conversation, f"turn-{next(_TURNS)}", channel=channel, party=party)
