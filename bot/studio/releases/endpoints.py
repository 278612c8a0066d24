"""Releases over HTTP: trained, reported, published, compared and taken back."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from pydantic import BaseModel

from bot.errors import AccessRefusedError, BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.studio.releases.report import ReleaseReport
from bot.studio.releases.schemas import (
    ComparisonView,
    OverviewView,
    PublishWish,
    ReleaseView,
    RollBackWish,
    TrainWish,
    WidenWish,
)
from bot.studio.releases.service import Releases
from bot.studio.releases.states import TrainingKind

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (RefusedError, 409),
)
ActorOf = Callable[[Request], Awaitable[Actor]]


class Named(BaseModel):
    """The name of a release."""

    name: str


def make_router(releases: Releases, actor_of: ActorOf) -> APIRouter:
    """``/api/v1/studio/releases``: 403 for who may not, 409 with a sentence where something is not possible."""
    router = APIRouter(prefix="/api/v1/studio/releases", tags=["studio"], route_class=refusing_route(_STATUS))
    As = Annotated[Actor, Depends(actor_of)]  # noqa: N806 - a type

    @router.get("")
    async def history(
        actor: As, before: datetime | None = None, limit: Annotated[int, Query(ge=1, le=100)] = 20
    ) -> list[ReleaseView]:
        """Newest first."""
        return await releases.history(actor, before=before, limit=limit)

    @router.get("/now")
    async def now(actor: As) -> OverviewView:
        """What serves, what is tried, and what is trained."""
        return await releases.overview(actor)

    @router.get("/comparison")
    async def comparison(actor: As) -> ComparisonView | None:
        """How the candidate does beside the stable release, on customers of the same days."""
        return await releases.comparison(actor)

    @router.post("", status_code=status.HTTP_202_ACCEPTED)
    async def train(actor: As, wish: TrainWish) -> Named:
        """Have the draft trained as it is now."""
        kind = TrainingKind.thorough if wish.thorough else TrainingKind.quick
        return Named(name=await releases.train(actor, kind=kind, note=wish.note))

    @router.post("/widen", status_code=status.HTTP_204_NO_CONTENT)
    async def widen(actor: As, wish: WidenWish) -> None:
        """A larger share of new conversations for the candidate."""
        await releases.widen(actor, wish.share)

    @router.post("/rollback")
    async def roll_back(actor: As, wish: RollBackWish) -> Named:
        """Take the candidate back; or, without one, go back to what served before."""
        return Named(name=await releases.roll_back(actor, why=wish.why, to=wish.to))

    @router.get("/{name}")
    async def release(actor: As, name: str) -> ReleaseView:
        """With its changes and the last lines of its training."""
        return await releases.release(actor, name)

    @router.get("/{name}/report")
    async def report(actor: As, name: str) -> ReleaseReport:
        """Old against new, sentence by sentence, and the gates."""
        found = await releases.report(actor, name)
        if found is None:
            raise HTTPException(404, "not measured yet")
        return found

    @router.post("/{name}/publish", status_code=status.HTTP_204_NO_CONTENT)
    async def publish(actor: As, name: str, wish: PublishWish) -> None:
        """Try it on a share of new conversations."""
        await releases.publish(actor, name, share=wish.share, override=wish.override)

    @router.post("/{name}/cancel", status_code=status.HTTP_204_NO_CONTENT)
    async def cancel(actor: As, name: str) -> None:
        """Call its training off."""
        await releases.cancel(actor, name)

    return router
