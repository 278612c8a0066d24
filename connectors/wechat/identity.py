"""Who a follower is across apps: the unionid, from the platform."""

import logging
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import or_, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.model import Door
from bot.customers.service import customer_for
from bot.db import Database
from bot.delivery.ports import DeliveryError
from connectors.wechat.account import CHANNEL
from connectors.wechat.api import WeChatApi
from connectors.wechat.codes import PlatformError
from connectors.wechat.tables import WeChatFollower as Follower

logger = logging.getLogger(__name__)
_ASK_AGAIN_AFTER = timedelta(days=7)
"""A follower has none until the account is bound to an Open Platform account, which may happen later."""


class Customers(Protocol):
    """`CustomerService`."""

    async def unionid(
        self, session: AsyncSession, customer_id: UUID, unionid: str, at: datetime, *, via: Door | None = None
    ) -> object: ...


class Identities:
    """Asks ``user/info`` once per follower and tells customers; without ``customers`` nobody is asked."""

    def __init__(self, api: WeChatApi, database: Database, clock: Clock, customers: Customers | None) -> None:
        self._api = api
        self._database = database
        self._clock = clock
        self._customers = customers

    async def look_up(self, openid: str) -> None:
        """Harmless when it fails: the next message asks again after a while."""
        if self._customers is None or not await self._is_due(openid):
            return
        try:
            answer = await self._api.call("user/info", openid=openid, lang="zh_CN")
        except (PlatformError, DeliveryError) as error:
            logger.warning("WeChat told no unionid: %s", type(error).__name__)
            return
        unionid = answer.get("unionid")
        if isinstance(unionid, str) and unionid:
            await self._tell(self._customers, openid, unionid)

    async def _is_due(self, openid: str) -> bool:
        """Whether to ask now; nobody else does then."""
        now = self._clock()
        long_ago = or_(Follower.asked_at.is_(None), Follower.asked_at < now - _ASK_AGAIN_AFTER)
        query = update(Follower).where(Follower.openid == openid, Follower.unionid.is_(None), long_ago)
        async with self._database.transaction() as session:
            return (await session.execute(query.values(asked_at=now).returning(Follower.openid))).first() is not None

    async def _tell(self, customers: Customers, openid: str, unionid: str) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            customer = await customer_for(session, CHANNEL, openid, at=now)
            await customers.unionid(session, customer.id, unionid, now, via=Door(CHANNEL, openid))
            await session.execute(update(Follower).where(Follower.openid == openid).values(unionid=unionid))
