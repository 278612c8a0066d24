"""Conversations at a glance: the queue and a person's own, with the end of their logs and what is unread."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias, Unpack
from uuid import UUID

from sqlalchemy import Row, and_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations import repository
from bot.conversations.custody import WAITING
from bot.conversations.model import Conversation, ConversationState, Message
from bot.db import Database
from bot.desk.context import visitor_label
from bot.desk.model import ReadMark
from bot.desk.schemas import Glance
from bot.desk.tools.free_text import mask_text
from bot.desk.words import desk_words
from bot.handover.service import Handover

Line: TypeAlias = Row[Unpack[tuple[Any, ...]]]
"""A row of `_LINE`, with more behind it."""
_LOOK_BACK = 30
_QUEUE = 500
_REMEMBERED = 5000
_AS_IT_IS = (
    *(Conversation.id, Conversation.channel, Conversation.waybill_no, Conversation.sentiment, Conversation.urgency),
    *(Conversation.team, Conversation.offered_to, Conversation.offered_until),
    *(Conversation.queued_at, Conversation.accepted_at),
)
"""What a line takes over."""
_LINE = (
    *_AS_IT_IS,
    *(Conversation.customer_id, Conversation.last_seq, Conversation.updated_at),
    *(Conversation.hand_off_reason, Conversation.hand_off_intent, Conversation.hand_off_summary),
)


@dataclass(frozen=True)
class _Tail:
    """The end of a log as the lists need it."""

    last_seq: int
    last_author: str | None
    last_text: str
    last_at: datetime | None
    customer_seqs: tuple[int, ...]


_NOTHING = _Tail(last_seq=0, last_author=None, last_text="", last_at=None, customer_seqs=())


class Glances:
    """Reads the lists.  The end of a log is read again only when the log has grown, and a line that says what it said
    before is the same object as before: whoever shows it can tell at once."""

    def __init__(self, database: Database, handover: Handover | None) -> None:
        self._database = database
        self._handover = handover
        self._tails: OrderedDict[UUID, _Tail] = OrderedDict()
        self._lines: OrderedDict[UUID, tuple[tuple[Any, ...], Glance]] = OrderedDict()
        self._waiting: frozenset[UUID] = frozenset()

    def waits(self, conversation_id: UUID) -> bool:
        """Whether it stood in the queue when that was read last."""
        return conversation_id in self._waiting

    async def waiting(self) -> list[Glance]:
        """The queue, in the order it is served."""
        query = select(*_LINE).where(Conversation.state.in_([state.value for state in sorted(WAITING)]))
        async with self._database.transaction() as session:
            rows = (await session.execute(query.order_by(*repository.SERVED).limit(_QUEUE))).all()
            self._waiting = frozenset(row.id for row in rows)
            tails = await self._tails_of(session, rows)
        offered = {row.offered_to for row in rows if row.offered_to}
        names = await self._handover.names(offered) if self._handover is not None and offered else {}
        return [self._glance(row, tails[row.id], row.last_seq, names.get(row.offered_to or "")) for row in rows]

    async def held_by(self, username: str) -> list[Glance]:
        """A person's own conversations, oldest first, with how much is unread."""
        mark = and_(ReadMark.conversation_id == Conversation.id, ReadMark.username == username)
        query = (
            select(*_LINE, func.coalesce(ReadMark.seq, 0).label("read"))
            .outerjoin(ReadMark, mark)
            .where(Conversation.state == ConversationState.agent.value, Conversation.agent == username)
            .order_by(Conversation.queued_at)
        )
        async with self._database.transaction() as session:
            rows = (await session.execute(query)).all()
            tails = await self._tails_of(session, rows)
        return [self._glance(row, tails[row.id], row.read, None) for row in rows]

    async def holders(self, conversations: Collection[UUID]) -> dict[UUID, str | None]:
        """Who has each of these conversations; None for those that wait.  Those with the bot or over are missing."""
        query = select(Conversation.id, Conversation.state, Conversation.agent).where(
            Conversation.id.in_(conversations),
            Conversation.state.in_([state.value for state in sorted(WAITING | {ConversationState.agent})]),
        )
        async with self._database.transaction() as session:
            rows = (await session.execute(query)).all()
        return {row.id: row.agent if row.state == ConversationState.agent else None for row in rows}

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

    def _glance(self, row: Line, tail: _Tail, read: int, offered_name: str | None) -> Glance:
        """The line that was made before, where nothing of it has changed."""
        unread = sum(seq > read for seq in tail.customer_seqs)
        made_of = (*row[: len(_LINE)], tail, unread, offered_name)
        known = self._lines.get(row.id)
        if known is not None and known[0] == made_of:
            self._lines.move_to_end(row.id)
            return known[1]
        glance = Glance(
            **{column.key: getattr(row, column.key) for column in _AS_IT_IS},
            visitor=visitor_label(row.customer_id),
            reason=row.hand_off_reason,
            intent=row.hand_off_intent,
            summary=mask_text(row.hand_off_summary) if row.hand_off_summary else None,
            offered_name=offered_name,
            last_author=tail.last_author,
            last_text=tail.last_text,
            last_at=tail.last_at or row.updated_at,
            unread=unread,
        )
        _remember(self._lines, row.id, (made_of, glance))
        return glance

    async def _tails_of(self, session: AsyncSession, rows: Sequence[Line]) -> dict[UUID, _Tail]:
        """The ends of the logs; of each only what it has gained is read."""
        found = {}
        for row in rows:
            known = self._tails.get(row.id, _NOTHING)
            if known.last_seq < row.last_seq:
                known = await _grown(session, row.id, row.last_seq, known)
            _remember(self._tails, row.id, known)
            found[row.id] = known
        return found


async def _grown(session: AsyncSession, conversation_id: UUID, last_seq: int, known: _Tail) -> _Tail:
    since = max(known.last_seq, last_seq - _LOOK_BACK)
    query = (
        select(Message.seq, Message.author, Message.kind, Message.text, Message.created_at)
        .where(Message.conversation_id == conversation_id, Message.seq > since, Message.seq <= last_seq)
        .where(Message.author != "system")
        .order_by(Message.seq)
    )
    spoken = (await session.execute(query)).all()
    seqs = [*known.customer_seqs, *(one.seq for one in spoken if one.author == "customer")]
    last = spoken[-1] if spoken else None
    return _Tail(
        last_seq=last_seq,
        last_author=last.author if last else known.last_author,
        last_text=mask_text(last.text or desk_words().file(last.kind))[:120] if last else known.last_text,
        last_at=last.created_at if last else known.last_at,
        customer_seqs=tuple(seq for seq in seqs if seq > last_seq - _LOOK_BACK),
    )


def _remember(known: OrderedDict[UUID, Any], key: UUID, value: Any) -> None:
    """The newest of what was read; the oldest is forgotten."""
    known[key] = value
    known.move_to_end(key)
    if len(known) > _REMEMBERED:
        known.popitem(last=False)
