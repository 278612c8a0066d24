"""A supervisor's word to the agent: a private note that mentions the agent, so it has no way to the customer."""

from uuid import UUID

from bot.clock import Clock
from bot.conversations.model import Conversation
from bot.db import Database
from bot.desk.tools.hints import hint
from bot.desk.tools.tables import NoteMention, PrivateNote
from bot.staff.model import Actor
from bot.staff.tables import Agent


class NoteWhispers:
    """Writes whispers among the private notes of the conversation, behind its last message."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def whisper(self, actor: Actor, conversation_id: UUID, text: str, *, to: str) -> None:
        async with self._database.transaction() as session:
            conversation = await session.get(Conversation, conversation_id)
            writer = await session.get(Agent, actor.username)
            note = PrivateNote(
                conversation_id=conversation_id,
                after_seq=conversation.last_seq if conversation else 0,
                by=actor.username,
                by_name=writer.name if writer else actor.username,
                text=text,
                at=self._clock(),
            )
            session.add(note)
            await session.flush()
            session.add(NoteMention(note_id=note.id, username=to))
            await hint(session, conversation_id, "note")
