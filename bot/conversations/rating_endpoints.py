"""Ratings over HTTP, for supervisors: ``/api/v1/ratings``."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import AwareDatetime, BaseModel

from bot.conversations.ratings import About, RatingService, RatingView
from bot.staff.model import Actor, Role


class AverageView(BaseModel):
    """How the bot, or one person, was rated."""

    about: About
    agent_name: str | None
    answered: int
    average: float


def make_router(ratings: RatingService, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes.  ``actor_of``: a FastAPI dependency that says who asks and refuses strangers."""
    router = APIRouter(prefix="/api/v1/ratings", tags=["ratings"])

    async def leader(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role not in (Role.admin, Role.supervisor):
            raise HTTPException(403, "只有主管和管理员可以查看评价")
        return actor

    who = Annotated[Actor, Depends(leader)]
    moment = Annotated[AwareDatetime, Query()]

    @router.get("")
    async def between(
        _: who, since: moment, until: moment, limit: Annotated[int, Query(ge=1, le=2000)] = 500
    ) -> list[RatingView]:
        """What was offered in this time, newest first; without a score where nobody answered."""
        return await ratings.between(since, until, limit=limit)

    @router.get("/averages")
    async def averages(_: who, since: moment, until: moment) -> list[AverageView]:
        """The mean score of the bot and of each person."""
        return [_average(*row) for row in await ratings.averages(since, until)]

    @router.get("/conversations/{conversation_id}")
    async def of_conversation(conversation_id: UUID, _: who) -> list[RatingView]:
        return await ratings.of_conversation(conversation_id)

    return router


def _average(about: About, agent_name: str | None, answered: int, average: float) -> AverageView:
    return AverageView(about=about, agent_name=agent_name, answered=answered, average=round(average, 2))
