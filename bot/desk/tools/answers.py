"""Answers of the knowledge base at the desk: searched for, suggested, and what agents made of the suggestions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.tools.kinds import SuggestionOutcome
from bot.desk.tools.ports import AnswerSource, Offer, Offers
from bot.desk.tools.tables import AnswerSuggestion
from bot.desk.tools.who import Sight, refuse_unless_learns, refuse_unless_talks
from bot.desk.tools.words import unknown
from bot.errors import WaybillNotFoundError
from bot.staff.model import Actor
from bot.waybills.model import WaybillStatus
from bot.waybills.service import WaybillService

_LOOK_BACK = 12
_LATEST = 3
_SUGGESTED = 3
_USED, _EDITED = 0.95, 0.45


@dataclass(frozen=True)
class Suggestion:
    """An answer for the customer's latest words.  ``id`` is what its use is recorded by."""

    id: UUID
    seq: int
    offer: Offer


@dataclass(frozen=True)
class TopicReport:
    """What agents made of the suggestions of one topic."""

    topic: str
    shown: int
    used: int
    edited: int
    ignored: int


class Answers:
    """The knowledge base for agents; suggestions leave a trace that trainers learn from."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sight: Sight,
        conversations: ConversationService,
        waybills: WaybillService,
        source: AnswerSource,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._conversations = conversations
        self._waybills = waybills
        self._source = source

    async def search(self, actor: Actor, text: str, conversation_id: UUID | None = None, *, k: int = 5) -> Offers:
        """The likeliest answers to any words, in the wording of the conversation's channel."""
        refuse_unless_talks(actor)
        if conversation_id is None:
            return await self._source.search(text, channel="web", k=k)
        return await self._asked(await self._sight.view(actor, conversation_id), text, k)

    async def suggest(self, actor: Actor, conversation_id: UUID) -> list[Suggestion]:
        """Answers to what the customer said since anybody answered; none where the words are no question.

        The same suggestions for the same words, however often this is asked.
        """
        view = await self._sight.view(actor, conversation_id)
        messages = await self._conversations.messages_before(conversation_id, view.last_seq + 1, limit=_LOOK_BACK)
        asked = _unanswered(messages)
        if not asked:
            return []
        found = await self._asked(view, "，".join(one.text for one in asked), _SUGGESTED)
        if not found.in_scope and len(asked) > 1:
            found = await self._asked(view, asked[-1].text, _SUGGESTED)
        if not found.in_scope:
            return []
        return await self._remembered(actor, conversation_id, asked[-1].seq, found.offers)

    async def decided(
        self, actor: Actor, suggestion_id: UUID, outcome: SuggestionOutcome, *, said_seq: int | None = None
    ) -> None:
        """What the agent did with a suggestion.  Raises `NotFoundError`."""
        refuse_unless_talks(actor)
        async with self._database.transaction() as session:
            row = await session.get(AnswerSuggestion, suggestion_id, with_for_update=True)
            if row is None:
                raise unknown("suggestion")
            await self._sight.view(actor, row.conversation_id)
            row.outcome, row.said_seq, row.decided_at = outcome.value, said_seq, self._clock()

    async def spoken(self, conversation_id: UUID, said: MessageView) -> None:
        """The agent said something: whichever suggestion it is most like was used or edited, the others ignored."""
        open_ones = open_suggestions(conversation_id).where(AnswerSuggestion.seq < said.seq)
        async with self._database.transaction() as session:
            rows = (await session.scalars(open_ones.with_for_update())).all()
            like = [likeness(row.text, said.text) for row in rows]
            best = like.index(max(like)) if like else 0
            for at, row in enumerate(rows):
                row.likeness = round(like[at], 4)
                row.outcome = _outcome(like[at] if at == best else 0.0).value
                row.said_seq, row.decided_at = said.seq, self._clock()

    async def report(self, actor: Actor, *, days: int = 30) -> list[TopicReport]:
        """By topic, the most shown first; for trainers and who leads."""
        refuse_unless_learns(actor)
        since = self._clock() - timedelta(days=days)
        counts = [_count(outcome) for outcome in SuggestionOutcome]
        shown = func.count().label("shown")
        query = (
            select(AnswerSuggestion.topic, shown, *counts)
            .where(AnswerSuggestion.shown_at >= since)
            .group_by(AnswerSuggestion.topic)
            .order_by(shown.desc(), AnswerSuggestion.topic)
        )
        async with self._database.transaction() as session:
            found = (await session.execute(query)).all()
        return [TopicReport(topic, *(int(count) for count in counted)) for topic, *counted in found]

    async def _asked(self, view: ConversationView, text: str, k: int) -> Offers:
        channel = view.reply_channel.partition(":")[0]
        status = await self._status(view)
        return await self._source.search(text, channel=channel, status=status, after=view.hand_off_intent, k=k)

    async def _status(self, view: ConversationView) -> WaybillStatus | None:
        if view.waybill_no is None:
            return None
        try:
            return (await self._waybills.get(view.waybill_no)).status
        except WaybillNotFoundError:
            return None

    async def _remembered(
        self, actor: Actor, conversation_id: UUID, seq: int, offers: Sequence[Offer]
    ) -> list[Suggestion]:
        now = self._clock()
        async with self._database.transaction() as session:
            for rank, offer in enumerate(offers, start=1):
                await session.execute(
                    insert(AnswerSuggestion)
                    .values(_row(conversation_id, seq, rank, offer, actor.username, now))
                    .on_conflict_do_nothing()
                )
            query = select(AnswerSuggestion).where(
                AnswerSuggestion.conversation_id == conversation_id, AnswerSuggestion.seq == seq
            )
            ids = {row.topic: row.id for row in await session.scalars(query)}
        return [Suggestion(ids[offer.topic], seq, offer) for offer in offers]


def open_suggestions(conversation_id: UUID) -> Select[AnswerSuggestion]:
    """Those of a conversation of which nobody knows yet what became of them."""
    return select(AnswerSuggestion).where(
        AnswerSuggestion.conversation_id == conversation_id, AnswerSuggestion.outcome.is_(None)
    )


def likeness(offered: str, said: str) -> float:
    """How much of two texts is the same, from 0 to 1."""
    ours, theirs = _letters(offered), _letters(said)
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio() if ours and theirs else 0.0


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalnum())[:1000]


def _outcome(likeness: float) -> SuggestionOutcome:
    if likeness >= _USED:
        return SuggestionOutcome.used
    return SuggestionOutcome.edited if likeness >= _EDITED else SuggestionOutcome.ignored


def _unanswered(messages: Sequence[MessageView]) -> list[MessageView]:
    """The customer's latest words that no person has answered, oldest first."""
    found: list[MessageView] = []
    for message in reversed(messages):
        if message.author == "agent":
            break
        if message.author == "customer" and message.text.strip():
            found.append(message)
    return list(reversed(found[:_LATEST]))


def _row(conversation_id: UUID, seq: int, rank: int, offer: Offer, username: str, at: datetime) -> dict[str, object]:
    return {
        "conversation_id": conversation_id,
        "seq": seq,
        "topic": offer.topic,
        "text": offer.text,
        "rank": rank,
        "confidence": offer.confidence,
        "shown_to": username,
        "shown_at": at,
    }


def _count(outcome: SuggestionOutcome) -> ColumnElement[int]:
    return func.count().filter(AnswerSuggestion.outcome == outcome.value).label(outcome.value)
