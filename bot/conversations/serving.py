"""Which release of the bot answers a conversation: a port, and the case of one for all."""

from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, Message


class ReleaseChoice(Protocol):
    """Who chooses."""

    async def __call__(self, session: AsyncSession, conversation: Conversation, message: Message) -> str | None:
        """The release that answers this message of a locked conversation; None where there is but one."""
        ...


async def one_for_all(session: AsyncSession, conversation: Conversation, message: Message) -> str | None:  # noqa: ARG001
    """There is but one."""
    return None
