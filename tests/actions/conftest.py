"""Everything an action needs, over the test database, and a little Rasa that runs dialogues."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from actions import Services, build_actions
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.network.service import NetworkService
from bot.network.tables import OutletRow
from bot.orders.service import OrderService
from bot.tickets.service import TicketService
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.service import WaybillService
from bot.waybills.source import InMemoryWaybillSource
from bot.words import Words
from tests.fakes import FakeFaq, LittleRasa

DATA = Path(__file__).parents[2] / "nlu_data"
Clock = Callable[[], datetime]


@pytest.fixture
def waybills() -> InMemoryWaybillSource:
    return InMemoryWaybillSource()


@pytest.fixture
def faq() -> FakeFaq:
    return FakeFaq()


@pytest.fixture
def services(database: Database, clock: Clock, words: Words, waybills: InMemoryWaybillSource, faq: FakeFaq) -> Services:
    return Services(
        conversations=ConversationService(database, clock, words),
        waybills=WaybillService(waybills, WaybillAccess(database, clock, GuessLimit(per_customer=3)), database, clock),
        tickets=TicketService(database, clock),
        orders=OrderService(database, clock),
        network=NetworkService(database),
        faq=faq,
        words=words,
        clock=clock,
    )


def first_steps() -> dict[str, str]:
    """What the rule of each intent does first."""
    rules = yaml.safe_load((DATA / "rules.yml").read_text(encoding="utf-8"))["rules"]
    started = [rule["steps"] for rule in rules if "intent" in rule["steps"][0]]
    return {steps[0]["intent"]: steps[1]["action"] for steps in started}


@pytest.fixture
async def chat(services: Services) -> LittleRasa:
    """A conversation of a new customer with the bot."""
    view = await services.conversations.open("web", "visitor-1")
    metadata: dict[str, Any] = {
        "conversation_id": str(view.id),
        "customer_id": str(view.customer_id),
        "channel": "web",
    }
    return LittleRasa(build_actions(services), first_steps(), metadata)


@pytest.fixture
async def outlet(database: Database) -> OutletRow:
    row = OutletRow(
        code="GZ001",
        name="广州天河网点",
        tier="outlet",
        province="广东省",
        city="广州市",
        district="天河区",
        address="体育西路2号",
        phone="020-38880000",
        opening_hours="08:30-20:00",
        parent_code=None,
        latitude=None,
        longitude=None,
    )
    async with database.transaction() as session:
        session.add(row)
    return row
