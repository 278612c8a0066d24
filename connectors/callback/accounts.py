"""Who is connected: made, closed, given new keys; and recognised when they call."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import AccessRefusedError, NotFoundError, RefusedError
from bot.outbox.sending import WebhookSender
from bot.outbox.signing import new_secret, sign
from connectors.callback.names import NAME
from connectors.callback.tables import CallbackAccount

FRESH = timedelta(minutes=5)
"""A signed request may be so old, and so far ahead where clocks differ."""
_SIGNATURE = re.compile(r"^t=(\d{1,12}),v1=([0-9a-f]{64})$")


@dataclass(frozen=True)
class Keys:
    """What an account calls with and signs with; shown once."""

    account: CallbackAccount
    token: str


class CallbackAccounts:
    """The one door to accounts.

    Parameters
    ----------
    sender: knows which addresses may be called at all.
    """

    def __init__(self, database: Database, clock: Clock, sender: WebhookSender) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender

    async def add(self, name: str, url: str, *, title: str = "", vouches: bool = False, by: str) -> Keys:
        """Raises `RefusedError` for a name that is taken or unfit, `WebhookAddressError`."""
        if not re.fullmatch(NAME, name):
            raise RefusedError("名称只能用小写字母、数字和短横线，以字母开头，2 到 31 个字符")
        await self._sender.check(url)
        token = f"cb_{secrets.token_urlsafe(32)}"
        account = CallbackAccount(
            name=name,
            title=title or name,
            url=url,
            secret=new_secret(),
            token_hash=_hash(token),
            vouches=vouches,
            is_active=True,
            created_by=by,
            created_at=self._clock(),
        )
        async with self._database.transaction() as session:
            if await session.get(CallbackAccount, name) is not None:
                raise RefusedError(f"已有名为 {name} 的接入方")
            session.add(account)
        return Keys(account, token)

    async def everybody(self) -> Sequence[CallbackAccount]:
        async with self._database.transaction() as session:
            return (await session.scalars(select(CallbackAccount).order_by(CallbackAccount.name))).all()

    async def rotate(self, name: str, *, by: str) -> Keys:
        """A new token and a new secret; the old ones are worth nothing from now on."""
        token = f"cb_{secrets.token_urlsafe(32)}"
        async with self._database.transaction() as session:
            account = await _locked(session, name)
            account.token_hash, account.secret = _hash(token), new_secret()
            account.changed_by, account.changed_at = by, self._clock()
        return Keys(account, token)

    async def move(self, name: str, url: str, *, by: str) -> CallbackAccount:
        """Another address to be called at."""
        await self._sender.check(url)
        async with self._database.transaction() as session:
            account = await _locked(session, name)
            account.url = url
            account.changed_by, account.changed_at = by, self._clock()
        return account

    async def close(self, name: str, *, by: str) -> CallbackAccount:
        """It can neither call nor is it called; what is owed to it waits.  Raises `IllegalMoveError`."""
        async with self._database.transaction() as session:
            account = await _locked(session, name)
            account.close(by=by, at=self._clock())
        return account

    async def reopen(self, name: str, *, by: str) -> CallbackAccount:
        """Raises `IllegalMoveError` when it is not closed."""
        async with self._database.transaction() as session:
            account = await _locked(session, name)
            account.reopen(by=by, at=self._clock())
        return account

    async def find(self, name: str) -> CallbackAccount | None:
        async with self._database.transaction() as session:
            return await session.get(CallbackAccount, name)

    async def caller(self, name: str, *, bearer: str, signature: str, body: bytes) -> CallbackAccount:
        """The account behind a request: by its token, or by the signature of the body.  Raises `AccessRefusedError`."""
        account = await self.find(name)
        if account is None or not account.is_active:
            raise AccessRefusedError("no such account")
        by_token = bool(bearer) and hmac.compare_digest(_hash(bearer), account.token_hash)
        if by_token or is_signed(account.secret, signature, body, now=self._clock()):
            return account
        raise AccessRefusedError("neither token nor signature is right")


def is_signed(secret: str, signature: str, body: bytes, *, now: datetime) -> bool:
    """Whether ``t=<unix>,v1=<hmac>`` is the signature of this body, made just now."""
    found = _SIGNATURE.match(signature)
    if found is None:
        return False
    made_at = datetime.fromtimestamp(int(found[1]), tz=now.tzinfo)
    wanted = sign(secret, body, at=made_at)
    return hmac.compare_digest(wanted, signature) and abs(now - made_at) <= FRESH


def phone_signature(secret: str, contact: str, phone: str) -> str:
    """Hex HMAC-SHA256, as the account's server computes it."""
    return hmac.new(secret.encode(), f"{contact}:{phone}".encode(), hashlib.sha256).hexdigest()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


async def _locked(session: AsyncSession, name: str) -> CallbackAccount:
    account = await session.get(CallbackAccount, name, with_for_update=True)
    if account is None:
        raise NotFoundError(f"没有名为 {name} 的接入方")
    return account
