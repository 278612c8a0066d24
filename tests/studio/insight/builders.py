"""Contacts, as the log has them."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select, text

from bot.conversations.model import Conversation
from bot.conversations.moves import ConversationMove
from bot.conversations.ratings import Rating
from bot.db import Database
from bot.desk.tools.tables import AnswerSuggestion
from bot.studio.insight.counting import STATEMENTS, _bound
from bot.studio.insight.slices import HOUR, hour_of
from bot.studio.insight.tables import DayCount
from bot.tickets.summaries import remember
from tests.studio.sets.builders import heard, make_conversation, say

Counts = dict[tuple[str, str, str], tuple[int, float]]


async def make_contact(
    database: Database, at: datetime, *intents: str, channel: str = "web", of: UUID | None = None, **fields: Any
) -> UUID:
    """A customer says one thing a minute; returns the conversation.  ``of``: the customer of that conversation."""
    customer_id = None
    if of is not None:
        async with database.transaction() as session:
            customer_id = await session.scalar(select(Conversation.customer_id).where(Conversation.id == of))
    talk = await make_conversation(database, at, channel=channel, customer_id=customer_id, **fields)
    await go_on(database, talk, at, *intents)
    return talk


async def go_on(database: Database, talk: UUID, at: datetime, *intents: str, first: int = 1) -> None:
    for seq, intent in enumerate(intents, start=first):
        moment = at + timedelta(minutes=seq - first)
        await say(database, talk, seq, f"{intent} {seq}", moment, understood=heard(intent, 0.8))


async def hand_over(database: Database, talk: UUID, at: datetime, why: str = "asked", move: str = "queue") -> None:
    line = ConversationMove(conversation_id=talk, move=move, before="bot", after="queued", who="customer", why=why)
    line.lasted_s, line.at = 0, at
    async with database.transaction() as session:
        session.add(line)


async def rate(database: Database, talk: UUID, at: datetime, score: int | None, about: str = "bot") -> None:
    rating = Rating(conversation_id=talk, seq=1, about=about, score=score, reasons=[], comment="", offered_at=at)
    async with database.transaction() as session:
        session.add(rating)


async def answer_faq(database: Database, talk: UUID, seq: int, topic: str, at: datetime) -> None:
    """The summary that an answer of the knowledge base leaves."""
    values = {"id": uuid4(), "conversation_id": talk, "turn": f"{talk}:{seq}:faq", "waybill_no": None, "by": "bot"}
    async with database.transaction() as session:
        await remember(session, values | {"wrap_up_code": "faq", "text": f"常见问题：{topic}", "at": at})


async def suggest(database: Database, talk: UUID, topic: str, at: datetime, outcome: str | None) -> None:
    row = AnswerSuggestion(id=uuid4(), conversation_id=talk, seq=1, topic=topic, text="x", rank=1, confidence=0.9)
    row.shown_to, row.shown_at, row.outcome = "lina", at, outcome
    async with database.transaction() as session:
        session.add(row)


async def counts(database: Database) -> Counts:
    """What the pages read, summed over days."""
    found: Counts = {}
    async with database.transaction() as session:
        for row in await session.scalars(select(DayCount)):
            n, total = found.get((row.metric, row.channel, row.key), (0, 0.0))
            found[row.metric, row.channel, row.key] = n + row.n, round(total + row.total, 6)
    return found


async def full_count(database: Database, first: datetime, last: datetime) -> Counts:
    """The same, counted from nothing over every hour."""
    found: Counts = {}
    async with database.transaction() as session:
        hour = hour_of(first)
        while hour <= last:
            for statement in STATEMENTS:
                clause, values = _bound(statement, hour)
                query = text(clause.text.partition(") ")[2]).bindparams(**values)
                for _, metric, channel, key, n, total in await session.execute(query):
                    before = found.get((metric, channel, key), (0, 0.0))
                    found[metric, channel, key] = before[0] + n, round(before[1] + float(total), 6)
            hour += HOUR
    return found


def of(found: Counts, metric: str) -> dict[str, tuple[int, float]]:
    """Of one metric, by key, whatever the channel."""
    summed: dict[str, tuple[int, float]] = {}
    for (name, _, key), (n, total) in found.items():
        if name == metric:
            before = summed.get(key, (0, 0.0))
            summed[key] = before[0] + n, before[1] + total
    return summed
