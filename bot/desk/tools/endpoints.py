"""The router of the tools.  Every route refuses callers without a role for it."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from bot.desk.tools.routes.beside import add_answers, add_notes, add_speech, add_summary
from bot.desk.tools.routes.canned import add_canned
from bot.desk.tools.routes.leading import add_lexicon, add_tasks
from bot.desk.tools.services import DeskTools
from bot.errors import AccessRefusedError, BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (RefusedError, 409),
)


def make_router(tools: DeskTools, actor_of: Callable[..., Any]) -> APIRouter:
    """``/api/v1/desk/tools``, bound to its services."""
    router = APIRouter(prefix="/api/v1/desk/tools", tags=["desk tools"], route_class=refusing_route(_STATUS))
    for add in (add_lexicon, add_canned, add_answers, add_notes, add_speech, add_summary, add_tasks):
        add(router, tools, actor_of)
    return router
