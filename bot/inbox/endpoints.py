"""Letters over HTTP, for administrators and supervisors: ``/api/v1/inbox``."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from pydantic import BaseModel

from bot.clock import Clock
from bot.errors import BotError, NotFoundError, RefusedError
from bot.inbox.model import InboxLetter, LetterState
from bot.inbox.shelf import Shelf
from bot.refusals import refusing_route
from bot.staff.model import Actor, Role

_MAY = {Role.admin, Role.supervisor}
_STATUS: tuple[tuple[type[BotError], int], ...] = ((NotFoundError, 404), (RefusedError, 409))


class LetterView(BaseModel):
    """A letter without what stands in it: that is between the platform and the customer."""

    id: int
    channel: str
    state: LetterState
    attempts: int
    error: str | None
    received_at: datetime
    next_at: datetime | None
    closed_at: datetime | None

    @classmethod
    def of(cls, row: InboxLetter) -> "LetterView":
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


def make_router(shelf: Shelf, actor_of: Callable[..., Any], clock: Clock) -> APIRouter:
    """The routes.

    Parameters
    ----------
    actor_of: a FastAPI dependency that says who asks (`Actor`) and refuses strangers.
    """
    router = APIRouter(prefix="/api/v1/inbox", tags=["inbox"], route_class=refusing_route(_STATUS))

    async def allowed(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role not in _MAY:
            raise HTTPException(403, "只有管理员和主管可以查看平台来信")
        return actor

    who = Annotated[Actor, Depends(allowed)]

    @router.get("")
    async def letters(
        _: who,
        state: LetterState | None = None,
        before: int | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[LetterView]:
        """Newest first; ``state=aside`` are those that could not be read."""
        return [LetterView.of(row) for row in await shelf.found(state=state, before=before, limit=limit)]

    @router.post("/{letter_id}/retry")
    async def retry(letter_id: int, _: who) -> LetterView:
        """Read one again that was put aside."""
        return LetterView.of(await shelf.retry(letter_id))

    @router.post("/{letter_id}/drop")
    async def drop(letter_id: int, _: who) -> LetterView:
        """Nobody needs it any more."""
        return LetterView.of(await shelf.drop(letter_id, at=clock()))

    return router
