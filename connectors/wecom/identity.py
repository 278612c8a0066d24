"""Who a customer is across apps: the unionid, from the platform."""

import logging
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.model import Door
from bot.customers.service import customer_for
from bot.db import Database
from bot.delivery.ports import DeliveryError
from connectors.wecom.account import CHANNEL
from connectors.wecom.api import WeComApi
from connectors.wecom.codes import PlatformError
from connectors.wecom.tables import WeComCustomer as Known

logger = logging.getLogger(__name__)
_ASK_AGAIN_AFTER = timedelta(days=7)
"""A customer has none until the company is bound to a developer account, which may happen later."""


class Customers(Protocol):
    """`CustomerService`."""

    async def unionid(
        self, session: AsyncSession, customer_id: UUID, unionid: str, at: Any, *, via: Door | None = None
    ) -> object: ...


class Identities:
    """Asks ``customer/batchget`` once per customer; without ``customers`` nobody is asked."""

    def __init__(self, api: WeComApi, database: Database, clock: Clock, customers: Customers | None) -> None:
        self._api = api
        self._database = database
        self._clock = clock
        self._customers = customers

    async def look_up(self, external_userid: str) -> None:
        """Harmless when it fails: a message after a while asks again."""
        if self._customers is None or not await self._is_due(external_userid):
            return
        try:
            answer = await self._api.call("kf/customer/batchget", {"external_userid_list": [external_userid]})
        except (PlatformError, DeliveryError) as error:
            logger.warning("WeCom told no unionid: %s", type(error).__name__)
            return
        found = answer.get("customer_list")
        for each in found if isinstance(found, list) else []:
            unionid = each.get("unionid") if isinstance(each, dict) else None
            if isinstance(unionid, str) and 0 < len(unionid) <= 128 and each.get("external_userid") == external_userid:
                await self._tell(self._customers, external_userid, unionid)

    async def _is_due(self, external_userid: str) -> bool:
        """Whether to ask now; nobody else does then."""
        now = self._clock()
        query = insert(Known).values(external_userid=external_userid, asked_at=now)
        query = query.on_conflict_do_update(
            index_elements=[Known.external_userid],
            set_={"asked_at": now},
            where=Known.unionid.is_(None) & (Known.asked_at < now - _ASK_AGAIN_AFTER),
        )
        async with self._database.transaction() as session:
            return (await session.execute(query.returning(Known.external_userid))).first() is not None

    async def _tell(self, customers: Customers, external_userid: str, unionid: str) -> None:
        now = self._clock()
        async with self._database.transaction() as session:
            customer = await customer_for(session, CHANNEL, external_userid, at=now)
            await customers.unionid(session, customer.id, unionid, now, via=Door(CHANNEL, external_userid))
            known = update(Known).where(Known.external_userid == external_userid)
            await session.execute(known.values(unionid=unionid))
