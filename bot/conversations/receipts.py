"""How far the customer has read, as far as the channel tells."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversations.events import Event, announce
from bot.conversations.model import Conversation
from bot.db import Base, Database


class ReadReceipt(Base):
    """The newest message of a conversation that was on the customer's screen."""

    __tablename__ = "read_receipts"

    conversation_id: Mapped[UUID] = mapped_column(ForeignKey("conversations.id"), primary_key=True)
    up_to_seq: Mapped[int]
    at: Mapped[datetime]


class ReadReceipts:
    """The one door to what was read.  Reports may come late, twice and in any order: it only ever moves forward."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, conversation_id: UUID, up_to_seq: int, *, at: datetime) -> None:
        """The customer has seen everything up to ``up_to_seq``; more than there is counts as all there is.

        Whoever shows the conversation is told, when this is news.
        """
        async with self._database.transaction() as session:
            there_is = await session.scalar(select(Conversation.last_seq).where(Conversation.id == conversation_id))
            seen = min(up_to_seq, there_is or 0)
            if seen <= 0:
                return
            row = insert(ReadReceipt).values(conversation_id=conversation_id, up_to_seq=seen, at=at)
            newer = {"up_to_seq": row.excluded.up_to_seq, "at": row.excluded.at}
            is_newer = ReadReceipt.up_to_seq < row.excluded.up_to_seq
            put = row.on_conflict_do_update(index_elements=["conversation_id"], set_=newer, where=is_newer)
            if await session.scalar(put.returning(ReadReceipt.up_to_seq)) is not None:
                await announce(session, Event(conversation_id=conversation_id, kind="read", seq=seen, by="customer"))

    async def of(self, conversation_ids: Collection[UUID]) -> dict[UUID, int]:
        """How far each conversation was read; those nobody heard of are missing."""
        query = select(ReadReceipt).where(ReadReceipt.conversation_id.in_(conversation_ids))
        async with self._database.transaction() as session:
            return {row.conversation_id: row.up_to_seq for row in await session.scalars(query)}

    async def unread(self, conversation_id: UUID) -> int:
        """How many messages there are beyond what was read."""
        query = (
            select(Conversation.last_seq - func.coalesce(ReadReceipt.up_to_seq, 0))
            .join(ReadReceipt, ReadReceipt.conversation_id == Conversation.id, isouter=True)
            .where(Conversation.id == conversation_id)
        )
        async with self._database.transaction() as session:
            return await session.scalar(query) or 0
