"""Gives every turn its release."""

import time
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, Message
from bot.db import Database
from bot.studio.releases import repository
from bot.studio.releases.line import Line

SLEPT = timedelta(hours=24)
"""A customer who comes back after so long begins anew."""
_KNOWN_FOR_S = 0.5


class Choosing:
    """A `ReleaseChoice` by what serves at the moment; looks that up twice a second, not at every turn."""

    def __init__(self, database: Database, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._database = database
        self._monotonic = monotonic
        self._line: Line | None = None
        self._looked_at = -_KNOWN_FOR_S

    async def __call__(self, session: AsyncSession, conversation: Conversation, message: Message) -> str | None:
        line = await self._known(session)
        if line is None:
            return None
        pinned, new = conversation.release, line.for_new(conversation.id)
        if pinned in (None, new):
            return new
        return line.for_turn(conversation.id, pinned, slept=await _slept(session, conversation, message))

    async def line(self) -> Line | None:
        """What serves now, looked up anew."""
        async with self._database.transaction() as session:
            return await repository.line(session)

    async def is_served(self, release: str) -> bool:
        """Whether conversations may still go on with a release."""
        line = await self.line()
        return line is not None and release in line.served

    def forget(self) -> None:
        """Something was changed in this very process: look again at the next turn."""
        self._looked_at = -_KNOWN_FOR_S

    async def _known(self, session: AsyncSession) -> Line | None:
        if self._monotonic() - self._looked_at >= _KNOWN_FOR_S:
            self._line = await repository.line(session)
            self._looked_at = self._monotonic()
        return self._line


async def _slept(session: AsyncSession, conversation: Conversation, message: Message) -> bool:
    """Whether the customer had been silent for long before this message."""
    query = (
        select(Message.created_at)
        .where(Message.conversation_id == conversation.id, Message.author == "customer", Message.seq < message.seq)
        .order_by(Message.seq.desc())
        .limit(1)
    )
    before = await session.scalar(query)
    return before is not None and message.created_at - before > SLEPT
