"""Notices over HTTP, to look at: ``/api/v1/notices``."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query

from bot.customers.endpoints import SeenBy
from bot.customers.words import customer_words
from bot.errors import NotFoundError
from bot.notices.catalogue import catalogue
from bot.notices.model import NoticeState
from bot.notices.schemas import ConsentView, KindView, NoticeView
from bot.notices.service import NoticeService
from bot.refusals import refusing_route
from bot.staff.model import Actor, Role

_LOOKS = {Role.supervisor, Role.admin}
_ROUTE = refusing_route([(NotFoundError, 404)])


def make_router(service: NoticeService, actor_of: Callable[..., Any], seen_by: SeenBy) -> APIRouter:
    """The routes.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    seen_by: whom somebody may see; supervisors and administrators see notices of everybody at once.
    """
    router = APIRouter(prefix="/api/v1/notices", tags=["notices"], route_class=_ROUTE)
    who = Annotated[Actor, Depends(actor_of)]

    async def refuse_unless_seen(actor: Actor, customer_id: UUID | None) -> None:
        if actor.role in _LOOKS:
            return
        sees = await seen_by(actor, customer_id) if customer_id is not None else None
        if sees is None or not sees.conversations:
            raise HTTPException(403, customer_words().not_for_you)

    @router.get("/kinds")
    async def kinds(_: who) -> list[KindView]:
        return [KindView.of(name, kind) for name, kind in catalogue().kinds.items()]

    @router.get("")
    async def notices(
        actor: who,
        customer_id: UUID | None = None,
        subject: str | None = None,
        state: NoticeState | None = None,
        before: datetime | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[NoticeView]:
        """Newest first, with what became of each; ``subject`` is the number of a waybill or ticket."""
        await refuse_unless_seen(actor, customer_id)
        found = await service.found(customer_id=customer_id, subject=subject, state=state, before=before, limit=limit)
        return [NoticeView.of(row) for row in found]

    @router.get("/consents")
    async def consents(actor: who, customer_id: UUID) -> list[ConsentView]:
        """Everything the customer said about being told, newest first."""
        await refuse_unless_seen(actor, customer_id)
        return [ConsentView.of(row) for row in reversed((await service.consents(customer_id)).rows)]

    return router
