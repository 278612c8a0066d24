"""Customers who wrote, a catalogue to label with, and people who label."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from bot.conversations.model import Conversation, Message
from bot.customers.model import Customer
from bot.db import Database
from bot.staff.model import Actor, Role
from bot.studio.drafts.model import IntentLine, TopicLine
from bot.studio.sets.model import Labels, Marked

HE, LAN, MEI = (Actor(f"agent:{name}", Role.trainer) for name in ("he", "lan", "mei"))
ZHOU = Actor("agent:zhou", Role.supervisor)
LINA = Actor("agent:lina", Role.agent)


class FakeContent:
    """The draft, as far as a catalogue reads it."""

    async def intents(self) -> list[IntentLine]:
        titles = {"query_waybill": "查快递", "urge_delivery": "催派送", "report_lost": "快件丢了", "faq": "常见问题"}
        return [IntentLine(name, title, 60, 20, changed=False) for name, title in titles.items()]

    async def topics(self) -> list[TopicLine]:
        return [
            TopicLine("price.how_charged", "运费怎么计算", "运费怎么算？", 12, changed=False),
            TopicLine("price.upstairs_fee", "送货上楼收费", None, 0, changed=False),
        ]


def make_label(*intents: str, topic: str | None = None, entities: Sequence[tuple[int, int, str]] = ()) -> Labels:
    marks = tuple(Marked(start=start, end=end, kind=kind) for start, end, kind in entities)
    return Labels(intents=intents or ("query_waybill",), topic=topic, entities=marks)


def heard(intent: str, confidence: float = 0.95, *, entities: Sequence[dict[str, Any]] = ()) -> dict[str, Any]:
    return {"intent": intent, "confidence": confidence, "ranking": [], "entities": list(entities)}


async def make_conversation(
    database: Database, at: datetime, *, channel: str = "web", customer_id: UUID | None = None, **fields: Any
) -> UUID:
    """A conversation of its own customer unless told of whom."""
    async with database.transaction() as session:
        if customer_id is None:
            customer_id = uuid4()
            session.add(Customer(id=customer_id, created_at=at))
            await session.flush()
        conversation = Conversation(
            id=uuid4(), customer_id=customer_id, channel=channel, reply_channel=channel, reply_address="x", state="bot"
        )
        conversation.created_at = conversation.updated_at = at
        for name, value in fields.items():
            setattr(conversation, name, value)
        session.add(conversation)
    return conversation.id


async def say(
    database: Database,
    conversation_id: UUID,
    seq: int,
    text: str,
    at: datetime,
    *,
    author: str = "customer",
    understood: dict[str, Any] | None = None,
    payload: str = "",
    reply_to: int | None = None,
) -> None:
    message = Message(conversation_id=conversation_id, seq=seq, author=author, text=text, payload=payload, buttons=[])
    message.created_at, message.reply_to = at, reply_to
    if understood is not None:
        message.understood = understood
    async with database.transaction() as session:
        session.add(message)


async def make_talk(database: Database, begin: datetime, counts: dict[tuple[str, int], int]) -> None:
    """So many messages by (channel, day from ``begin``), each with other words and its own confidence."""
    number = 0
    for (channel, day), n in counts.items():
        conversation_id = await make_conversation(database, begin, channel=channel)
        async with database.transaction() as session:
            for seq in range(1, n + 1):
                number += 1
                words = "甲乙丙丁戊己庚辛壬癸"
                text = "".join(words[int(digit)] for digit in f"{number:04}") + "的快递"
                message = Message(conversation_id=conversation_id, seq=seq, author="customer", text=text, buttons=[])
                message.created_at = begin + timedelta(days=day, seconds=seq)
                message.understood = heard("query_waybill", (number * 37 % 100) / 100)
                session.add(message)
