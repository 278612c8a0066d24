"""Adding to the evidence of a ticket, and reading it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.errors import EvidenceClosedError, EvidenceRefusedError, NotFoundError
from bot.evidence.canonical import GENESIS
from bot.evidence.model import EvidenceItem, EvidenceKind, NewEvidence
from bot.evidence.sealing import grouped, item_from, items_from, seal
from bot.evidence.tables import ChainRow, EvidenceHeadRow, EvidenceItemRow
from bot.evidence.words import evidence_words
from bot.staff.model import Actor

MAX_ITEMS = 500
"""Of one ticket; an admission and what the system itself records are never refused."""

_UNLIMITED = {EvidenceKind.admission, EvidenceKind.system}


class Emit(Protocol):
    """Tells other systems, in the transaction of the session."""

    async def __call__(
        self, session: AsyncSession, kind: str, subject: str, data: Mapping[str, Any], *, at: datetime
    ) -> None: ...


class EvidenceService:
    """The one door to the evidence of tickets."""

    def __init__(self, database: Database, emit: Emit) -> None:
        self._database = database
        self._emit = emit

    async def add(
        self,
        session: AsyncSession,
        ticket_no: str,
        evidence: NewEvidence,
        *,
        by: Actor,
        at: datetime,
        turn: str | None = None,
    ) -> EvidenceItem:
        """Append an item, linked to the one before, within the transaction of the session.

        Those who add to the same ticket wait for each other.  The same ``turn`` adds once and gets the same item.
        Raises `EvidenceRefusedError`; `EvidenceClosedError` once the chain of the ticket has ended.
        """
        _refuse_unfit(evidence)
        await _refuse_ended(session, ticket_no)
        head = await _locked_head(session, ticket_no, at)
        seen = await self.of_turn(session, ticket_no, turn)
        if seen is not None:
            return seen
        if head.items >= MAX_ITEMS and evidence.kind not in _UNLIMITED:
            raise _refused("too_many", limit=MAX_ITEMS)
        item = await _append(session, head, _row(ticket_no, evidence, by=by, at=at, turn=turn))
        await self._tell(session, item)
        return item

    async def of_turn(self, session: AsyncSession, ticket_no: str, turn: str | None) -> EvidenceItem | None:
        """What this turn added to the ticket, if it did already."""
        query = select(EvidenceItemRow).where(EvidenceItemRow.ticket_no == ticket_no, EvidenceItemRow.turn == turn)
        row = await session.scalar(query) if turn is not None else None
        return item_from(row) if row else None

    async def of_ticket(self, ticket_no: str) -> list[EvidenceItem]:
        """Every item, oldest first; empty when there is none."""
        async with self._database.transaction() as session:
            return await self.items(session, ticket_no)

    async def items(self, session: AsyncSession, ticket_no: str) -> list[EvidenceItem]:
        query = select(EvidenceItemRow).where(EvidenceItemRow.ticket_no == ticket_no).order_by(EvidenceItemRow.seq)
        return items_from((await session.scalars(query)).all())

    async def item(self, ticket_no: str, seq: int) -> EvidenceItem:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            row = await session.get(EvidenceItemRow, (ticket_no, seq))
        if row is None:
            raise NotFoundError(f"ticket {ticket_no} has no evidence {seq}")
        return item_from(row)

    async def _tell(self, session: AsyncSession, item: EvidenceItem) -> None:
        data = {
            "ticket_no": item.ticket_no,
            "item": str(item.seq),
            "kind": item.kind.value,
            "unit": item.unit,
            "hash": grouped(item.hash),
            "by": item.by,
        }
        await self._emit(session, "evidence.added", item.ticket_no, data, at=item.at)


def _refuse_unfit(evidence: NewEvidence) -> None:
    if evidence.is_empty:
        raise _refused("nothing")
    if evidence.kind is EvidenceKind.photo and evidence.attachment is None:
        raise _refused("needs_file")
    if "\x00" in evidence.text or any("\ud800" <= char <= "\udfff" for char in evidence.text):
        raise _refused("text")


async def _refuse_ended(session: AsyncSession, ticket_no: str) -> None:
    """Locks the chain, if there is one: before the head, in the order everything here takes its locks."""
    query = select(ChainRow.ended_at).where(ChainRow.ticket_no == ticket_no).with_for_update()
    if await session.scalar(query) is not None:
        raise EvidenceClosedError(evidence_words().refusal("ended"))


async def _locked_head(session: AsyncSession, ticket_no: str, at: datetime) -> EvidenceHeadRow:
    first = {"ticket_no": ticket_no, "items": 0, "hash": GENESIS, "at": at}
    await session.execute(insert(EvidenceHeadRow).values(first).on_conflict_do_nothing())
    query = select(EvidenceHeadRow).where(EvidenceHeadRow.ticket_no == ticket_no).with_for_update()
    return (await session.scalars(query.execution_options(populate_existing=True))).one()


async def _append(session: AsyncSession, head: EvidenceHeadRow, row: EvidenceItemRow) -> EvidenceItem:
    row.seq, row.previous_hash = head.items + 1, head.hash
    row.hash = seal(row)
    session.add(row)
    head.items, head.hash, head.at = row.seq, row.hash, row.at
    await session.flush()
    return item_from(row)


def _row(ticket_no: str, new: NewEvidence, *, by: Actor, at: datetime, turn: str | None) -> EvidenceItemRow:
    file = new.attachment
    return EvidenceItemRow(
        ticket_no=ticket_no,
        kind=new.kind.value,
        text=new.text,
        attachment=file.sha256 if file else None,
        media_type=file.media_type if file else None,
        file_name=file.name if file else None,
        snapshot=dict(new.snapshot),
        by=by.name,
        unit=by.unit,
        at=at,
        turn=turn,
    )


def _refused(reason: str, **values: object) -> EvidenceRefusedError:
    return EvidenceRefusedError(evidence_words().refusal(reason, **values))
