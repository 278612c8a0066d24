"""Reading the facts of the wall: a few grouped queries, however many conversations are open."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from sqlalchemy import case, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import CHINA, Clock, local
from bot.conversations.custody import WAITING, ConversationState
from bot.conversations.model import Conversation
from bot.db import Database
from bot.delivery.model import Delivery, SendState
from bot.desk.leading.board import Facts, Risk, Today, Waiting
from bot.handover import presence
from bot.handover.settings import HandoverSettings
from bot.inbox.model import InboxLetter, LetterState
from bot.outbox.model import OutgoingEvent
from bot.staff.tables import Agent, Team
from bot.tickets.columns import IS_OPEN
from bot.tickets.model import Ticket

DUE_SOON = timedelta(hours=1)
_BOT_NOW = timedelta(minutes=10)
_EVENTS_BACK = timedelta(hours=1)
_WAITING = [state.value for state in sorted(WAITING)]

_TALKED = text("""
    SELECT count(*) AS talked,
           count(*) FILTER (WHERE c.state IN ('new', 'bot', 'ended') AND NOT EXISTS (
               SELECT 1 FROM conversation_moves m WHERE m.conversation_id = c.id AND m.at >= :since
               AND m.move IN ('queue', 'call_back', 'promise', 'accept', 'take_over'))) AS by_bot
    FROM conversations c JOIN messages s ON s.conversation_id = c.id AND s.seq = c.customer_seq
    WHERE c.updated_at >= :since AND s.created_at >= :since
""")
# Every asking with what came next.  Offers in between are no end of it, and a transfer is no new asking.
_WAITED = text("""
    SELECT extract(epoch FROM coalesce(ended, :now) - at) AS seconds, coalesce(how, 'waits') AS how, move, why
    FROM (
        SELECT conversation_id, move, at, why,
               lead(at) OVER line AS ended, lead(move) OVER line AS how
        FROM conversation_moves
        WHERE at >= :since
        AND move IN ('queue', 'call_back', 'accept', 'take_over', 'leave', 'promise', 'end')
        WINDOW line AS (PARTITION BY conversation_id ORDER BY id)
    ) AS asked
    WHERE move IN ('queue', 'call_back')
