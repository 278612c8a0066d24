"""Supervising over HTTP: ``/api/v1/leading``.  What a role may not do is 403, what is not possible 409."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from bot.desk.leading.routes.quality import add_results, add_samples, add_sheets
from bot.desk.leading.routes.satisfaction import add_satisfaction
from bot.desk.leading.routes.wall import add_wall
from bot.desk.leading.services import Leading
from bot.errors import AccessRefusedError, BadQueryError, BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (BadQueryError, 422),
    (RefusedError, 409),
)


def make_router(leading: Leading, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes.  ``actor_of``: a FastAPI dependency that says who asks and refuses strangers."""
    router = APIRouter(prefix="/api/v1/leading", tags=["leading"], route_class=refusing_route(_STATUS))
    for add in (add_wall, add_sheets, add_samples, add_results, add_satisfaction):
        add(router, leading, actor_of)
    return router
