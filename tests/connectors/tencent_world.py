"""What the worlds of WeChat and WeCom have in common: those around them, and how the bot speaks there."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from bot.channels import Reply
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.model import Delivery
from bot.delivery.ports import Notice, Outgoing
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from tests.conftest import FrozenClock


class FakeJobs:
    """Takes what is to be run now and then."""

    def __init__(self) -> None:
        self.periodically: dict[str, Any] = {}

    def periodic(self, name: str, cron: str, run: Any) -> None:
        self.periodically[name] = run


@dataclass
class FakeDoors:
    """Whom nothing reaches any more."""

    shut: set[str] = field(default_factory=set)

    async def opened(self, session, address: str, *, at: datetime) -> None:
        self.shut.discard(address)

    async def closed(self, session, address: str, *, at: datetime) -> None:
        self.shut.add(address)


@dataclass
class FakeCustomers:
    """Who was said to be who."""

    told: list[tuple[UUID, str]] = field(default_factory=list)

    async def unionid(self, session, customer_id: UUID, unionid: str, at: datetime, *, via=None) -> None:
        self.told.append((customer_id, unionid))


class Spoken:
    """A world in which the bot answers, and what it says is sent."""

    database: Database
    clock: FrozenClock
    conversations: ConversationService
    deliveries: DeliveryService
    sending: Sending

    def outgoing(self, text: str = "您好", **changes: Any) -> Outgoing:
        raise NotImplementedError

    async def answer(self, *replies: str | Reply) -> None:
        """The bot answers everything that is owed, with these."""
        made = [Reply(text=reply) if isinstance(reply, str) else reply for reply in replies]
        for conversation_id in await self.conversations.owed():
            while turn := await self.conversations.next_turn(conversation_id):
                await self.conversations.answer(turn, made)

    async def send(self, **passed: float) -> None:
        self.clock.advance(timedelta(**passed))
        await self.sending.run_due()

    async def say(self, *replies: str | Reply) -> None:
        await self.answer(*replies)
        await self.send()

    async def owed(self) -> list[Delivery]:
        async with self.database.transaction() as session:
            return list((await session.scalars(select(Delivery).order_by(Delivery.number))).all())

    async def notify(self, kind: str, text: str, **values: str) -> UUID:
        outgoing = self.outgoing(text, notice=Notice(kind, values), author="system")
        async with self.database.transaction() as session:
            await self.deliveries.enqueue(session, outgoing)
        await self.send()
        return outgoing.id
