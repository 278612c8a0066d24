"""Moving chains along: each move with its lock, its record and whoever has to know, in one transaction.

Locks are taken in one order, chain before evidence; whoever also locks a ticket does so after calling here.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.errors import NotFoundError
from bot.evidence.chain import Chain
from bot.evidence.chain_repository import add_chain, find_chain, serialise_opening, take_chain, take_overdue
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.evidence.nodes import AddWorkingTime, Window
from bot.evidence.outlets import nodes_of
from bot.evidence.permission import (
    refuse_no_proof,
    refuse_unless_answering,
    refuse_unless_reviewing,
    refuse_unless_withdrawing,
)
from bot.evidence.recording import opening_record, proof_record, words_record
from bot.evidence.route import LateScan, late_scans
from bot.evidence.service import EvidenceService
from bot.evidence.settling import Settlement
from bot.rules.model import RuleBook
from bot.staff.model import SYSTEM, Actor
from bot.waybills.model import Waybill
from bot.waybills.source import WaybillSource

DEFAULT_WINDOW = Window(timedelta(hours=24))
_OPENED = "chain:opened"


class ChainService:
    """The one door to chains.

    Every move takes the chain for itself until the transaction of the session ends, and records what it did among the
    evidence of the ticket.  The same ``turn`` moves once; repeated, it gets the chain as it stands.  Every move raises
    `NotFoundError` for a ticket without a chain and `EvidenceClosedError` once its chain has ended.

    Parameters
    ----------
    rules: the tables in force; ``liability`` is asked when a chain ends.
    add: working time, as `WorkingTime.add`.
    window: how long each node has, unless the opening says otherwise.
    """

    def __init__(
        self,
        database: Database,
        items: EvidenceService,
        source: WaybillSource,
        settlement: Settlement,
        *,
        rules: Callable[[], RuleBook],
        add: AddWorkingTime,
        window: Window = DEFAULT_WINDOW,
    ) -> None:
        self._database = database
        self._items = items
        self._source = source
        self._settlement = settlement
        self._rules = rules
        self._add = add
        self._window = window

    async def open(
        self, session: AsyncSession, ticket_no: str, waybill: Waybill, *, at: datetime, window: Window | None = None
    ) -> Chain:
        """The chain of a ticket, its first node holding, and the track as it stands among the evidence.

        Opening again gives the one there is.  Raises `EvidenceRefusedError` for a parcel that was nowhere.
        """
        await serialise_opening(session, ticket_no)
        known = await take_chain(session, ticket_no)
        if known is not None:
            return known
        nodes = await nodes_of(session, waybill)
        chain = Chain.open(ticket_no, waybill.waybill_no, nodes, window or self._window, at=at, add=self._add)
        await add_chain(session, chain)
        await self._items.add(session, ticket_no, opening_record(chain, waybill), by=SYSTEM, at=at, turn=_OPENED)
        return chain

    async def prove(
        self,
        session: AsyncSession,
        ticket_no: str,
        evidence: Sequence[int],
        *,
        by: Actor,
        at: datetime,
        turn: str | None = None,
    ) -> Chain:
        """The holder rests its case on these items (``seq``): the next node holds, or the chain ends.

        Raises `NotHolderError`, and `EvidenceRefusedError` for items that are not its own or prove nothing.
        """

        def proved(chain: Chain) -> NewEvidence:
            refuse_unless_answering(by, chain)
            node = chain.prove(by.unit, evidence, by=by.name, at=at, add=self._add, rules=self._rules())
            refuse_no_proof(items, evidence, by)
            return proof_record(node, evidence)

        items = await self._items.items(session, ticket_no)
        return await self._move(session, ticket_no, proved, by=by, at=at, turn=turn)

    async def admit(
        self, session: AsyncSession, ticket_no: str, text: str, *, by: Actor, at: datetime, turn: str | None = None
    ) -> Chain:
        """The holder admits, in its own words.  Raises `NotHolderError`."""

        def admitted(chain: Chain) -> NewEvidence:
            refuse_unless_answering(by, chain)
            chain.admit(by.unit, by=by.name, at=at, rules=self._rules())
            return words_record(chain, text, EvidenceKind.admission)

        return await self._move(session, ticket_no, admitted, by=by, at=at, turn=turn)

    async def unproven(
        self,
        session: AsyncSession,
        ticket_no: str,
        position: int,
        reason: str,
        *,
        by: Actor,
        at: datetime,
        turn: str | None = None,
    ) -> Chain:
        """A reviewer of another unit finds that a node's evidence, the holder's or an earlier one's, proves nothing.

        Raises `AccessRefusedError` for anybody else, `EvidenceRefusedError` for a node whose turn has not come.
        """

        def judged(chain: Chain) -> NewEvidence:
            refuse_unless_reviewing(by, chain, position)
            chain.unproven(position, by=by.name, at=at, rules=self._rules())
            return words_record(chain, reason, EvidenceKind.statement)

        return await self._move(session, ticket_no, judged, by=by, at=at, turn=turn)

    async def withdraw(
        self, session: AsyncSession, ticket_no: str, reason: str, *, by: Actor, at: datetime, turn: str | None = None
    ) -> Chain:
        """The customer takes the matter back; nobody is liable.

        Raises `AccessRefusedError` for who neither speaks for them nor reviews.
        """

        def withdrawn(chain: Chain) -> NewEvidence:
            refuse_unless_withdrawing(by, chain)
            chain.withdraw(by=by.name, at=at, rules=self._rules())
            return words_record(chain, reason, EvidenceKind.statement)

        return await self._move(session, ticket_no, withdrawn, by=by, at=at, turn=turn)

    async def tick(self, now: datetime, *, limit: int = 100) -> int:
        """End chains whose window is over, each in its own transaction; returns how many were looked at.

        Any number of processes may do so at once, as often as they like.  A chain that cannot end does not keep the
        others: all such errors are raised together at the end, as an `ExceptionGroup`.
        """
        stuck: dict[str, Exception] = {}
        seen = 0
        while seen < limit and await self._end_overdue(now, stuck):
            seen += 1
        if stuck:
            message = f"chains that could not end: {', '.join(stuck)}"
            raise ExceptionGroup(message, list(stuck.values()))  # noqa: F821 - a built-in since Python 3.11
        return seen

    async def of_ticket(self, ticket_no: str) -> Chain:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            return _known(await find_chain(session, ticket_no), ticket_no)

    async def late_scans(self, ticket_no: str) -> tuple[LateScan, ...]:
        """What the track says today and did not say when the chain was opened.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            chain = _known(await find_chain(session, ticket_no), ticket_no)
            opening = await self._items.of_turn(session, ticket_no, _OPENED)
        waybill = await self._source.find(chain.waybill_no)
        if waybill is None or opening is None:
            return ()
        return late_scans(opening.snapshot, waybill, since=chain.opened_at)

    async def _move(
        self,
        session: AsyncSession,
        ticket_no: str,
        move: Callable[[Chain], NewEvidence],
        *,
        by: Actor,
        at: datetime,
        turn: str | None,
    ) -> Chain:
        """Nothing is written before the move went through, so a refusal leaves everything as it was."""
        chain = _known(await take_chain(session, ticket_no), ticket_no)
        if await self._items.of_turn(session, ticket_no, turn) is not None:
            return chain
        record = move(chain)
        await self._items.add(session, ticket_no, record, by=by, at=at, turn=turn)
        return await self._settlement.settle(session, chain)

    async def _end_overdue(self, now: datetime, stuck: dict[str, Exception]) -> bool:
        async with self._database.transaction() as session:
            chain = await take_overdue(session, now, leaving=stuck)
            if chain is None:
                return False
            try:
                async with session.begin_nested():
                    chain.silent(by=SYSTEM.name, at=now, rules=self._rules())
                    await self._settlement.settle(session, chain)
            except Exception as error:  # kept, and raised once the others have ended
                stuck[chain.ticket_no] = error
            return True


def _known(chain: Chain | None, ticket_no: str) -> Chain:
    if chain is None:
        raise NotFoundError(f"ticket {ticket_no} has no chain of evidence")
    return chain
