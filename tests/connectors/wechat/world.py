"""A follower's phone, the platform between, and us behind it: everything but Rasa."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels import Attachment, Button, MessageKind
from bot.conversations.model import Message
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.channels import Channels
from bot.delivery.ports import Outgoing
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.evidence.attachments import AttachmentService
from bot.evidence.store import InMemoryStore
from bot.settings import Settings
from bot.staff.model import Actor
from bot.words import Words
from connectors.connector import Surroundings
from connectors.wechat.account import WeChatAccount
from connectors.wechat.api import WeChatApi
from connectors.wechat.connector import Around, make_connector
from tests.conftest import FrozenClock
from tests.connectors.tencent_world import FakeCustomers, FakeDoors, FakeJobs, Spoken
from tests.fakes import FakeInbox
from tests.simulators.wechat import Phone, WeChatSimulator

OPENID = "oDemoOpenId"
ACCOUNT: dict[str, Any] = {
    "wechat_app_id": "wx0123456789abcdef",
    "wechat_secret": "app-secret",
    "wechat_token": "cstoken2024",
    "wechat_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "wechat_api_url": "http://wechat",
}


@dataclass(frozen=True)
class Heard:
    """A message of a follower."""

    kind: MessageKind
    text: str
    payload: str
    attachments: tuple[Attachment, ...]

    @classmethod
    def of(cls, message: Message) -> "Heard":
        attachments = tuple(Attachment.model_validate(each) for each in message.attachments)
        return cls(MessageKind(message.kind), message.text, message.payload, attachments)


class World(Spoken):
    """Followers act by ``wechat``; `read` has it read, `answer` has the bot speak, `send` has it sent."""

    def __init__(self, database: Database, clock: FrozenClock, words: Words, *, mode: str = "safe", **settings) -> None:
        self.database, self.clock = database, clock
        self.inbox, self.jobs, self.doors, self.customers = FakeInbox(), FakeJobs(), FakeDoors(), FakeCustomers()
        self.woken: list[UUID] = []
        self.app = FastAPI()
        self.to_us = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://platform")
        self.wechat = WeChatSimulator(clock, http=self.to_us, mode=mode)
        self.to_wechat = httpx.AsyncClient(transport=httpx.ASGITransport(self.wechat.app))
        self.settings = Settings(_env_file=None, **{**ACCOUNT, "wechat_mode": mode, **settings})
        channels = Channels()
        self.deliveries = DeliveryService(database, clock, channels)
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        self.store = InMemoryStore()
        self.attachments = AttachmentService(database, self.store, clock, limit=2 * 1024 * 1024)
        around = Surroundings(
            settings=self.settings,
            database=database,
            clock=clock,
            words=words,
            inbox=self.inbox,
            jobs=self.jobs,
            conversations=self.conversations,
            attachments=self.attachments,
            wake=self.woken.append,
        )
        more = Around(reported=self.deliveries.reported, customers=self.customers, doors=self.doors)
        self.connector = make_connector(around, more, http=self.to_wechat)
        assert self.connector is not None
        channels.add(self.connector.channel)
        self.channel = self.connector.channel
        self.app.include_router(self.connector.callbacks)
        account = WeChatAccount.of(self.settings)
        assert account is not None
        self.api = WeChatApi(account, self.to_wechat, database, clock)
        self.sending = Sending(self.deliveries, within_s=5)
        self._read = 0

    async def close(self) -> None:
        await self.sending.stop()
        await self.to_us.aclose()
        await self.to_wechat.aclose()

    @property
    def phone(self) -> Phone:
        return self.wechat.phone(OPENID)

    @property
    def screen(self) -> list[str]:
        return self.phone.screen

    async def read(self) -> None:
        """What came since the last time."""
        letters, self._read = self.inbox.letters[self._read :], len(self.inbox.letters)
        for letter in letters:
            await self.connector.reader.read(letter)

    async def hear(self, text: str = "你好", **more: str) -> None:
        """A second passes before anybody writes."""
        self.clock.advance(timedelta(seconds=1))
        await self.wechat.writes(text, **more)
        await self.read()

    async def heard(self) -> list[Heard]:
        """What followers said, as the bot and agents get it."""
        query = select(Message).where(Message.author == "customer").order_by(Message.created_at, Message.seq)
        async with self.database.transaction() as session:
            return [Heard.of(message) for message in (await session.scalars(query)).all()]

    def outgoing(self, text: str = "您好", **changes: Any) -> Outgoing:
        values = {"id": uuid4(), "channel": "wechat", "author": "bot", "created_at": self.clock(), **changes}
        return Outgoing(recipient=OPENID, text=text, **values)

    async def picture(self, content: bytes, content_type: str = "image/png") -> Attachment:
        stored = await self.attachments.upload(content, content_type, "图", by=Actor("agent:wang"))
        return Attachment(
            kind=MessageKind.image, id=stored.sha256, content_type=stored.media_type, size=stored.size, name=stored.name
        )


def choices(*titles: str) -> tuple[Button, ...]:
    return tuple(Button(title=title, payload=f"/intent_{number}") for number, title in enumerate(titles, start=1))
