"""What stands beside a miss: the conversation around it, what the bot made of it, where it could belong."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Message
from bot.db import Database
from bot.errors import BotError
from bot.studio.misses.clusters import central
from bot.studio.misses.known import KnownNow
from bot.studio.misses.lists import outlet_names
from bot.studio.misses.masking import Mark, Masked, Masker
from bot.studio.misses.ports import KnowledgeNow, KnownWords
from bot.studio.misses.replacing import Worded, worded
from bot.studio.misses.tables import Miss, MissGroup, MissVector
from bot.studio.misses.targets import NOT_TAUGHT, OUT_OF_SCOPE
from bot.studio.misses.words import unknown

_BEFORE, _AFTER = 8, 8
_ANSWERS = 5
_ANSWERED_WITHIN = 12
_SUGGESTED = 9
_FAQ = 5
_SHORTEST_ANSWER = 6
_RANKED, _CHOSEN, _VOTED, _NEAR, _ASKED = 0.6, 3.0, 1.0, 1.0, 0.8


@dataclass(frozen=True)
class Said:
    """A message around a miss, masked."""

    seq: int
    author: str
    text: str
    at: datetime
    buttons: tuple[str, ...]
    is_it: bool


@dataclass(frozen=True)
class FaqCandidate:
    """A topic the knowledge base thinks of today."""

    topic: str
    question: str
    confidence: float


@dataclass(frozen=True)
class FaqToday:
    """What the knowledge base as it is now would do; ``decision`` None where it could not be asked."""

    decision: str | None
    candidates: tuple[FaqCandidate, ...] = ()


@dataclass(frozen=True)
class Suggestion:
    """Where a miss could belong, with a share of the evidence from 0 to 1 over all suggestions."""

    target: str
    share: float


@dataclass(frozen=True)
class Beside:
    """Everything a trainer looks at for one miss.  ``words`` are pieces of it, and whether the lexicon has each."""

    miss: Miss
    outlet: str | None
    said: tuple[Said, ...]
    words: tuple[tuple[str, bool], ...]
    faq: FaqToday
    suggestions: tuple[Suggestion, ...]
    worded: Worded


class BesideMiss:
    """Reads only."""

    def __init__(
        self, database: Database, masker: Masker, known: KnownNow, faq: KnowledgeNow | None, words: KnownWords
    ) -> None:
        self._database = database
        self._masker = masker
        self._known = known
        self._faq = faq
        self._words = words

    async def of(self, miss_id: int) -> Beside:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            miss = await session.get(Miss, miss_id)
            if miss is None:
                raise unknown("unknown_miss")
            said = await self._around(session, miss)
            names = await outlet_names(session, [miss.outlet] if miss.outlet else [])
            vector = await session.get(MissVector, miss_id)
            group = await session.get(MissGroup, miss.group_id) if miss.group_id else None
        faq = await self._today(masked_of(miss).bare)
        near = await asyncio.to_thread(self._near, vector)
        return Beside(
            miss=miss,
            outlet=names.get(miss.outlet or "", miss.outlet),
            said=tuple(said),
            words=tuple(self._words.cut(miss.text)),
            faq=faq,
            suggestions=tuple(_suggested(miss, group, faq, near)),
            worded=worded(masked_of(miss)),
        )

    async def answers(self, miss_ids: Sequence[int]) -> list[str]:
        """What agents said after these, masked, the most typical first; for a new entry of the knowledge base."""
        async with self._database.transaction() as session:
            query = select(Miss.conversation_id, Miss.seq).where(Miss.id.in_(miss_ids))
            places = [(row.conversation_id, row.seq) for row in await session.execute(query)]
            texts = await self._agents_said(session, places)
        if len(texts) < 2:
            return texts
        vectors = await asyncio.to_thread(self._known.encode, texts)
        order: list[int] = [central(vectors)]
        typical = (vectors @ vectors.sum(axis=0)).argsort()[::-1]
        order += [int(row) for row in typical if int(row) != order[0]]
        return [texts[row] for row in order[:_ANSWERS]]

    # -- within --------------------------------------------------------------------------------------

    async def _around(self, session: AsyncSession, miss: Miss) -> list[Said]:
        query = (
            select(Message)
            .where(
                Message.conversation_id == miss.conversation_id,
                Message.seq.between(miss.seq - _BEFORE, miss.seq + _AFTER),
            )
            .order_by(Message.seq)
        )
        return [self._said(message, miss.seq) for message in await session.scalars(query)]

    def _said(self, message: Message, seq: int) -> Said:
        entities = (message.understood or {}).get("entities") or ()
        masked = self._masker.mask(message.text, entities)
        buttons = tuple(str(button.get("title", "")) for button in message.buttons)
        return Said(message.seq, message.author, masked.text, message.created_at, buttons, message.seq == seq)

    async def _today(self, text: str) -> FaqToday:
        if self._faq is None:
            return FaqToday(None)
        try:
            found = await self._faq.asearch(text, k=_FAQ)
        except BotError:
            return FaqToday(None)
        candidates = [FaqCandidate(one.topic, one.question, one.confidence) for one in found.candidates]
        return FaqToday(found.decision, tuple(candidates))

    def _near(self, vector: MissVector | None) -> list[tuple[str, float]]:
        known = self._known()
        if vector is None or vector.encoder != known.encoder:
            return []
        return known.nearest(known.seen(np.frombuffer(vector.vector, "<f2").astype(np.float32)), _SUGGESTED)

    async def _agents_said(self, session: AsyncSession, places: Sequence[tuple[object, int]]) -> list[str]:
        if not places:
            return []
        keys = [(conversation, seq + step) for conversation, seq in places for step in range(1, _ANSWERED_WITHIN)]
        query = (
            select(Message.text)
            .where(tuple_(Message.conversation_id, Message.seq).in_(keys[:3000]), Message.author == "agent")
            .order_by(Message.created_at.desc())
            .limit(200)
        )
        masked = [self._masker.mask(text).text for text in await session.scalars(query)]
        return list(dict.fromkeys(text for text in masked if len(text) >= _SHORTEST_ANSWER))


def masked_of(miss: Miss) -> Masked:
    """The miss with its marks."""
    return Masked(miss.text, tuple(Mark(each["start"], each["end"], each["kind"]) for each in miss.marks))


def _suggested(
    miss: Miss, group: MissGroup | None, faq: FaqToday, near: Sequence[tuple[str, float]]
) -> list[Suggestion]:
    """All evidence weighed: what the customer chose, its group, sentences near it, the ranking, the knowledge base."""
    weights: Counter[str] = Counter()
    if miss.chosen:
        weights[miss.chosen] += _CHOSEN  # type: ignore[assignment]
    if group is not None and group.asked:
        for target, votes in group.votes.items():
            weights[target] += _VOTED * votes / group.asked
    for target, share in near:
        weights[target] += _NEAR * share  # type: ignore[assignment]
    for row in miss.ranking:
        weights[f"intent:{row['name']}"] += _RANKED * row["confidence"]
    for one in faq.candidates:
        weights[f"topic:{one.topic}"] += _ASKED * one.confidence  # type: ignore[assignment]
    for name in ("", OUT_OF_SCOPE, *(f"intent:{intent}" for intent in NOT_TAUGHT)):
        weights.pop(name, None)
    whole = sum(weights.values()) or 1.0
    return [Suggestion(target, weight / whole) for target, weight in weights.most_common(_SUGGESTED)]
