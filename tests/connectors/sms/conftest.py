"""Our side and the simulated gateways, connected in process; what lies beyond SMS is recorded."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.channels import IncomingMessage
from bot.conversations.service import Received
from bot.delivery.ports import Notice, Outgoing
from bot.settings import Settings
from connectors.sms.accounts import accounts_of
from connectors.sms.book import NumberBook
from connectors.sms.catalogue import Catalogue, load_catalogue
from connectors.sms.channel import Limits, SmsChannel
from connectors.sms.composing import Composer
from connectors.sms.connector import READERS, make_routes
from connectors.sms.reader import Intake, SmsReader
from connectors.sms.receiving import router_of
from tests.fakes import FakeInbox
from tests.simulators.sms import AliyunSimulator, Handsets, TencentSimulator, TwilioSimulator, approve, codes_of

TOKEN = "a-path-that-nobody-guesses-1234"
PUBLIC = "https://chat.example.com"
ALIYUN_URL = f"{PUBLIC}/sms/aliyun/{TOKEN}"
TENCENT_URL = f"{PUBLIC}/sms/tencent/{TOKEN}"
TWILIO_URL = f"{PUBLIC}/sms/twilio"
MOBILE = "+8613900000001"
ABROAD = "+14158675309"
CONVERSATION = UUID("00000000-0000-0000-0000-0000000000c1")


@dataclass
class FakeLinks:
    """The port `ContinueLinks`: numbered links."""

    made: list[tuple[UUID, datetime]] = field(default_factory=list)

    async def link(self, conversation_id: UUID, at: datetime) -> str:
        self.made.append((conversation_id, at))
        return f"{PUBLIC}/c/abcdefgh{len(self.made):04d}"


@dataclass
class FakeDeliveries:
    """What was to be sent, and what was reported."""

    enqueued: list[Outgoing] = field(default_factory=list)
    reports: list[tuple[str, str, str]] = field(default_factory=list)

    async def enqueue(self, session, outgoing: Outgoing) -> None:
        self.enqueued.append(outgoing)

    async def reported(self, channel, platform_id, *, state, code="", at) -> bool:
        assert channel == "sms"
        assert at.tzinfo is not None
        self.reports.append((platform_id, state, code))
        return True

    @property
    def notices(self) -> list[str]:
        return [each.notice.kind for each in self.enqueued if each.notice]


@dataclass
class FakeConversations:
    """What was received, each external id once."""

    received: list[IncomingMessage] = field(default_factory=list)

    async def receive(self, incoming: IncomingMessage) -> Received:
        known = any(each.external_id == incoming.external_id for each in self.received)
        if not known:
            self.received.append(incoming)
        return Received(CONVERSATION, len(self.received), duplicate=known, needs_bot=not known)

    @property
    def texts(self) -> list[str]:
        return [each.text for each in self.received]


class World:
    """Everything at hand."""

    def __init__(self, settings, catalogue, database, clock, http, ours, gateways) -> None:
        self.clock = clock
        self.http = ours
        self.aliyun, self.tencent, self.twilio, self.handsets = gateways
        self.inbox = FakeInbox()
        self.deliveries = FakeDeliveries()
        self.conversations = FakeConversations()
        self.links = FakeLinks()
        self.woken: list[UUID] = []
        self.book = NumberBook(database)
        self.database = database
        self.limits = Limits()
        accounts = accounts_of(settings)
        self.routes = make_routes(settings, accounts, catalogue, http, clock)
        self.composer = Composer(catalogue, self.links, max_segments=settings.sms_max_segments)
        self.router = router_of(accounts, self.inbox, clock)
        self.channel = SmsChannel(self.routes, self.composer, self.book, clock, self.limits)
        self.reader = SmsReader(
            database,
            self.book,
            self.conversations,
            self.deliveries,
            self.woken.append,
            self.channel.can_tell,
            READERS,
            Intake(messages=5),
        )

    def outgoing(self, text: str = "", *, to: str = MOBILE, **changes) -> Outgoing:
        values = {"conversation_id": CONVERSATION, "author": "bot", "created_at": self.clock()} | changes
        return Outgoing(uuid4(), "sms", to, text=text, **values)

    async def say(self, text: str = "", *, to: str = MOBILE, **changes):
        return await self.channel.send(self.outgoing(text, to=to, **changes), 0)

    async def tell(self, kind: str, *, to: str = MOBILE, **values: str):
        return await self.say(to=to, notice=Notice(kind, values), conversation_id=None, author="system")

    async def read_all(self) -> None:
        """What the worker does."""
        letters, self.inbox.letters = self.inbox.letters, []
        for letter in letters:
            await self.reader.read(letter)

    async def came(self, number: str, text: str) -> None:
        """A customer writes, by the gateway of the number, and it is read."""
        if number.startswith("+86"):
            assert await self.aliyun.write(self.http, ALIYUN_URL, number, text) == 200
        else:
            assert await self.twilio.write(self.http, TWILIO_URL, number, text) == 200
        await self.read_all()


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


def settings_for(catalogue: Catalogue, mainland: str = "aliyun", **changes) -> Settings:
    values = {
        "public_url": PUBLIC,
        "sms_routes": {"86": mainland, "*": "twilio"},
        "sms_sign_name": "云递速运",
        "sms_callback_token": SecretStr(TOKEN),
        "sms_aliyun_access_key": "LTAItest",
        "sms_aliyun_secret_key": SecretStr("secret+/key"),
        "sms_aliyun_templates": codes_of(catalogue, "aliyun"),
        "sms_aliyun_endpoint": "http://aliyun.test",
        "sms_tencent_secret_id": "AKIDtest",
        "sms_tencent_secret_key": SecretStr("tencent-secret"),
        "sms_tencent_app_id": "1400006666",
        "sms_tencent_templates": codes_of(catalogue, "tencent"),
        "sms_tencent_endpoint": "http://tencent.test",
        "sms_twilio_account_sid": "ACtest00000000000000000000000000000",
        "sms_twilio_auth_token": SecretStr("12345"),
        "sms_twilio_sender": "+14155550100",
        "sms_twilio_endpoint": "http://twilio.test",
        **changes,
    }
    return Settings(_env_file=None, **values)


async def _world(settings, catalogue, database, clock) -> AsyncIterator[World]:
    handsets = Handsets()
    aliyun = AliyunSimulator(clock, approve(catalogue, "aliyun"), handsets=handsets)
    tencent = TencentSimulator(clock, approve(catalogue, "tencent"), handsets=handsets)
    twilio = TwilioSimulator(clock, handsets=handsets)
    app = FastAPI()
    mounts = {
        "all://aliyun.test": httpx.ASGITransport(aliyun.app),
        "all://tencent.test": httpx.ASGITransport(tencent.app),
        "all://twilio.test": httpx.ASGITransport(twilio.app),
    }
    ours = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(mounts=mounts) as http, httpx.AsyncClient(transport=ours) as our_side:
        world = World(settings, catalogue, database, clock, http, our_side, (aliyun, tencent, twilio, handsets))
        app.include_router(world.router)
        yield world


@pytest.fixture
async def world(catalogue, database, clock) -> AsyncIterator[World]:
    """Mainland China by Aliyun."""
    async for world in _world(settings_for(catalogue), catalogue, database, clock):
        yield world


@pytest.fixture
async def tencent_world(catalogue, database, clock) -> AsyncIterator[World]:
    """Mainland China by Tencent."""
    async for world in _world(settings_for(catalogue, "tencent"), catalogue, database, clock):
        yield world
