"""The tools on an empty database, with two agents, a supervisor and a customer who is being served."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import pytest

from bot.clock import Clock
from bot.conversations import repository
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.tools.outgoing import Prepared
from bot.desk.tools.ports import InMemoryColleagues, Offer, Offers
from bot.desk.tools.services import DeskTools, ToolParts
from bot.desking import SpokenCalendar
from bot.staff.model import Actor, Role
from bot.tickets.service import TicketService
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.model import WaybillStatus
from bot.waybills.service import WaybillService
from bot.waybills.source import InMemoryWaybillSource
from tests.desk.builders import WAYBILL_NO, customer_says, make_waiting, make_waybill, make_words

LINA = Actor("agent:lina", Role.agent)
ZHOU = Actor("agent:zhou", Role.agent)
BOSS = Actor("agent:boss", Role.supervisor)
TRAINER = Actor("agent:tang", Role.trainer)
PEOPLE = {"lina": "李娜", "zhou": "周强", "boss": "主管"}


@dataclass
class ListedAnswers:
    """Offers what it was told to, and remembers what it was asked."""

    offers: Sequence[Offer] = ()
    asked: list[tuple[str, WaybillStatus | None, str | None]] = field(default_factory=list)

    async def search(
        self, text: str, *, channel: str, status: WaybillStatus | None = None, after: str | None = None, k: int = 3
    ) -> Offers:
        self.asked.append((text, status, after))
        return Offers(tuple(self.offers[:k]), in_scope=bool(self.offers))


@dataclass(frozen=True)
class Shop:
    """What `make_waiting` and `customer_says` need of a desk."""

    conversations: ConversationService
    clock: Clock


@pytest.fixture
def answers() -> ListedAnswers:
    return ListedAnswers()


@pytest.fixture
def source(clock: Clock) -> InMemoryWaybillSource:
    return InMemoryWaybillSource([make_waybill(clock())])


class PassOn(Protocol):
    async def __call__(
        self, actor: Actor, conversation_id: UUID, text: str, *, confirmed: bool = False
    ) -> Prepared: ...


@pytest.fixture
def pass_on(tools: DeskTools, database: Database) -> PassOn:
    """What the transaction that sends a text makes of it."""

    async def pass_on(actor: Actor, conversation_id: UUID, text: str, *, confirmed: bool = False) -> Prepared:
        async with database.transaction() as session:
            held = await repository.locked(session, conversation_id)
            return await tools.outgoing.pass_within(session, actor, held, text, confirmed=confirmed)

    return pass_on


@pytest.fixture
def tools(database: Database, clock: Clock, answers: ListedAnswers, source: InMemoryWaybillSource) -> DeskTools:
    access = WaybillAccess(database, clock, GuessLimit())
    return DeskTools.build(
        ToolParts(
            database=database,
            clock=clock,
            conversations=ConversationService(database, clock, make_words()),
            waybills=WaybillService(source, access, database, clock),
            tickets=TicketService(database, clock),
            colleagues=InMemoryColleagues(PEOPLE, {"claims": ["lina", "zhou"]}),
            answers=answers,
            calendar=SpokenCalendar(),
            company="云递速运",
            hotline="400-888-0000",
            website="www.example.com",
        )
    )


@pytest.fixture
def shop(tools: DeskTools, clock: Clock) -> Shop:
    return Shop(tools.parts.conversations, clock)


@pytest.fixture
async def held(tools: DeskTools, shop: Shop) -> UUID:
    """A conversation about a waybill that 李娜 has."""
    conversation_id = await make_waiting(shop, waybill_no=WAYBILL_NO)
    await tools.parts.conversations.accept(conversation_id, "lina", "李娜")
    return conversation_id


async def say(tools: DeskTools, conversation_id: UUID, text: str, nth: int = 1):
    """李娜 says something to the customer."""
    external_id = f"desk:said-{nth:08d}"
    return await tools.parts.conversations.say_as_agent(conversation_id, "lina", text, external_id=external_id)


async def write(shop: Shop, text: str, nth: int = 2) -> UUID:
    """The customer of `held` writes."""
    return await customer_says(shop, text, nth=nth)
