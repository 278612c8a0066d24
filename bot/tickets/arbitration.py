"""Complaints, their rulings, and appeals against these.

Same province: the provincial arbitrators.  Across provinces: headquarters.  An appeal: headquarters, by somebody who
did not rule before.  The ledger follows each ruling by rule; what an appeal overturns is reversed by new entries.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.staff.model import Actor, Role
from bot.tickets.access import (
    refuse_unless_appeals,
    refuse_unless_may,
    refuse_unless_opens,
    refuse_unless_sees,
)
from bot.tickets.core import TicketCore, reference_of
from bot.tickets.events import By
from bot.tickets.kinds import Move, RulingEffect, RulingFinding, Side, TicketKind
from bot.tickets.model import Ticket
from bot.tickets.opening import Matter
from bot.tickets.rulings import CUSTOMER, Appeal, Ruling, count_appeal, standing_ruling
from bot.tickets.words import illegal, ticket_words
from bot.tickets.work import Request


@dataclass(frozen=True)
class Judgement:
    """What an arbitrator decides.

    Parameters
    ----------
    effect: ``first`` on a complaint; what becomes of the earlier ruling on an appeal.
    finding, liable_unit: who was right and who is liable; an appeal that confirms keeps what stood.
    """

    text: str
    effect: RulingEffect = RulingEffect.first
    finding: RulingFinding | None = None
    liable_unit: str | None = None


class Arbitration:
    """The door to complaints and appeals.  Raises as `TicketWork` does."""

    def __init__(self, core: TicketCore) -> None:
        self._core = core

    async def complain(
        self, ticket_no: str, request: Request, *, text: str, category: str = "complaint"
    ) -> tuple[Ticket, bool]:
        """Make a complaint out of a service ticket, which goes on by itself.

        Returns the complaint, and whether it was open before and got one more contact.
        """
        refuse_unless_opens(request.actor, TicketKind.complaint)
        leaf = self._core.catalogue().leaf(category)
        if leaf.kind is not TicketKind.complaint:
            raise illegal("kind", category=leaf.zh, kind=TicketKind.complaint.value)

        async def work(session: AsyncSession) -> tuple[Ticket, bool]:
            parent = await self._core.store.find(session, ticket_no)
            refuse_unless_sees(request.actor, parent)
            if parent.kind != TicketKind.service:
                raise illegal("not_service", ticket_no=ticket_no)
            said = ticket_words().texts["complaint_from"].format(ticket_no=ticket_no, text=text)
            return await self._open(session, _about(parent, TicketKind.complaint, category, said), request)

        return await self._core.attempt(work)

    async def state(
        self, ticket_no: str, request: Request, *, text: str, side: Side | None = None, evidence: Sequence[str] = ()
    ) -> Ticket:
        """What a side has to say.  An outlet speaks for itself; who talks with customers speaks for them.

        ``evidence`` as in `bot.evidence.handed_in.refuse_unless_handed_in`, with its refusals.
        """

        async def work(session: AsyncSession) -> Ticket:
            ticket = await self._core.store.take(session, ticket_no)
            refuse_unless_may(request.actor, Move.state, ticket)
            if await self._core.store.of_turn(session, request.turn) is None:
                files = self._core.around.evidence
                await files.refuse_unless_handed_in(session, ticket_no, evidence, by=request.actor)
                ticket.state(_side(request.actor, side), text, self._by(request), evidence=evidence)
                await self._core.store.keep(session, ticket)
            return ticket

        return await self._core.attempt(work)

    async def rule(self, ticket_no: str, request: Request, judgement: Judgement) -> Ticket:
        """Decide a complaint or an appeal; it closes, and the ledger follows."""

        async def work(session: AsyncSession) -> Ticket:
            ticket = await self._core.store.take(session, ticket_no)
            about_no = _about_no(ticket)
            before = await self.rulings(session, about_no)
            refuse_unless_may(request.actor, Move.rule, ticket, ruled_by=[ruling.by for ruling in before])
            if await self._core.store.of_turn(session, request.turn) is not None:
                return ticket
            if request.version not in (None, ticket.version):
                raise illegal("version", ticket_no=ticket_no)
            await self._decide(session, ticket, before[-1] if before else None, judgement, self._by(request))
            return ticket

        return await self._core.attempt(work)

    async def appeal(self, ticket_no: str, request: Request, *, text: str) -> tuple[Ticket, bool]:
        """A party does not accept the ruling on a complaint: once, and within the window.

        Another party's appeal against the same ruling joins the one that is open.  Returns the appeal, and whether it
        was open before.
        """

        async def work(session: AsyncSession) -> tuple[Ticket, bool]:
            complaint = await self._core.store.take(session, ticket_no)
            standing = await standing_ruling(session, ticket_no)
            refuse_unless_appeals(request.actor, complaint, standing.liable_unit if standing else None)
            seen = await self._core.store.of_turn(session, request.turn)
            if seen is not None:
                return seen, False
            self._refuse_late(complaint, standing)
            matter = _about(complaint, TicketKind.appeal, "appeal", text)
            liable = standing.liable_unit if standing else None
            appeal, joined = await self._open(session, replace(matter, outlet=liable), request)
            by, at = request.actor.name, self._core.clock()
            if not await count_appeal(session, ticket_no, _party(request.actor), appeal.ticket_no, by=by, at=at):
                raise illegal("appeal_twice", ticket_no=ticket_no)
            return appeal, joined

        return await self._core.attempt(work)

    async def rulings(self, session: AsyncSession, about_no: str) -> Sequence[Ruling]:
        """All rulings on a complaint, the one that stands last."""
        query = select(Ruling).where(Ruling.about_no == about_no).order_by(Ruling.id)
        return (await session.scalars(query)).all()

    # -- deciding --------------------------------------------------------------------------------

    async def _decide(
        self, session: AsyncSession, ticket: Ticket, before: Ruling | None, judgement: Judgement, by: By
    ) -> None:
        finding, liable = _outcome(ticket, before, judgement)
        if liable and not await self._core.around.units.many(session, [liable]):
            raise illegal("unknown_unit", unit=liable)
        ticket.rule(judgement.effect, finding, liable, judgement.text, replace(by, why=judgement.text))
        reference = reference_of(ticket)
        because = await self._follow(session, ticket, judgement.effect, finding, reference, by)
        await self._core.store.keep(session, ticket)
        session.add(
            Ruling(
                ticket_no=ticket.ticket_no,
                about_no=_about_no(ticket),
                effect=judgement.effect.value,
                finding=finding.value,
                liable_unit=liable,
                text=judgement.text,
                reference=reference,
                because=list(because),
                by=by.name,
                at=by.at,
            )
        )
        await session.flush()

    async def _follow(
        self,
        session: AsyncSession,
        ticket: Ticket,
        effect: RulingEffect,
        finding: RulingFinding,
        reference: str,
        by: By,
    ) -> tuple[str, ...]:
        """The ledger after a ruling: entries of a complaint; on an appeal first back what no longer holds.

        ``reference`` names what is entered against the liable unit, which a later appeal may take back.
        """
        core = self._core
        if effect is RulingEffect.first:
            return await core.enter(
                session, ticket, "complaint", finding=finding.value, reference=reference, units={}, by=by
            )
        units = {"appellant": await self._appellant(session, ticket.ticket_no)}
        because = await core.enter(
            session, ticket, "appeal", finding=effect.value, reference=f"{reference}/appeal", units=units, by=by
        )
        if effect is RulingEffect.confirmed:
            return because
        for entered in await self._effective(session, _about_no(ticket)):
            await core.around.ledger.reverse_ruling(
                session, entered.ticket_no, entered.reference, by=by.name, why=reference, at=by.at
            )
        return because + await core.enter(
            session, ticket, "complaint", finding=finding.value, reference=reference, units={}, by=by
        )

    async def _effective(self, session: AsyncSession, about_no: str) -> Sequence[Ruling]:
        """The ruling whose entries stand: the last that was not a mere confirmation."""
        rulings = await self.rulings(session, about_no)
        changing = [ruling for ruling in rulings if ruling.effect != RulingEffect.confirmed]
        return changing[-1:]

    async def _appellant(self, session: AsyncSession, appeal_no: str) -> str | None:
        """The unit that appealed first; None where it was the customer."""
        query = select(Appeal.party).where(Appeal.appeal_no == appeal_no, Appeal.party != CUSTOMER)
        return (await session.scalars(query.order_by(Appeal.at, Appeal.party))).first()

    # -- appealing -------------------------------------------------------------------------------

    def _refuse_late(self, complaint: Ticket, standing: Ruling | None) -> None:
        if complaint.kind != TicketKind.complaint or standing is None:
            raise illegal("not_ruled", ticket_no=complaint.ticket_no)
        days = self._core.terms(complaint.kind).appeal_days
        if self._core.clock() > standing.at + timedelta(days=days):
            raise illegal("appeal_late", ticket_no=complaint.ticket_no, days=days)

    async def _open(self, session: AsyncSession, matter: Matter, request: Request) -> tuple[Ticket, bool]:
        """A new one, or one more contact on the one that is open."""
        store = self._core.store
        await store.case_lock(session, matter.case, matter.category)
        seen = await store.of_turn(session, request.turn)
        if seen is not None:
            return seen, False
        ticket = await store.open_case(session, matter.case, matter.category)
        joined = ticket is not None
        if ticket is None:
            ticket = await self._core.opener.open(session, matter, self._by(request))
        else:
            ticket.append(matter.text, self._by(request))
        await store.keep(session, ticket)
        return ticket, joined

    def _by(self, request: Request) -> By:
        return By(request.actor, self._core.clock(), turn=request.turn)


def _about(parent: Ticket, kind: TicketKind, category: str, text: str) -> Matter:
    return Matter(
        kind=kind,
        category=category,
        text=text,
        waybill_no=parent.waybill_no,
        parent_no=parent.ticket_no,
        customer_id=parent.customer_id,
        conversation_id=parent.conversation_id,
        channel=parent.channel,
        party=parent.party,
        vip=parent.vip,
    )


def _about_no(ticket: Ticket) -> str:
    """The complaint that a ruling is about."""
    is_appeal = ticket.kind == TicketKind.appeal
    return ticket.parent_no if is_appeal and ticket.parent_no else ticket.ticket_no


def _outcome(ticket: Ticket, before: Ruling | None, judgement: Judgement) -> tuple[RulingFinding, str | None]:
    """Finding and liable unit.  Confirming keeps what stood; reversing turns it round unless told otherwise."""
    if judgement.effect is RulingEffect.first:
        if judgement.finding is None:
            raise illegal("effect", ticket_no=ticket.ticket_no)
        return judgement.finding, _liable(judgement.finding, judgement.liable_unit)
    stood = RulingFinding(before.finding) if before else RulingFinding.dismissed
    if judgement.effect is RulingEffect.confirmed:
        return stood, before.liable_unit if before else None
    turned = RulingFinding.dismissed if stood is RulingFinding.upheld else RulingFinding.upheld
    finding = judgement.finding or (turned if judgement.effect is RulingEffect.reversed else RulingFinding.upheld)
    return finding, _liable(finding, judgement.liable_unit)


def _liable(finding: RulingFinding, unit: str | None) -> str | None:
    """Nobody is liable for what was no fault."""
    return unit if finding is RulingFinding.upheld else None


def _side(actor: Actor, side: Side | None) -> Side:
    if actor.role is Role.outlet_agent:
        return Side.respondent
    return side or Side.complainant


def _party(actor: Actor) -> str:
    """An outlet appeals for itself, everybody else for the customer."""
    return actor.unit if actor.role is Role.outlet_agent and actor.unit else CUSTOMER
