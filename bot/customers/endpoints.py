"""Customers over HTTP: ``/api/v1/customers``, for staff."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query

from bot.customers.schemas import CustomerView, MergeView, Preference, TimelineView, Undo
from bot.customers.service import CustomerService
from bot.customers.timeline import Place, Sees
from bot.customers.words import customer_words
from bot.errors import BadQueryError, IllegalMoveError, NotFoundError
from bot.refusals import refusing_route
from bot.staff.model import Actor, Role

SeenBy = Callable[[Actor, UUID], Awaitable[Sees | None]]
"""What of a customer somebody may see; None for nothing at all."""

_UNDO = {Role.supervisor, Role.admin}
_ROUTE = refusing_route([(BadQueryError, 400), (NotFoundError, 404), (IllegalMoveError, 409)])


def make_router(service: CustomerService, actor_of: Callable[..., Any], seen_by: SeenBy) -> APIRouter:
    """The routes.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    seen_by: whom somebody may see, and what of them; a stranger's customer is as good as unknown.
    """
    router = APIRouter(prefix="/api/v1/customers", tags=["customers"], route_class=_ROUTE)

    async def sight(customer_id: UUID, actor: Annotated[Actor, Depends(actor_of)]) -> Sees:
        try:
            sees = await seen_by(actor, (await service.get(customer_id)).id)
        except NotFoundError as error:
            raise HTTPException(404, customer_words().unknown_customer) from error
        if sees is None:
            raise HTTPException(404, customer_words().unknown_customer)
        return sees

    seen = Annotated[Sees, Depends(sight)]

    @router.get("/{customer_id}")
    async def customer(customer_id: UUID, _: seen) -> CustomerView:
        """Who it is, by which names, and where they can be written to."""
        found = await service.get(customer_id)
        return CustomerView.of(found, await service.identities(found.id), await service.reachable(found.id))

    @router.get("/{customer_id}/timeline")
    async def timeline(
        customer_id: UUID, sees: seen, before: str | None = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> TimelineView:
        """What was said and what happened on all channels, newest first."""
        place = Place.of(before) if before else None
        return TimelineView.of(await service.timeline(customer_id, place, limit, sees=sees))

    @router.get("/{customer_id}/merges")
    async def merges(customer_id: UUID, _: seen) -> list[MergeView]:
        """With whom the customer was found to be one, newest first."""
        return [MergeView.of(each) for each in await service.merges(customer_id)]

    @router.put("/{customer_id}/preference", status_code=204)
    async def preference(customer_id: UUID, body: Preference, _: seen) -> None:
        """By which channel the customer wants to hear from us."""
        await service.prefer(customer_id, body.channel)

    @router.post("/merges/{merge_id}/undo")
    async def undo(merge_id: UUID, body: Undo, actor: Annotated[Actor, Depends(actor_of)]) -> MergeView:
        """Make two of one again; supervisors and administrators, with a reason."""
        if actor.role not in _UNDO:
            raise HTTPException(403, customer_words().only_supervisors)
        return MergeView.of(await service.undo(merge_id, by=actor.name, why=body.why))

    return router
