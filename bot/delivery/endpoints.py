"""Deliveries over HTTP, for administrators and supervisors: ``/api/v1/deliveries``."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel

from bot.delivery.model import Delivery, SendState, Trouble
from bot.delivery.service import DeliveryService
from bot.delivery.words import masked, why_not
from bot.errors import BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route
from bot.staff.model import Actor, Role

_MAY = {Role.admin, Role.supervisor}
_STATUS: tuple[tuple[type[BotError], int], ...] = ((NotFoundError, 404), (RefusedError, 409))


class DeliveryView(BaseModel):
    """A delivery as people look at it; the recipient is masked, ``problem`` is one Chinese sentence."""

    id: UUID
    number: int
    channel: str
    recipient: str
    author: str
    text: str
    notice_kind: str | None
    conversation_id: UUID | None
    seq: int | None
    state: SendState
    parts: int | None
    parts_sent: int
    attempts: int
    trouble: Trouble | None
    problem: str | None
    code: str
    error: str
    next_at: datetime | None
    created_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    read_at: datetime | None

    @classmethod
    def of(cls, row: Delivery) -> "DeliveryView":
        own = {"recipient": masked(row.recipient), "problem": why_not(row)}
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields if name not in own} | own)


def make_router(service: DeliveryService, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    """
    router = APIRouter(prefix="/api/v1/deliveries", tags=["deliveries"], route_class=refusing_route(_STATUS))

    async def allowed(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role not in _MAY:
            raise HTTPException(403, "只有管理员和主管可以查看和处理消息发送")
        return actor

    who = Annotated[Actor, Depends(allowed)]

    @router.get("")
    async def deliveries(
        _: who,
        state: SendState | None = None,
        channel: str | None = None,
        conversation_id: UUID | None = None,
        before: int | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[DeliveryView]:
        """Newest first; ``state=dead`` are the dead letters, ``before`` the ``number`` to go on from."""
        found = await service.found(
            state=state, channel=channel, conversation_id=conversation_id, before=before, limit=limit
        )
        return [DeliveryView.of(row) for row in found]

    @router.post("/{delivery_id}/resend")
    async def resend(delivery_id: UUID, _: who) -> DeliveryView:
        """Send a dead, held or dropped one again, from the part that failed."""
        return DeliveryView.of(await service.resend(delivery_id))

    @router.post("/{delivery_id}/drop")
    async def drop(delivery_id: UUID, _: who) -> DeliveryView:
        """Nobody wants it any more."""
        return DeliveryView.of(await service.drop(delivery_id))

    return router
