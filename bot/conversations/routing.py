"""What decides where a conversation goes that needs a person; the core asks, whoever knows the rules answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, HandOffReason

OFFER_SECONDS = 30


@dataclass(frozen=True)
class Route:
    """Where a conversation waits, and how.

    Parameters
    ----------
    team: by name; None for everybody who talks with customers.
    priority: each step counts like `HEAD_START` of waiting.
    because: the rows that decided, as ``handover.vip@v3``.
    call_back_at: nobody is there before; the customer is promised an answer then instead of waiting.
    """

    team: str | None = None
    priority: int = 0
    offer_seconds: int = OFFER_SECONDS
    because: Sequence[str] = ()
    call_back_at: datetime | None = None


class Router(Protocol):
    """Knows the rules; reads within the caller's transaction, which holds the conversation."""

    async def route(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        *,
        intent: str | None,
        at: datetime,
    ) -> Route: ...

    async def by_itself(
        self, session: AsyncSession, conversation: Conversation, *, at: datetime
    ) -> HandOffReason | None:
        """Why a person is needed though nobody asked for one; None where the bot may go on."""
        ...

    async def expected_wait(
        self, session: AsyncSession, conversation: Conversation, position: int, *, at: datetime
    ) -> timedelta | None:
        """None where nobody can know."""
        ...


class NoRouting:
    """One queue for everybody, as they come."""

    async def route(
        self,
        session: AsyncSession,  # noqa: ARG002
        conversation: Conversation,  # noqa: ARG002
        reason: HandOffReason,  # noqa: ARG002
        *,
        intent: str | None,  # noqa: ARG002
        at: datetime,  # noqa: ARG002
    ) -> Route:
        return Route()

    async def by_itself(
        self,
        session: AsyncSession,  # noqa: ARG002
        conversation: Conversation,  # noqa: ARG002
        *,
        at: datetime,  # noqa: ARG002
    ) -> HandOffReason | None:
        return None

    async def expected_wait(
        self,
        session: AsyncSession,  # noqa: ARG002
        conversation: Conversation,  # noqa: ARG002
        position: int,  # noqa: ARG002
        *,
        at: datetime,  # noqa: ARG002
    ) -> timedelta | None:
        return None
