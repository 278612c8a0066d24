"""Conversations that go wrong, a draft that remembers what it was taught, and misses over a test database."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from bot.channels import Button, IncomingMessage, MessageKind, Reply
from bot.clock import Clock
from bot.conversations.model import HandOffReason
from bot.conversations.mood import Felt, Mood
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.errors import RefusedError
from bot.staff.model import Actor, Role
from bot.studio.drafts.model import (
    Added,
    FaqDraft,
    FaqFields,
    IntentLine,
    NewExample,
    TopicLine,
    Version,
    Warning,  # noqa: A004
    WarningKind,
)
from bot.studio.misses.known import Saying
from bot.studio.misses.service import Misses, MissParts
from bot.words import Words
from tests.fakes import FakeFaq
from tests.knowledge_base.builders import NgramEncoder

HE = Actor("agent:he", Role.trainer)
ROOT = Actor("agent:root", Role.admin)
ZHOU = Actor("agent:zhou", Role.supervisor)
LINA = Actor("agent:lina", Role.agent)
NONE_OF_THESE = Button(title="都不是", payload="/dissatisfied")
URGE = Button(title="催派送", payload="/urge_delivery")
BATTERIES = Button(title="充电宝能寄吗", payload='/faq{"faq_topic": "sending.batteries"}')
HUMAN = Button(title="转人工", payload="/request_human")

SAYINGS = (
    *(Saying(text, "intent:urge_delivery") for text in ("快点送来", "催一下派送", "怎么还不送快点送")),
    *(Saying(text, "topic:sending.batteries") for text in ("充电宝能寄吗", "带电池的能寄吗", "锂电池可以寄吗")),
    *(Saying(text, "intent:out_of_scope") for text in ("今天天气怎么样", "讲个笑话", "股票涨了吗")),
)


@dataclass
class FakeContent:
    """A draft in memory.  A sentence taught twice is new once; ``refuses`` is what it says no to."""

    examples: list[NewExample] = field(default_factory=list)
    phrasings: list[tuple[str, str]] = field(default_factory=list)
    entries: list[FaqFields] = field(default_factory=list)
    misheard: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    whys: list[str] = field(default_factory=list)
    near: dict[str, str] = field(default_factory=dict)
    refuses: str = ""
    commits: int = 0

    async def intents(self) -> list[IntentLine]:
        return [
            IntentLine("out_of_scope", "不归我们管", 40, 40, changed=False),
            IntentLine("query_waybill", "查快递", 90, 40, changed=False),
            IntentLine("urge_delivery", "催派送", 80, 40, changed=False),
        ]

    async def topics(self) -> list[TopicLine]:
        return [TopicLine("sending.batteries", "电池怎么寄", "充电宝能寄吗", 12, changed=False)]

    async def add_examples(self, actor: Actor, new: Sequence[NewExample], *, why: str) -> Added:
        known = {(one.intent, one.text) for one in self.examples}
        fresh = [one for one in new if (one.intent, one.text) not in known]
        self.examples += fresh
        return self._added([f"{one.intent}:{one.text}" for one in fresh], why)

    async def add_phrasings(
        self, actor: Actor, topic: str, texts: Sequence[str], *, why: str, misheard: Sequence[str] = ()
    ) -> Added:
        self.misheard += misheard
        self.phrasings += [(topic, text) for text in texts]
        return self._added([f"{topic}:{text}" for text in texts], why)

    async def save_entry(
        self, actor: Actor, entry: FaqFields, *, version: str | None, why: str, misheard: Sequence[str] = ()
    ) -> FaqDraft:
        self.misheard += misheard
        self.entries.append(entry)
        commit = self._added([entry.id], why).commit or ""
        history = (Version(commit, actor.username, datetime(2026, 3, 4, tzinfo=timezone.utc), why, (), None),)
        values = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
        return FaqDraft(**values, version="1", history=history)

    async def warnings(
        self, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[Warning]:
        return [Warning(WarningKind.near_example, text, self.near[text]) for text in texts if text in self.near]

    async def undo(self, actor: Actor, commit: str, *, why: str) -> str:
        self.undone.append(commit)
        return f"undo-{commit}"

    def _added(self, ids: list[str], why: str) -> Added:
        if self.refuses:
            raise RefusedError(self.refuses)
        self.whys.append(why)
        if not ids:
            return Added((), None)
        self.commits += 1
        return Added(tuple(ids), f"commit-{self.commits}")


@dataclass
class MissSite:
    """Misses with what they stand on."""

    database: Database
    clock: Any
    conversations: ConversationService
    content: FakeContent
    faq: FakeFaq
    misses: Misses
    encoder: NgramEncoder

    def talk(self, visitor: str = "visitor-1", channel: str = "web") -> "Talk":
        return Talk(self, visitor, channel)

    async def settle(self) -> int:
        """Collect a minute later; returns how many misses were new."""
        self.clock.advance(timedelta(minutes=1))
        return (await self.misses.collect()).misses


def make_site(database: Database, clock: Clock, words: Words) -> MissSite:
    content, faq, encoder = FakeContent(), FakeFaq(), NgramEncoder()
    parts = MissParts(database, clock, content, lambda: encoder, faq=faq, sayings=lambda: SAYINGS)
    service = ConversationService(database, clock, words)
    return MissSite(database, clock, service, content, faq, Misses.build(parts), encoder)


class Talk:
    """One customer with the bot."""

    def __init__(self, site: MissSite, visitor: str, channel: str) -> None:
        self._site = site
        self._visitor = visitor
        self._channel = channel
        self._count = 0
        self.id: UUID | None = None

    async def says(self, text: str, *, payload: str = "", mood: Mood | None = None) -> int:
        """A message nobody has answered yet; returns its place."""
        self._count += 1
        self._site.clock.advance(timedelta(seconds=5))
        incoming = IncomingMessage(
            channel=self._channel,
            sender=self._visitor,
            external_id=f"{self._visitor}-{self._count}",
            kind=MessageKind.text,
            text=text,
            payload=payload,
            received_at=self._site.clock(),
        )
        received = await self._site.conversations.receive(incoming)
        self.id = received.conversation_id
        if mood is not None:
            await self._site.conversations.keep_moods([Felt(received.conversation_id, received.seq, mood)])
        return received.seq

    async def asks(
        self, text: str, *replies: Reply, intent: str = "", payload: str = "", mood: Mood | None = None, **more: Any
    ) -> int:
        """A message and the bot's answer to it."""
        seq = await self.says(text, payload=payload, mood=mood)
        turn = await self._site.conversations.next_turn(self.id)
        self._site.clock.advance(timedelta(seconds=1))
        understood = {"intent": intent or "nlu_fallback", "confidence": 0.4, "ranking": [], "entities": []} | more
        await self._site.conversations.answer(turn, replies or (Reply(text="好的。"),), understood=understood)
        return seq

    async def hand_off(self, reason: HandOffReason, seq: int) -> None:
        self._site.clock.advance(timedelta(seconds=1))
        await self._site.conversations.hand_off(self.id, reason, intent=None, summary="", seq=seq)

    async def agent_takes_it(self) -> None:
        await self._site.conversations.accept(self.id, "lina", "李娜")

    async def agent_says(self, text: str) -> None:
        self._count += 1
        self._site.clock.advance(timedelta(seconds=5))
        await self._site.conversations.say_as_agent(self.id, "lina", text, external_id=f"a-{self._count}")


def offer(*buttons: Button) -> Reply:
    return Reply(text="您是不是想问：", buttons=(*buttons, NONE_OF_THESE, HUMAN))


def not_understood() -> Reply:
    return Reply(text="抱歉，我没听明白。您可以换个说法，或者直接选一项。")


def declined() -> Reply:
    return Reply(text="抱歉，这个问题我还没有准确的答案，不想误导您。需要帮您转人工吗？", buttons=(HUMAN,))


def make_entry(**changes: Any) -> FaqFields:
    entry = FaqFields(
        id="delivery.night",
        question="晚上送货吗",
        phrasings=tuple(f"晚上{hour}点送不送" for hour in range(6, 14)),
        answer="晚上八点以后不派送。",
        covers="夜间派送",
    )
    return replace(entry, **changes)
