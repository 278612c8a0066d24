"""What is stored of conversations, read for misses: a stretch of each, from a little before what was read already."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.custody import Move
from bot.conversations.moves import ConversationMove
from bot.desk.tools.tables import AnswerSuggestion
from bot.network.tables import OutletRow
from bot.studio.misses.reading import LOOK_BACK, Bubble, HandOver, Stretch, Suggested
from bot.waybills.tables import StateRow

_TOUCHED = text(
    "SELECT c.id, c.updated_at, c.reply_channel, c.waybill_no, coalesce(r.seq, 0) AS seq FROM conversations AS c "
    "LEFT JOIN miss_reads AS r ON r.conversation_id = c.id "
    "WHERE (c.updated_at, c.id) > (CAST(:at AS timestamptz), CAST(:place AS uuid)) AND c.updated_at <= :until "
    "ORDER BY c.updated_at, c.id LIMIT :most"
)
_RATED = text(
    "SELECT conversation_id AS id, seq, answered_at FROM conversation_ratings "
    "WHERE score <= 2 AND about = 'bot' AND answered_at <= :until "
    "AND (answered_at, conversation_id) > (CAST(:at AS timestamptz), CAST(:place AS uuid)) "
    "ORDER BY answered_at, conversation_id LIMIT :most"
)
_MESSAGES = text(
    "SELECT m.conversation_id, m.seq, m.author, m.text, m.created_at, m.payload, m.kind, m.reply_to, m.buttons, "
    "m.understood, m.sentiment, m.sentiment_confidence "
    "FROM unnest(CAST(:ids AS uuid[]), CAST(:after AS bigint[])) AS w(id, after) "
    "JOIN messages AS m ON m.conversation_id = w.id AND m.seq > w.after ORDER BY m.conversation_id, m.seq"
)
_QUEUED = (Move.queue.value, Move.promise.value)


@dataclass(frozen=True)
class Touched:
    """A conversation in which something happened; everything up to message ``seq`` was read before."""

    id: UUID
    at: datetime
    channel: str
    waybill_no: str | None
    seq: int

    @property
    def base_channel(self) -> str:
        """Without the account: ``wechat:main`` is ``wechat``."""
        return self.channel.partition(":")[0]


@dataclass(frozen=True)
class LowRated:
    """The bot's service up to message ``seq`` got few stars."""

    id: UUID
    seq: int
    at: datetime


@dataclass(frozen=True)
class Cut:
    """Where the parcel under discussion is, and how it does; None where there is none, or not one of ours."""

    outlet: str | None = None
    region: str | None = None
    condition: str | None = None


async def touched(session: AsyncSession, at: datetime, place: UUID, *, until: datetime, most: int) -> list[Touched]:
    """The next conversations after a place, oldest change first."""
    rows = await session.execute(_TOUCHED, {"at": at, "place": place, "until": until, "most": most})
    return [Touched(row.id, row.updated_at, row.reply_channel, row.waybill_no, row.seq) for row in rows]


async def low_rated(session: AsyncSession, at: datetime, place: UUID, *, until: datetime, most: int) -> list[LowRated]:
    """The next ratings after a place, oldest first."""
    rows = await session.execute(_RATED, {"at": at, "place": place, "until": until, "most": most})
    return [LowRated(row.id, row.seq, row.answered_at) for row in rows]


async def conversations(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, Touched]:
    """Some conversations, as `touched` has them."""
    query = text("SELECT id, updated_at, reply_channel, waybill_no FROM conversations WHERE id = ANY(:ids)")
    rows = await session.execute(query, {"ids": list(ids)})
    return {row.id: Touched(row.id, row.updated_at, row.reply_channel, row.waybill_no, 0) for row in rows}


async def bubbles(session: AsyncSession, after: Mapping[UUID, int]) -> dict[UUID, list[Bubble]]:
    """Messages of each conversation behind a place, in order."""
    found: dict[UUID, list[Bubble]] = defaultdict(list)
    rows = await session.execute(_MESSAGES, {"ids": list(after), "after": list(after.values())})
    for row in rows:
        found[row.conversation_id].append(_bubble(row))
    return found


async def stretches(session: AsyncSession, read: Sequence[Touched]) -> dict[UUID, Stretch]:
    """What happened since, and a little before, by conversation."""
    found = await bubbles(session, {one.id: max(0, one.seq - LOOK_BACK) for one in read})
    since = {conversation: each[0].at for conversation, each in found.items() if each}
    moves = await _moves(session, since)
    suggested = await _suggested(session, list(found))
    return {
        conversation: Stretch(each, moves.get(conversation, ()), suggested.get(conversation, ()))
        for conversation, each in found.items()
    }


async def cuts(session: AsyncSession, waybills: Sequence[str]) -> dict[str, Cut]:
    """By waybill."""
    query = (
        select(StateRow.waybill_no, StateRow.holding_outlet, StateRow.condition, OutletRow.province)
        .outerjoin(OutletRow, OutletRow.code == StateRow.holding_outlet)
        .where(StateRow.waybill_no.in_(waybills))
    )
    rows = (await session.execute(query)).all() if waybills else []
    return {row.waybill_no: Cut(row.holding_outlet or None, row.province, row.condition) for row in rows}


async def _moves(session: AsyncSession, since: Mapping[UUID, datetime]) -> dict[UUID, list[HandOver]]:
    query = (
        select(ConversationMove)
        .where(ConversationMove.conversation_id.in_(since), ConversationMove.move.in_(_QUEUED))
        .order_by(ConversationMove.conversation_id, ConversationMove.id)
    )
    found: dict[UUID, list[HandOver]] = defaultdict(list)
    for move in await session.scalars(query):
        if move.at >= since[move.conversation_id]:
            found[move.conversation_id].append(HandOver(move.why.partition("、")[0], move.at))
    return found


async def _suggested(session: AsyncSession, ids: Sequence[UUID]) -> dict[UUID, list[Suggested]]:
    query = (
        select(AnswerSuggestion.conversation_id, AnswerSuggestion.seq, AnswerSuggestion.outcome)
        .where(AnswerSuggestion.conversation_id.in_(ids), AnswerSuggestion.outcome.is_not(None))
        .order_by(AnswerSuggestion.conversation_id, AnswerSuggestion.seq)
    )
    outcomes: dict[tuple[UUID, int], set[str]] = defaultdict(set)
    for conversation, seq, outcome in await session.execute(query):
        outcomes[conversation, seq].add(str(outcome))
    found: dict[UUID, list[Suggested]] = defaultdict(list)
    for (conversation, seq), each in outcomes.items():
        found[conversation].append(Suggested(seq, each))
    return found


def _bubble(row: Any) -> Bubble:
    return Bubble(
        seq=row.seq,
        author=row.author,
        text=row.text,
        at=row.created_at,
        payload=row.payload,
        kind=row.kind,
        reply_to=row.reply_to,
        buttons=row.buttons or (),
        understood=row.understood or {},
        sentiment=row.sentiment,
        sure=row.sentiment_confidence or 0.0,
    )
