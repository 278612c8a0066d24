"""A channel that is pushed, what is owed on it, and the loop that sends it."""

from collections.abc import AsyncIterator
from datetime import datetime
from itertools import count
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from bot.db import Database
from bot.delivery.channels import Channels
from bot.delivery.model import Delivery
from bot.delivery.ports import Notice, Outgoing
from bot.delivery.sending import Sending
from bot.delivery.service import Changed, DeliveryService
from tests.fakes import RecordingChannel


class World:
    """What tests of deliveries do."""

    def __init__(self, database: Database, clock, channel: RecordingChannel) -> None:
        self.database, self.clock, self.channel = database, clock, channel
        self.service = DeliveryService(database, clock, Channels(channel))
        self.sending = Sending(self.service, within_s=0.2)
        self.changes: list[Changed] = []
        self.service.when_changed(self._heard)
        self._seqs = count(1)

    async def _heard(self, _, change: Changed) -> None:
        self.changes.append(change)

    def outgoing(self, text: str = "您好", recipient: str = "u1", **changes) -> Outgoing:
        values = {"id": uuid4(), "channel": "pushed", "author": "bot", "created_at": self.clock(), **changes}
        return Outgoing(recipient=recipient, text=text, **values)

    async def say(self, *texts: str, recipient: str = "u1", **changes) -> list[UUID]:
        made = [self.outgoing(text, recipient, **changes) for text in texts]
        for outgoing in made:
            async with self.database.transaction() as session:
                await self.service.enqueue(session, outgoing)
        return [outgoing.id for outgoing in made]

    async def notify(self, kind: str = "delivered", recipient: str = "u1", **values: str) -> UUID:
        return (await self.say(f"通知：{kind}", recipient=recipient, notice=Notice(kind, values), author="system"))[0]

    async def send(self) -> None:
        await self.sending.run_due()

    async def send_after(self, **passed) -> None:
        from datetime import timedelta

        self.clock.advance(timedelta(**passed))
        await self.send()

    async def customer_writes(self, recipient: str = "u1", at: datetime | None = None) -> None:
        async with self.database.transaction() as session:
            await self.service.customer_wrote(session, "pushed", recipient, at=at or self.clock())

    async def row(self, delivery_id: UUID) -> Delivery:
        async with self.database.transaction() as session:
            return await session.get_one(Delivery, delivery_id)

    async def states(self) -> list[str]:
        async with self.database.transaction() as session:
            return list((await session.scalars(select(Delivery.state).order_by(Delivery.number))).all())


@pytest.fixture
def channel() -> RecordingChannel:
    return RecordingChannel()


@pytest.fixture
async def world(database: Database, clock, channel: RecordingChannel) -> AsyncIterator[World]:
    world = World(database, clock, channel)
    yield world
    await world.sending.stop()
