"""Where a connector brings what it has read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.service import ConversationService
from bot.delivery.ports import DeliveryError


class Report(Protocol):
    """`DeliveryService.reported`."""

    async def __call__(
        self,
        channel: str,
        platform_id: str,
        *,
        state: Literal["delivered", "read", "failed"],
        code: str = "",
        at: datetime,
        error: DeliveryError | None = None,
    ) -> object: ...


class Doors(Protocol):
    """Who may know whether an address can be reached, in the transaction of whoever found out."""

    async def opened(self, session: AsyncSession, address: str, *, at: datetime) -> None: ...

    async def closed(self, session: AsyncSession, address: str, *, at: datetime) -> None: ...


@dataclass(frozen=True)
class Outlets:
    """Conversations take messages, ``wake`` has them answered, ``reported`` and ``doors`` learn what became of ours."""

    conversations: ConversationService
    wake: Callable[[UUID], None]
    reported: Report
    doors: Doors | None = None
