"""Fetching what the doorbell announces: page by page, each stored together with its cursor.

A page becomes letters, one for each message, in the lane of its customer: reading them may fail or take long without
holding up anybody else.  A process killed in between fetches its last page again, and letters are known by their keys.
"""

import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.bell import ring
from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import DeliveryError
from bot.errors import BotError
from bot.inbox.model import InboxLetter
from bot.inbox.ports import Letter
from bot.inbox.postgres import BELL as INBOX
from bot.locks import Locks
from connectors.tencent_body import BodyError, Fields
from connectors.wecom.account import CHANNEL, WeComAccount
from connectors.wecom.api import WeComApi
from connectors.wecom.codes import PlatformError, WeComVerdict
from connectors.wecom.incoming import cleaned, customer_of, key_of, sent_at
from connectors.wecom.tables import WeComCursor as Cursor
from connectors.wecom.webhook import bell

logger = logging.getLogger(__name__)
MESSAGE = "message"
_TOKEN_LASTS = timedelta(minutes=10) - timedelta(seconds=30)
_OLD = timedelta(minutes=5)
"""What was written so long before we first looked is history."""
_SKEW = timedelta(seconds=2)
_PAGE = 200
_PAGES_AT_ONCE = 50


class StillFetchingError(BotError):
    """Somebody else fetches the same messages right now, or has just done so."""


@dataclass(frozen=True)
class Ring:
    """The doorbell, as its letter has it.  ``heard_at`` None: nobody rang, we look of our own accord."""

    open_kfid: str
    token: str = ""
    rung_at: datetime | None = None
    heard_at: datetime | None = None

    def token_at(self, now: datetime) -> str:
        return self.token if self.rung_at is not None and now - self.rung_at < _TOKEN_LASTS else ""


@dataclass(frozen=True)
class Page:
    """One answer of ``sync_msg``."""

    messages: Sequence[Mapping[str, Any]]
    cursor: str
    has_more: bool


