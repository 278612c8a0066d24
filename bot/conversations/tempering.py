"""How customers feel by what they wrote lately, and what follows from it."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Reply
from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.model import Conversation
from bot.conversations.mood import Felt, Mood, Temper, wants_person
from bot.conversations.speaking import Speaking
from bot.db import Database
from bot.words import Words

HUMAN = "/request_human"
"""What a button says that asks for a person."""
_MOOD_LASTS = timedelta(hours=1)
_MOOD_MESSAGES = 6
"""So far back a customer's words say how the customer feels now."""


class Tempering:
    """Keeps the mood of messages and the temper of conversations."""

    def __init__(self, database: Database, words: Words, speaking: Speaking, clock: Clock) -> None:
        self._database = database
        self._words = words
        self._speaking = speaking
        self._clock = clock

    async def keep(self, felt: Sequence[Felt]) -> None:
        """How customers felt when they wrote; one who waits may be served earlier for it."""
        ids = {one.conversation_id for one in felt}
        async with self._database.transaction() as session:
            await repository.keep_moods(session, felt)
            moods = await self._moods(session, ids)
            query = select(Conversation.id, Conversation.sentiment, Conversation.urgency).where(
                Conversation.id.in_(ids)
            )
            known = (await session.execute(query)).all()
        for row in known:
            temper = Temper.of(moods.get(row.id, ()))
            if (row.sentiment, row.urgency) != (temper.sentiment, temper.urgency):
                await self._feel(row.id)

    async def offer(self, session: AsyncSession, conversation: Conversation, replies: Sequence[Reply]) -> list[Reply]:
        """What to say besides, when a customer is so upset that a person should be offered."""
        if conversation.temper == Temper() or any(b.payload.startswith(HUMAN) for r in replies for b in r.buttons):
            return []
        moods = await self._moods(session, {conversation.id}, latest=2)
        if not (wants_person(moods.get(conversation.id, [])) and conversation.offer_person(at=self._clock())):
            return []
        return self._words.render("utter_offer_person")

    def told(self, temper: Temper) -> list[str]:
        """A line of a summary; none for the even-tempered."""
        labels = [self._words.render(f"utter_label_mood_{grave}")[0].text for grave in temper.graves]
        return [self._words.render("utter_summary_mood", mood="，".join(labels))[0].text] if labels else []

    async def _moods(
        self, session: AsyncSession, ids: Collection[UUID], *, latest: int = _MOOD_MESSAGES
    ) -> dict[UUID, list[Mood]]:
        return await repository.moods_of(session, ids, since=self._clock() - _MOOD_LASTS, limit=latest)

    async def _feel(self, conversation_id: UUID) -> None:
        """Bring the conversation's temper up to date; who waits may change places."""
        async with self._database.transaction() as session:
            conversation = await repository.locked(session, conversation_id)
            moods = await self._moods(session, {conversation_id})
            changed = conversation.feel(Temper.of(moods.get(conversation_id, [])))
            if not (changed and conversation.is_with_person):
                return
            await self._speaking.announce_state(session, conversation)
            if conversation.is_waiting:
                await self._speaking.announce_queue(session)
