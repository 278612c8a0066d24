"""Webhooks over HTTP, for administrators: ``/api/v1/webhooks``."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query

from bot.outbox.model import DeliveryState
from bot.outbox.schemas import (
    Deactivation,
    DeliveryView,
    KindView,
    NewSubscription,
    NewSubscriptionView,
    PingView,
    ResentView,
    SubscriptionView,
    kind_views,
)
from bot.outbox.webhooks import WebhookService
from bot.staff.model import Actor, Role


def make_router(service: WebhookService, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    """
    router = APIRouter(prefix="/api/v1/webhooks", tags=["webhooks"])

    async def admin_of(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role is not Role.admin:
            raise HTTPException(403, "只有管理员可以管理事件推送")
        return actor

    who = Annotated[Actor, Depends(admin_of)]

    @router.get("/kinds")
    async def kinds(_: who) -> list[KindView]:
        """What can be subscribed to."""
        return kind_views()

    @router.get("/subscriptions")
    async def subscriptions(_: who) -> list[SubscriptionView]:
        return [SubscriptionView.of(each) for each in await service.subscriptions()]

    @router.post("/subscriptions", status_code=201)
    async def subscribe(body: NewSubscription, actor: who) -> NewSubscriptionView:
        """The answer holds the secret; it is not shown again."""
        made = await service.subscribe(body.url, body.kinds, body.description, by=actor.name)
        return NewSubscriptionView.model_validate(made, from_attributes=True)

    @router.post("/subscriptions/{subscription_id}/deactivate")
    async def deactivate(subscription_id: UUID, body: Deactivation, actor: who) -> SubscriptionView:
        return SubscriptionView.of(await service.deactivate(subscription_id, body.why, by=actor.name))

    @router.post("/subscriptions/{subscription_id}/ping")
    async def ping(subscription_id: UUID, _: who) -> PingView:
        """Send a test event now, once, and say what the receiver answered."""
        return PingView.of(await service.ping(subscription_id))

    @router.get("/deliveries")
    async def deliveries(
        _: who,
        state: DeliveryState | None = None,
        subscription_id: UUID | None = None,
        before: datetime | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[DeliveryView]:
        """Newest first; ``state=dead`` are the dead letters."""
        found = await service.deliveries(state=state, subscription_id=subscription_id, before=before, limit=limit)
        return [DeliveryView.of(told) for told in found]

    @router.post("/deliveries/{delivery_id}/resend")
    async def resend(delivery_id: UUID, _: who) -> ResentView:
        return ResentView.of(await service.resend(delivery_id))

    return router
