"""A customer's phone, the people of a company in WeCom, the platform between, and us behind it: everything but Rasa."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import select

from bot.channels import Attachment, Button, MessageKind
from bot.conversations.model import Conversation, HandOffReason, Message
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.channels import Channels
from bot.delivery.ports import Outgoing
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.evidence.attachments import AttachmentService
from bot.evidence.store import InMemoryStore
from bot.inbox.model import InboxLetter
from bot.inbox.postgres import PostgresInbox
from bot.inbox.reading import Reading
from bot.settings import Settings
from bot.staff.model import Actor
from bot.words import Words
from connectors.connector import Surroundings
from connectors.wecom.account import WeComAccount
from connectors.wecom.api import WeComApi
from connectors.wecom.connector import Around, make_connector
from connectors.wecom.mirror import Mirror
from connectors.wecom.states import States
from connectors.wecom.tables import WeComCursor, WeComSession
from tests.conftest import FrozenClock
from tests.connectors.tencent_world import FakeCustomers, FakeDoors, FakeJobs, Spoken
from tests.simulators.wecom import KFID, USER, Phone, WeComSimulator

ACCOUNT: dict[str, Any] = {
    "wecom_corp_id": "ww0123456789abcdef",
    "wecom_secret": "kf-secret",
    "wecom_token": "cstoken2024",
    "wecom_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "wecom_api_url": "http://wecom",
}


@dataclass(frozen=True)
class Heard:
    """A message of the log."""

    author: str
    kind: MessageKind
    text: str
    payload: str
    attachments: tuple[Attachment, ...]

    @classmethod
    def of(cls, message: Message) -> "Heard":
        attachments = tuple(Attachment.model_validate(each) for each in message.attachments)
        return cls(message.author, MessageKind(message.kind), message.text, message.payload, attachments)


class World(Spoken):
    """Customers act by ``wecom``; `read` has it read, `answer` has the bot speak, `send` has it sent."""

    def __init__(self, database: Database, clock: FrozenClock, words: Words, **settings: Any) -> None:
        self.database, self.clock = database, clock
        self.jobs, self.doors, self.customers = FakeJobs(), FakeDoors(), FakeCustomers()
        self.inbox = PostgresInbox(database.url, connections=1)
        self.woken: list[UUID] = []
        self.app = FastAPI()
        self.to_us = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://platform")
        self.wecom = WeComSimulator(clock, http=self.to_us)
        self.wecom.phone(USER)
        self.to_wecom = httpx.AsyncClient(transport=httpx.ASGITransport(self.wecom.app))
        self.settings = Settings(_env_file=None, **{**ACCOUNT, **settings})
        channels = Channels()
        self.deliveries = DeliveryService(database, clock, channels)
        self.conversations = ConversationService(database, clock, words, self.deliveries)
        self.attachments = AttachmentService(database, InMemoryStore(), clock, limit=2 * 1024 * 1024)
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
        self.connector = make_connector(around, more, http=self.to_wecom)
        assert self.connector is not None
        channels.add(self.connector.channel)
        self.channel = self.connector.channel
        self.app.include_router(self.connector.callbacks)
        account = WeComAccount.of(self.settings)
        assert account is not None
        self.account = account
        self.api = WeComApi(account, self.to_wecom, database, clock)
        self.mirror = Mirror(account, self.api, States(self.api, database, clock), database, clock)
        self.sending = Sending(self.deliveries, within_s=5)
        self.reading = Reading(database, clock)
        self.reading.add("wecom", self.connector.reader)

    async def open(self) -> None:
        await self.inbox.open()

    async def close(self) -> None:
        await self.sending.stop()
        await self.reading.stop()
        await self.mirror.stop()
        await self.connector.stop()
        await self.inbox.close()
        await self.to_us.aclose()

    @property
    def phone(self) -> Phone:
        return self.wecom.phone(USER)

    @property
    def screen(self) -> list[str]:
        return self.phone.screen

    async def read(self, **passed: float) -> None:
        """Everything that is due."""
        self.clock.advance(timedelta(**passed))
        await self.reading.run_due()

    async def hear(self, text: str = "你好", **more: Any) -> None:
        """A second passes before anybody writes."""
        self.clock.advance(timedelta(seconds=1))
        await self.wecom.writes(text, **more)
        await self.read()

    async def hand_off(self) -> UUID:
        """The customer asks for a person."""
        conversation = await self.conversation()
        await self.conversations.hand_off(
            conversation.id, HandOffReason.asked, intent=None, summary="", seq=conversation.customer_seq
        )
        return conversation.id

    # -- looking -------------------------------------------------------------------------------------

    async def log(self) -> list[Heard]:
        """Everything that was said, by whomever."""
        query = select(Message).order_by(Message.created_at, Message.seq)
        async with self.database.transaction() as session:
            return [Heard.of(message) for message in (await session.scalars(query)).all()]

    async def heard(self) -> list[Heard]:
        """What customers said."""
        return [each for each in await self.log() if each.author == "customer"]

    async def conversation(self) -> Conversation:
        async with self.database.transaction() as session:
            return (await session.scalars(select(Conversation).order_by(Conversation.created_at.desc()))).first()

    async def session(self) -> WeComSession:
        async with self.database.transaction() as session:
            return await session.get_one(WeComSession, (USER, KFID))

    async def cursor(self) -> str | None:
        async with self.database.transaction() as session:
            row = await session.get(WeComCursor, KFID)
            return row.cursor if row is not None else None

    async def letters(self) -> list[InboxLetter]:
        async with self.database.transaction() as session:
            return list((await session.scalars(select(InboxLetter).order_by(InboxLetter.id))).all())

    def called(self, path: str) -> list[dict[str, Any]]:
        return [body for called, body in self.wecom.calls if called == path]

    # -- making --------------------------------------------------------------------------------------

    def outgoing(self, text: str = "您好", **changes: Any) -> Outgoing:
        values = {"id": uuid4(), "channel": "wecom", "author": "bot", "created_at": self.clock(), **changes}
        return Outgoing(recipient=USER, text=text, **values)

    async def file(self, content: bytes, content_type: str, kind: MessageKind, name: str = "图") -> Attachment:
        stored = await self.attachments.upload(content, content_type, name, by=Actor("agent:wang"))
        return Attachment(
            kind=kind, id=stored.sha256, content_type=stored.media_type, size=stored.size, name=stored.name
        )


def choices(*titles: str) -> tuple[Button, ...]:
    return tuple(Button(title=title, payload=f"/intent_{number}") for number, title in enumerate(titles, start=1))
