"""Access tokens of Tencent's platforms, shared by all processes: fetched by one, used by everybody."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.clock import Clock
from bot.db import Base, Database

_MARGIN_S = 300
_JITTER_S = 60
_ONE_REFRESH_IN = timedelta(seconds=30)
"""Whoever comes with the same rejected token within this time has had the one refresh already."""
_FORCED_EVERY = timedelta(minutes=75)
"""The platform forces a new token at most twenty times a day."""


class PlatformToken(Base):
    """The token of one account.  ``use_until`` is before the platform lets it expire.

    ``refreshed_at``: when it was last fetched because the platform had rejected one; ``forced_at``: when a new one was
    last forced; ``returned``: the platform gave back the very token it had rejected.
    """

    __tablename__ = "platform_tokens"

    account: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[str]
    use_until: Mapped[datetime]
    fetched_at: Mapped[datetime]
    refreshed_at: Mapped[datetime | None]
    forced_at: Mapped[datetime | None]
    returned: Mapped[bool]


@dataclass(frozen=True)
class Fetched:
    """What the platform answered."""

    token: str
    expires_in: int


Fetch = Callable[[bool], Awaitable[Fetched]]
"""Asks the platform for a token; the argument says whether a new one is forced."""


class SharedToken:
    """The token of one account, in this process, in the database, or fresh from the platform, whichever is nearest.

    Parameters
    ----------
    account: names it among all, e.g. ``wechat:wx0123``.
    fetch: its errors reach whoever wanted the token.
    """

    def __init__(self, database: Database, clock: Clock, account: str, fetch: Fetch) -> None:
        self._database = database
        self._clock = clock
        self._account = account
        self._fetch = fetch
        self._lock = int.from_bytes(blake2b(account.encode(), digest_size=8).digest(), signed=True)
        self._token = ""
        self._use_until: datetime | None = None
        self._here = asyncio.Lock()

    async def current(self) -> str:
        """A token that is good as far as we know."""
        if self._use_until is not None and self._clock() < self._use_until:
            return self._token
        async with self._here, self._database.transaction() as session:
            row = await self._held(session)
            if row is None or self._clock() >= row.use_until:
                row = await self._renew(session, row)
            return self._remember(row)

    async def instead_of(self, rejected: str) -> str | None:
        """Another token after the platform rejected this one; None when a refresh just now has not helped.

        The platform is asked once for all processes.  It is asked to make a new one only after it gave back the very
        token it rejects, and that seldom: forcing kills the token of everybody else who uses the account.
        """
        async with self._here, self._database.transaction() as session:
            row = await self._held(session)
            if row is not None and row.token != rejected:
                return self._remember(row)
            now = self._clock()
            if row is not None and row.refreshed_at is not None and now - row.refreshed_at < _ONE_REFRESH_IN:
                return None
            row = await self._renew(session, row, rejected=rejected)
            return self._remember(row)

    async def _held(self, session: AsyncSession) -> PlatformToken | None:
        """The row, while nobody else in any process may fetch."""
        await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": self._lock})
        return await session.get(PlatformToken, self._account, populate_existing=True)

    async def _renew(self, session: AsyncSession, row: PlatformToken | None, *, rejected: str = "") -> PlatformToken:
        now = self._clock()
        forced = bool(rejected) and row is not None and row.returned and _may_force(row, now)
        fetched = await self._fetch(forced)
        if row is None:
            row = PlatformToken(account=self._account, refreshed_at=None, forced_at=None)
            session.add(row)
        row.token = fetched.token
        row.fetched_at = now
        row.use_until = now + _used_for(fetched)
        row.returned = fetched.token == rejected
        row.refreshed_at = now if rejected else row.refreshed_at
        row.forced_at = now if forced else row.forced_at
        return row

    def _remember(self, row: PlatformToken) -> str:
        self._token, self._use_until = row.token, row.use_until
        return row.token


def _may_force(row: PlatformToken, now: datetime) -> bool:
    return row.forced_at is None or now - row.forced_at >= _FORCED_EVERY


def _used_for(fetched: Fetched) -> timedelta:
    """Until some minutes before it expires; replicas do not all come at once.

    Shortly before the end the platform still gives out the old token: then half of what is left, and ask again.
    """
    margin = min(_MARGIN_S + random.uniform(0, _JITTER_S), fetched.expires_in / 2)
    return timedelta(seconds=fetched.expires_in - margin)
