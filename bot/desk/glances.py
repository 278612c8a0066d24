"""Conversations at a glance: the queue and a person's own, with the end of their logs and what is unread."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.context import visitor_label
from bot.desk.model import ReadMark
from bot.desk.schemas import Glance
from bot.desk.tools.free_text import mask_text
from bot.desk.words import desk_words
from bot.handover.service import Handover

_LOOK_BACK = 30
_REMEMBERED = 2000


@dataclass(frozen=True)
class _Tail:
    """The end of a log as the lists need it."""

    last_seq: int
    last_author: str | None
    last_text: str
    last_at: datetime
    customer_seqs: tuple[int, ...]


class Glances:
    """Reads the lists; the end of a log is read again only when the log has grown."""

    def __init__(self, database: Database, conversations: ConversationService, handover: Handover | None) -> None:
        self._database = database
        self._conversations = conversations
        self._handover = handover
        self._tails: OrderedDict[UUID, _Tail] = OrderedDict()

    async def waiting(self) -> list[Glance]:
        """The queue, in the order it is served."""
        glances = [await self._glance(view, view.last_seq) for view in await self._conversations.waiting()]
        offered = {one.offered_to for one in glances if one.offered_to}
        names = await self._handover.names(offered) if self._handover is not None else {}
        return [one.model_copy(update={"offered_name": names.get(one.offered_to or "")}) for one in glances]

    async def held_by(self, username: str) -> list[Glance]:
        """A person's own conversations, oldest first, with how much is unread."""
        views = await self._conversations.held_by(username)
        marks = await self._read_marks(username, [view.id for view in views])
        return [await self._glance(view, marks.get(view.id, 0)) for view in views]

    async def read(self, username: str, conversation_id: UUID, seq: int) -> None:
        """Remember that the person has seen everything up to ``seq``; reading never goes backwards."""
        put = insert(ReadMark).values(username=username, conversation_id=conversation_id, seq=seq)
        async with self._database.transaction() as session:
            await session.execute(
                put.on_conflict_do_update(
                    index_elements=["username", "conversation_id"],
                    set_={"seq": func.greatest(ReadMark.seq, put.excluded.seq)},
                )
            )

    async def _glance(self, view: ConversationView, read: int) -> Glance:
        tail = await self._tail(view)
        return Glance(
            id=view.id,
            channel=view.channel,
            visitor=visitor_label(view.customer_id),
            waybill_no=view.waybill_no,
            reason=view.hand_off_reason,
            intent=view.hand_off_intent,
            summary=mask_text(view.hand_off_summary) if view.hand_off_summary else None,
            sentiment=view.sentiment,
            urgency=view.urgency,
            team=view.team,
            offered_to=view.offered_to,
            offered_until=view.offered_until,
            queued_at=view.queued_at,
            accepted_at=view.accepted_at,
            last_author=tail.last_author,
            last_text=tail.last_text,
            last_at=tail.last_at,
            unread=sum(seq > read for seq in tail.customer_seqs),
        )

    async def _tail(self, view: ConversationView) -> _Tail:
        """The end of the log, read again only when the log has grown."""
        known = self._tails.get(view.id)
        if known is not None and known.last_seq == view.last_seq:
            self._tails.move_to_end(view.id)
            return known
        messages = await self._conversations.messages_before(view.id, view.last_seq + 1, limit=_LOOK_BACK)
        spoken = [message for message in messages if message.author != "system"]
        last = spoken[-1] if spoken else None
        tail = _Tail(
            last_seq=view.last_seq,
            last_author=last.author if last else None,
            last_text=mask_text(last.text or desk_words().file(last.kind))[:120] if last else "",
            last_at=last.created_at if last else view.updated_at,
            customer_seqs=tuple(message.seq for message in messages if message.author == "customer"),
        )
        self._tails[view.id] = tail
        if len(self._tails) > _REMEMBERED:
            self._tails.popitem(last=False)
        return tail

    async def _read_marks(self, username: str, ids: list[UUID]) -> dict[UUID, int]:
        query = select(ReadMark).where(ReadMark.username == username, ReadMark.conversation_id.in_(ids))
        async with self._database.transaction() as session:
            return {mark.conversation_id: mark.seq for mark in await session.scalars(query)}
