"""Checking that the evidence of a ticket is what was handed in: every hash anew, every file byte by byte."""

from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import select, union
from sqlalchemy.ext.asyncio import AsyncSession

from bot.db import Database
from bot.errors import AttachmentNotFoundError
from bot.evidence.model import Breach, Broken, Head, Verified
from bot.evidence.sealing import first_broken
from bot.evidence.store import AttachmentStore, key_of
from bot.evidence.tables import EvidenceHeadRow, EvidenceItemRow

_TICKETS_AT_ONCE = 500


class EvidenceVerifier:
    """Reads everything, changes nothing."""

    def __init__(self, database: Database, store: AttachmentStore) -> None:
        self._database = database
        self._store = store

    async def verify(self, ticket_no: str, *, kept: Head | None = None) -> Verified:
        """The first thing that is wrong with one ticket.

        Parameters
        ----------
        kept: a head that was written down elsewhere; the record must still go through it.
        """
        return await self._verify(ticket_no, kept, good=set())

    async def verify_all(self, *, kept: Mapping[str, Head] | None = None) -> AsyncIterator[Verified]:
        """Every ticket that has evidence, a head or a kept head, by number.  A file used twice is read once."""
        heads, good, after = dict(kept or {}), set[str](), ""
        while numbers := await self._numbers(after):
            for ticket_no in numbers:
                yield await self._verify(ticket_no, heads.pop(ticket_no, None), good)
            after = numbers[-1]
        for ticket_no, head in sorted(heads.items()):
            yield await self._verify(ticket_no, head, good)

    async def _verify(self, ticket_no: str, kept: Head | None, good: set[str]) -> Verified:
        rows, head = await self._record(ticket_no)
        broken = first_broken(rows, head, kept)
        whole = rows if broken is None else rows[: broken.seq - 1]
        return Verified(ticket_no, len(rows), await self._broken_file(whole, good) or broken)

    async def _record(self, ticket_no: str) -> tuple[Sequence[EvidenceItemRow], Head | None]:
        """Items and head of one moment: between two reads somebody may have added."""
        async with self._database.transaction() as session:
            await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            return await _items(session, ticket_no), await _head(session, ticket_no)

    async def _numbers(self, after: str) -> list[str]:
        both = union(select(EvidenceItemRow.ticket_no), select(EvidenceHeadRow.ticket_no)).subquery()
        query = select(both.c.ticket_no).where(both.c.ticket_no > after).order_by(both.c.ticket_no)
        async with self._database.transaction() as session:
            return list((await session.scalars(query.limit(_TICKETS_AT_ONCE))).all())

    async def _broken_file(self, rows: Sequence[EvidenceItemRow], good: set[str]) -> Broken | None:
        for row in rows:
            if row.attachment is None or row.attachment in good:
                continue
            breach = await self._breach_of_file(row.attachment)
            if breach is not None:
                return Broken(row.seq, breach, row.attachment)
            good.add(row.attachment)
        return None

    async def _breach_of_file(self, sha256: str) -> Breach | None:
        try:
            content = await self._store.get(sha256)
        except AttachmentNotFoundError:
            return Breach.file_missing
        return None if key_of(content) == sha256 else Breach.file_changed


async def read_heads(database: Database, ticket_no: str | None = None) -> list[Head]:
    """How far each record goes, by ticket number; of one ticket or of all."""
    query = select(EvidenceHeadRow).order_by(EvidenceHeadRow.ticket_no)
    if ticket_no is not None:
        query = query.where(EvidenceHeadRow.ticket_no == ticket_no)
    async with database.transaction() as session:
        return [Head(row.ticket_no, row.items, row.hash) for row in (await session.scalars(query)).all()]


async def _items(session: AsyncSession, ticket_no: str) -> Sequence[EvidenceItemRow]:
    query = select(EvidenceItemRow).where(EvidenceItemRow.ticket_no == ticket_no).order_by(EvidenceItemRow.seq)
    return (await session.scalars(query)).all()


async def _head(session: AsyncSession, ticket_no: str) -> Head | None:
    row = await session.get(EvidenceHeadRow, ticket_no)
    return Head(row.ticket_no, row.items, row.hash) if row else None
