"""Tickets over HTTP: ``/api/v1/tickets``.

Every POST honours ``Idempotency-Key``.  Refusals are ``{"detail": 中文}``: 403 not for this person, 404 unknown (to
them), 409 not possible as things stand, 422 the request makes no sense.
"""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter

from bot.tickets.routes.arbitrating import add_arbitrating
from bot.tickets.routes.handling import add_handling
from bot.tickets.routes.leading import add_leading
from bot.tickets.routes.opening import add_opening
from bot.tickets.routes.reading import add_reading
from bot.tickets.routing import TicketRoute
from bot.tickets.services import TicketServices

_REFUSAL = {"content": {"application/json": {"example": {"detail": "工单 GD2600000001 已由 agent:wang 接手。"}}}}
_REFUSALS: dict[int | str, dict[str, Any]] = dict.fromkeys((403, 404, 409, 422), _REFUSAL)


def make_router(services: TicketServices, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes, bound to their services.

    Parameters
    ----------
    actor_of: a FastAPI dependency that gives the `Actor` behind a request, or refuses with 401.
    """
    router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"], route_class=TicketRoute, responses=_REFUSALS)
    add_reading(router, services, actor_of)
    add_opening(router, services, actor_of)
    add_handling(router, services, actor_of)
    add_leading(router, services, actor_of)
    add_arbitrating(router, services, actor_of)
    return router