""")
_ENDS = {"take_over": "accept", "queue": "waits", "call_back": "waits"}


@dataclass(frozen=True)
class Slow:
    """What changes slowly, or costs: read every so often."""

    today: Today = field(default_factory=Today)
    bot_now: int = 0
    risks: tuple[Risk, ...] = ()
    failures: tuple[tuple[str, int, int], ...] = ()
    inbox: int = 0
    aside: int = 0
    outgoing: int = 0
    events: int = 0
    places: dict[str, tuple[str | None, str | None]] = field(default_factory=dict)
    teams: dict[str, str] = field(default_factory=dict)


class BoardReading:
    """Reads what all walls are made of."""

    def __init__(self, database: Database, clock: Clock, settings: HandoverSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    async def facts(self, slow: Slow) -> Facts:
        """Who waits and who is there, at this moment, and the rest as it was read last."""
        now = self._clock()
        async with self._database.transaction() as session:
            waiting = await _waiting(session)
            agents = await presence.cards(session, self._settings, at=now)
        return Facts(at=now, waiting=waiting, agents=agents, **vars(slow))

    async def slow(self) -> Slow:
        now = self._clock()
        since = midnight(now)
        async with self._database.transaction() as session:
            # The day's sums are no reason to keep anybody waiting.
            await session.execute(text("SET LOCAL statement_timeout = '20s'"))
            teams = await session.execute(select(Team.name, Team.label))
            people = await session.execute(select(Agent.username, Agent.unit, Agent.province).where(Agent.is_active))
            return Slow(
                today=await _today(session, since, now),
                bot_now=await _bot_now(session, now),
                risks=await _risks(session, now),
                failures=await _failures(session, since),
                places={row.username: (row.unit, row.province) for row in people},
                teams={row.name: row.label for row in teams},
                **await _backlog(session, now),
            )


def midnight(now: datetime) -> datetime:
    """When the present day began in China."""
    return datetime.combine(local(now).date(), time(), CHINA)


async def _waiting(session: AsyncSession) -> list[Waiting]:
    columns = (
        *(Conversation.id, Conversation.customer_id, Conversation.reply_channel, Conversation.team),
        *(Conversation.hand_off_reason, Conversation.queued_at, Conversation.offered_to, Conversation.updated_at),
    )
    rows = await session.execute(select(*columns).where(Conversation.state.in_(_WAITING)))
    return [
        Waiting(
            id=row.id,
            customer_id=row.customer_id,
            channel=row.reply_channel,
            team=row.team,
            reason=row.hand_off_reason,
            since=row.queued_at or row.updated_at,
            offered_to=row.offered_to,
        )
        for row in rows
    ]


async def _today(session: AsyncSession, since: datetime, now: datetime) -> Today:
    talked = (await session.execute(_TALKED, {"since": since})).one()
    asked = (await session.execute(_WAITED, {"since": since, "now": now})).all()
    reasons: dict[str, int] = {}
    for row in asked:
        # A move of the queue tells the reason first, then the rules that routed it.
        reason = row.why.partition("、")[0] if row.move == "queue" else row.move
        reasons[reason] = reasons.get(reason, 0) + 1
    return Today(
        conversations=talked.talked,
        by_bot=talked.by_bot,
        handed_over=tuple(sorted(reasons.items(), key=lambda one: (-one[1], one[0]))),
        waited=tuple((float(row.seconds), _ENDS.get(row.how, row.how)) for row in asked),
    )


async def _bot_now(session: AsyncSession, now: datetime) -> int:
    query = select(func.count()).where(
        Conversation.updated_at >= now - _BOT_NOW, Conversation.state == ConversationState.bot.value
    )
    return await session.scalar(query) or 0


async def _risks(session: AsyncSession, now: datetime) -> tuple[Risk, ...]:
    is_overdue = Ticket.due_at < now
    query = (
        select(
            Ticket.tier,
            Ticket.owner_unit,
            Ticket.province,
            func.count(case((is_overdue, 1))).label("overdue"),
            func.count(case((~is_overdue, 1))).label("due_soon"),
        )
        .where(text(IS_OPEN), Ticket.due_at < now + DUE_SOON, Ticket.paused_at.is_(None))
        .group_by(Ticket.tier, Ticket.owner_unit, Ticket.province)
    )
    rows = await session.execute(query)
    return tuple(Risk(row.tier, row.owner_unit, row.province, row.overdue, row.due_soon) for row in rows)


async def _failures(session: AsyncSession, since: datetime) -> tuple[tuple[str, int, int], ...]:
    """By channel: dead since then, and held now."""
    lost = (
        select(Delivery.channel, func.count().label("dead"), text("0 AS held"))
        .where(text("state = 'dead'"), Delivery.updated_at >= since)
        .group_by(Delivery.channel)
    )
    kept = (
        select(Delivery.channel, text("0 AS dead"), func.count().label("held"))
        .where(text("state IN ('waiting', 'sending', 'held')"), Delivery.state == SendState.held.value)
        .group_by(Delivery.channel)
    )
    found: dict[str, list[int]] = {}
    for channel, is_dead, is_held in [*await session.execute(lost), *await session.execute(kept)]:
        sums = found.setdefault(channel, [0, 0])
        sums[0] += is_dead
        sums[1] += is_held
    return tuple(
        (channel, dead, held) for channel, (dead, held) in sorted(found.items(), key=lambda one: (-one[1][0], one[0]))
    )


async def _backlog(session: AsyncSession, now: datetime) -> dict[str, Any]:
    """What came in and was not read, what goes out and is not sent, and what other systems were not told."""
    is_open = text("state IN ('waiting', 'sending', 'held')")
    counts = {
        "inbox": select(func.count()).where(text("state = 'waiting'")).select_from(InboxLetter),
        "aside": select(func.count()).where(InboxLetter.state == LetterState.aside.value),
        "outgoing": select(func.count()).select_from(Delivery).where(is_open, Delivery.state != SendState.held.value),
        "events": select(func.count()).where(
            OutgoingEvent.at >= now - _EVENTS_BACK, OutgoingEvent.relayed_at.is_(None)
        ),
    }
    return {name: await session.scalar(query) or 0 for name, query in counts.items()}
