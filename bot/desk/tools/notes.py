"""Private notes: what colleagues write to each other beside a conversation.  Nothing here leads to a customer."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.desk.tools.hints import hint
from bot.desk.tools.ports import Colleagues
from bot.desk.tools.tables import NoteMention, PrivateNote
from bot.desk.tools.who import Sight, refuse_unless_talks
from bot.desk.tools.words import refused
from bot.errors import AccessRefusedError
from bot.staff.model import Actor

LONGEST_NOTE = 4000
_MENTION = re.compile(r"[@＠]([\w.\-]{1,64})")


@dataclass(frozen=True)
class Note:
    """A note as the desk shows it.

    Parameters
    ----------
    after_seq: the message of the log that it stands behind.
    mentions: usernames of those it is meant for.
    """

    id: UUID
    conversation_id: UUID
    after_seq: int
    by: str
    by_name: str
    text: str
    mentions: tuple[str, ...]
    at: datetime


class PrivateNotes:
    """Written and read by whoever may see the conversation; also read by colleagues who are mentioned in one."""

    def __init__(self, database: Database, clock: Clock, sight: Sight, colleagues: Colleagues) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._colleagues = colleagues

    async def add(self, actor: Actor, conversation_id: UUID, text: str) -> Note:
        """A note behind the last message; ``@`` and a username or name mentions a colleague."""
        text = text.strip()[:LONGEST_NOTE]
        if not text:
            raise refused("note_empty")
        view = await self._sight.view(actor, conversation_id)
        mentioned = sorted(set((await self._colleagues.called(_mentioned(text))).values()))
        names = await self._colleagues.names([actor.username])
        note = PrivateNote(
            conversation_id=conversation_id,
            after_seq=view.last_seq,
            by=actor.username,
            by_name=names.get(actor.username, actor.username),
            text=text,
            at=self._clock(),
        )
        async with self._database.transaction() as session:
            session.add(note)
            await session.flush()
            session.add_all(NoteMention(note_id=note.id, username=username) for username in mentioned)
            await hint(session, conversation_id, "note")
        return _note(note, mentioned)

    async def of(self, actor: Actor, conversation_id: UUID) -> list[Note]:
        """The notes of a conversation, oldest first.

        Who may not see the conversation sees those notes that mention them, else `AccessRefusedError`.
        """
        try:
            await self._sight.view(actor, conversation_id)
            is_for_all = True
        except AccessRefusedError:
            refuse_unless_talks(actor)
            is_for_all = False
        query = select(PrivateNote).where(PrivateNote.conversation_id == conversation_id)
        async with self._database.transaction() as session:
            notes = (await session.scalars(query.order_by(PrivateNote.at, PrivateNote.id))).all()
            found = await self._with_mentions(session, notes)
        mine = found if is_for_all else [note for note in found if actor.username in note.mentions]
        if not is_for_all and not mine:
            await self._sight.view(actor, conversation_id)
        return mine

    async def for_me(self, actor: Actor, *, limit: int = 50) -> list[Note]:
        """Notes that mention the person and that the person has not seen, oldest first."""
        refuse_unless_talks(actor)
        query = (
            select(PrivateNote)
            .join(NoteMention, NoteMention.note_id == PrivateNote.id)
            .where(NoteMention.username == actor.username, NoteMention.seen_at.is_(None))
            .order_by(PrivateNote.at)
            .limit(limit)
        )
        async with self._database.transaction() as session:
            return await self._with_mentions(session, (await session.scalars(query)).all())

    async def seen(self, actor: Actor, note_id: UUID) -> None:
        """The person has read a note that mentions them."""
        mine = update(NoteMention).where(NoteMention.note_id == note_id, NoteMention.username == actor.username)
        async with self._database.transaction() as session:
            await session.execute(mine.where(NoteMention.seen_at.is_(None)).values(seen_at=self._clock()))

    async def _with_mentions(self, session: AsyncSession, notes: Sequence[PrivateNote]) -> list[Note]:
        ids = [note.id for note in notes]
        mentions = (await session.scalars(select(NoteMention).where(NoteMention.note_id.in_(ids)))).all()
        return [_note(note, [one.username for one in mentions if one.note_id == note.id]) for note in notes]


def _mentioned(text: str) -> list[str]:
    """Every word behind an ``@``, and its beginnings: Chinese goes on without a space (@李娜请看)."""
    words = _MENTION.findall(text)
    return list(dict.fromkeys(word[:length] for word in words for length in range(len(word), 0, -1)))


def _note(note: PrivateNote, mentions: Sequence[str]) -> Note:
    return Note(
        id=note.id,
        conversation_id=note.conversation_id,
        after_seq=note.after_seq,
        by=note.by,
        by_name=note.by_name,
        text=note.text,
        mentions=tuple(sorted(mentions)),
        at=note.at,
    )