class Syncing:
    """Runs the ``sync_msg`` loop, one at a time for each account, in whichever process."""

    def __init__(self, account: WeComAccount, api: WeComApi, database: Database, clock: Clock) -> None:
        self._account = account
        self._api = api
        self._database = database
        self._clock = clock
        self._locks = Locks(database, "wecom")
        self._here: set[str] = set()

    async def close(self) -> None:
        await self._locks.close()

    async def fetch(self, rung: Ring) -> None:
        """Store everything there is.  A ring that an earlier loop has covered is done at once.

        Raises `StillFetchingError`, `TryAgainError` or another `DeliveryError` of the platform; what was stored stays.
        """
        if not self._account.serves(rung.open_kfid):
            logger.warning("a customer-service account that is not served here rang")
            return
        async with self._alone(rung.open_kfid):
            cursor = await self._begin(rung)
            if cursor is not None:
                await self._loop(rung, cursor)

    async def catch_up(self, _: datetime) -> None:
        """Look at every account known, should a doorbell have been lost."""
        async with self._database.transaction() as session:
            known = set((await session.scalars(select(Cursor.open_kfid))).all())
        for open_kfid in sorted(known | set(self._account.open_kfids)):
            if not self._account.serves(open_kfid):
                continue
            try:
                await self.fetch(Ring(open_kfid))
            except StillFetchingError:
                continue
            except (DeliveryError, SQLAlchemyError) as error:
                logger.warning("catching up with a customer-service account failed: %s", error)

    # -- the loop ------------------------------------------------------------------------------------

    async def _begin(self, rung: Ring) -> str | None:
        """The cursor to go on from; None when there is nothing to be done for this ring."""
        now = self._clock()
        new = insert(Cursor).values(open_kfid=rung.open_kfid, cursor="", first_at=now).on_conflict_do_nothing()
        async with self._database.transaction() as session:
            await session.execute(new)
            row = await session.get_one(Cursor, rung.open_kfid, populate_existing=True)
        # The processes' clocks may differ a little.
        is_covered = rung.heard_at and row.complete_from and rung.heard_at + _SKEW < row.complete_from
        return None if is_covered else row.cursor

    async def _loop(self, rung: Ring, cursor: str) -> None:
        started = self._clock()
        for number in range(1, _PAGES_AT_ONCE + 1):
            page = await self._page(rung, cursor)
            goes_on = page.has_more and page.cursor != cursor
            if page.has_more and not goes_on:
                logger.error("the platform says that there is more, but not where: we look again later")
            async with self._database.transaction() as session:
                await self._store(session, rung, page, expected=cursor)
                await _advance(session, rung, page, started if not page.has_more else None)
                if goes_on and number == _PAGES_AT_ONCE:
                    await _put(session, [self._continuation(rung, page.cursor)])
            cursor = page.cursor
            if not goes_on:
                return
            if not self._locks.holds(rung.open_kfid):
                raise StillFetchingError("the lock was lost")

    async def _page(self, rung: Ring, cursor: str) -> Page:
        """With the token of the ring while it is good, without it when it is not."""
        token = rung.token_at(self._clock())
        try:
            return await self._asked(rung.open_kfid, cursor, token)
        except PlatformError as error:
            if not token or error.verdict is not WeComVerdict.sync_token:
                raise error.as_delivery_error() from error
        try:
            return await self._asked(rung.open_kfid, cursor, "")
        except PlatformError as error:
            raise error.as_delivery_error() from error

    async def _asked(self, open_kfid: str, cursor: str, token: str) -> Page:
        asked: dict[str, Any] = {"cursor": cursor, "limit": _PAGE, "voice_format": 0, "open_kfid": open_kfid}
        answer = await self._api.call("kf/sync_msg", asked | ({"token": token} if token else {}))
        found, following = answer.get("msg_list"), answer.get("next_cursor")
        messages = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
        # An answer without a cursor takes us nowhere: we stay where we are.
        moved = isinstance(following, str) and bool(following)
        return Page(messages, str(following) if moved else cursor, answer.get("has_more") in (1, True, "1"))

    # -- storing -------------------------------------------------------------------------------------

    async def _store(self, session: AsyncSession, rung: Ring, page: Page, *, expected: str) -> None:
        row = await session.get_one(Cursor, rung.open_kfid, with_for_update=True, populate_existing=True)
        if row.cursor != expected:
            raise StillFetchingError("another process has stored this page")
        now = self._clock()
        letters = []
        for message in page.messages:
            letter = _letter(message, rung.open_kfid, now)
            # Nobody wants an answer to what was written before there was a bot.
            if letter is not None and sent_at(letter.body["fields"]) >= row.first_at - _OLD:
                letters.append(letter)
        await _put(session, letters)

    def _continuation(self, rung: Ring, cursor: str) -> Letter:
        """So many pages wait that others should have their turn in between."""
        now = self._clock()
        return bell(rung.open_kfid, f"{rung.open_kfid}:{cursor}", token=rung.token, rung_at=rung.rung_at or now, at=now)

    @asynccontextmanager
    async def _alone(self, open_kfid: str) -> AsyncIterator[None]:
        """Raises `StillFetchingError` when somebody is at it, in this process or another."""
        if open_kfid in self._here:
            raise StillFetchingError("this account is being fetched here")
        self._here.add(open_kfid)
        try:
            async with self._locks.trying(open_kfid) as is_ours:
                if not is_ours:
                    raise StillFetchingError("this account is being fetched elsewhere")
                yield
        finally:
            self._here.discard(open_kfid)


async def _advance(session: AsyncSession, rung: Ring, page: Page, complete_from: datetime | None) -> None:
    row = await session.get_one(Cursor, rung.open_kfid)
    row.cursor = page.cursor
    row.complete_from = complete_from or row.complete_from


async def _put(session: AsyncSession, letters: Sequence[Letter]) -> None:
    """Into the inbox, in this transaction."""
    if not letters:
        return
    names = ("channel", "key", "lane", "body", "received_at")
    rows = [{name: getattr(letter, name) for name in names} for letter in letters]
    await session.execute(insert(InboxLetter).values(rows).on_conflict_do_nothing())
    await ring(session, INBOX)


def _letter(message: Mapping[str, Any], open_kfid: str, now: datetime) -> Letter | None:
    """None for what nobody could ever read."""
    try:
        fields: Fields = cleaned(message)
    except (BodyError, ValueError, RecursionError) as error:
        logger.warning("a message of a page is no message: %s", type(error).__name__)
        return None
    lane = customer_of(fields) or f"{open_kfid}:events"
    body = {"what": MESSAGE, "open_kfid": open_kfid, "fields": fields}
    return Letter(CHANNEL, f"{MESSAGE}:{key_of(fields)}", lane, body, now)
