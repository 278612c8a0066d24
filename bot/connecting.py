"""Every connector that is configured, put together: for the composition root, and for processes that take callbacks."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from bot.customers.reach import close_door, open_door
from bot.customers.service import CustomerService
from bot.delivery.service import DeliveryService
from bot.inbox.reading import Reading
from connectors.callback import connector as callback
from connectors.connector import Connector, Surroundings
from connectors.sms import connector as sms
from connectors.web.continuing import ContinueLinks
from connectors.wechat import account as wechat_account
from connectors.wechat import connector as wechat
from connectors.wecom import connector as wecom

UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True)
class Connected:
    """What the settings connect us with."""

    connectors: tuple[Connector, ...]

    def callbacks(self) -> Iterator[APIRouter]:
        """What platforms call."""
        return (each.callbacks for each in self.connectors if each.callbacks is not None)

    def register(self, reading: Reading) -> None:
        """Letters of each are read by its own reader."""
        for each in self.connectors:
            if each.reader is not None:
                reading.add(each.name, each.reader)

    async def start(self, stack: AsyncExitStack) -> None:
        """Start all of them; the stack stops, in reverse, those that were."""
        for each in self.connectors:
            await each.start()
            stack.push_async_callback(each.stop)


def connect(around: Surroundings, deliveries: DeliveryService, customers: CustomerService) -> Connected:
    """Make them and tell the deliveries which have to be pushed.  Raises `SettingsError` for half a configuration."""
    good_for = timedelta(hours=around.settings.web_link_hours)
    links = ContinueLinks(around.database, around.settings.base_url, around.clock, good_for=good_for)
    made = (
        wechat.make_connector(around, wechat.Around(deliveries.reported, customers, Doors(wechat_account.CHANNEL))),
        wecom.make_connector(around, wecom.Around(deliveries.reported, customers, Doors("wecom"))),
        sms.make_connector(around, deliveries, links),
        callback.make_connector(around, callback.Around(deliveries.reported, customers)),
    )
    connectors = tuple(each for each in made if each is not None)
    for each in connectors:
        if each.channel is not None:
            deliveries.channels.add(each.channel)
    return Connected(connectors)


@dataclass(frozen=True)
class Doors:
    """Whether a customer can be reached at an address of one channel, as its platform tells."""

    channel: str

    async def opened(self, session: AsyncSession, address: str, *, at: datetime) -> None:  # noqa: ARG002  (a port)
        await open_door(session, self.channel, address)

    async def closed(self, session: AsyncSession, address: str, *, at: datetime) -> None:
        await close_door(session, self.channel, address, UNSUBSCRIBED, at=at)
