"""Accounts of the callback channel over HTTP, for administrators: ``/api/v1/callback-accounts``."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from bot.errors import BotError, NotFoundError, RefusedError, WebhookUnreachableError
from bot.refusals import refusing_route
from bot.staff.model import Actor, Role
from connectors.callback.accounts import Keys
from connectors.callback.calling import Caller
from connectors.callback.schemas import PingEvent
from connectors.callback.tables import CallbackAccount

_STATUS: tuple[tuple[type[BotError], int], ...] = ((NotFoundError, 404), (RefusedError, 409))


class NewAccount(BaseModel):
    """``vouches``: phone numbers it signs count as verified."""

    model_config = ConfigDict(extra="forbid")

    name: str
    url: str
    title: str = Field(default="", max_length=60)
    vouches: bool = False


class NewUrl(BaseModel):
    url: str


class AccountView(BaseModel):
    """An account without its keys."""

    model_config = ConfigDict(from_attributes=True)

    name: str
    title: str
    url: str
    vouches: bool
    is_active: bool
    created_by: str
    created_at: datetime


class KeysView(AccountView):
    """An account with its keys, shown this once."""

    token: str
    secret: str

    @classmethod
    def of_keys(cls, keys: Keys) -> "KeysView":
        view = AccountView.model_validate(keys.account)
        return cls(**view.model_dump(), token=keys.token, secret=keys.account.secret)


class PingView(BaseModel):
    """``status`` of the answer; None, and why, where there was none."""

    status: int | None
    error: str | None = None


def make_admin_router(caller: Caller, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes.  ``actor_of``: a FastAPI dependency that says who asks and refuses strangers."""
    accounts = caller.accounts
    router = APIRouter(
        prefix="/api/v1/callback-accounts", tags=["callback channel"], route_class=refusing_route(_STATUS)
    )

    async def admin_of(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role is not Role.admin:
            raise HTTPException(403, "只有管理员可以管理接入方")
        return actor

    who = Annotated[Actor, Depends(admin_of)]

    @router.get("")
    async def everybody(_: who) -> list[AccountView]:
        return [AccountView.model_validate(each) for each in await accounts.everybody()]

    @router.post("", status_code=201)
    async def add(body: NewAccount, actor: who) -> KeysView:
        """The answer holds token and secret; they are not shown again."""
        return KeysView.of_keys(
            await accounts.add(body.name, body.url, title=body.title, vouches=body.vouches, by=actor.name)
        )

    @router.post("/{name}/rotate")
    async def rotate(name: str, actor: who) -> KeysView:
        """New token and secret; the old ones are worth nothing at once."""
        return KeysView.of_keys(await accounts.rotate(name, by=actor.name))

    @router.post("/{name}/move")
    async def move(name: str, body: NewUrl, actor: who) -> AccountView:
        return AccountView.model_validate(await accounts.move(name, body.url, by=actor.name))

    @router.post("/{name}/close")
    async def close(name: str, actor: who) -> AccountView:
        return AccountView.model_validate(await accounts.close(name, by=actor.name))

    @router.post("/{name}/reopen")
    async def reopen(name: str, actor: who) -> AccountView:
        return AccountView.model_validate(await accounts.reopen(name, by=actor.name))

    @router.post("/{name}/ping")
    async def ping(name: str, _: who) -> PingView:
        """Call the account now, once, and say what it answered."""
        return await _ping(caller, await _known(caller, name))

    return router


async def _known(caller: Caller, name: str) -> CallbackAccount:
    account = await caller.accounts.find(name)
    if account is None:
        raise NotFoundError(f"没有名为 {name} 的接入方")
    return account


async def _ping(caller: Caller, account: CallbackAccount) -> PingView:
    event = PingEvent(id=uuid4(), at=caller.clock())
    try:
        return PingView(status=await caller.post(account, "ping", event.id, event))
    except (WebhookUnreachableError, RefusedError) as error:
        return PingView(status=None, error=str(error))
