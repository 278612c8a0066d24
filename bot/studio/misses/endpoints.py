"""Misses over HTTP: ``/api/v1/studio/misses``.  What a role may not do is 403, what somebody did already 409."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from bot.errors import AccessRefusedError, BadQueryError, BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.studio.misses.kinds import GroupSort, MissState
from bot.studio.misses.lists import LONGEST, PAGE
from bot.studio.misses.schemas import (
    BesideView,
    FilterParams,
    GroupsView,
    MembersView,
    MendRequest,
    MendView,
    MissIds,
    UndoneView,
    WarningsRequest,
    WarningView,
    WordedView,
)
from bot.studio.misses.service import Misses

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (BadQueryError, 400),
    (RefusedError, 409),
)
_Cursor = Annotated[str | None, Query(max_length=200, description="The `next` of the page before.")]
_Limit = Annotated[int, Query(ge=1, le=LONGEST)]


def make_router(misses: Misses, actor_of: Callable[[Request], Awaitable[Actor]]) -> APIRouter:
    """The routes, bound to their service."""
    router = APIRouter(prefix="/api/v1/studio/misses", tags=["studio"], route_class=refusing_route(_STATUS))
    _add_lists(router, misses, actor_of)
    _add_mending(router, misses, actor_of)
    return router


def _add_lists(router: APIRouter, misses: Misses, actor_of: Callable[[Request], Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    wanted = Annotated[FilterParams, Query()]

    @router.get("/groups", summary="Misses of like meaning")
    async def groups(
        actor: who,
        wanted: wanted,
        sort: GroupSort = GroupSort.size,
        cursor: _Cursor = None,
        limit: _Limit = PAGE,
    ) -> GroupsView:
        found = await misses.groups(actor, wanted.filters, sort=sort, cursor=cursor, limit=limit)
        return GroupsView.model_validate(found)

    @router.get("", summary="Misses, the newest first")
    async def members(
        actor: who, wanted: wanted, group: int | None = None, cursor: _Cursor = None, limit: _Limit = PAGE
    ) -> MembersView:
        found = await misses.members(actor, wanted.filters, group_id=group, cursor=cursor, limit=limit)
        return MembersView.model_validate(found)

    @router.get("/counts")
    async def counts(actor: who) -> dict[MissState, int]:
        return await misses.counts(actor)

    @router.get("/{miss_id}", summary="The conversation around a miss, and what the bot made of it")
    async def beside(miss_id: int, actor: who) -> BesideView:
        """Nobody can be recognised in it."""
        return BesideView.of(await misses.beside(actor, miss_id))


def _add_mending(router: APIRouter, misses: Misses, actor_of: Callable[[Request], Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.post("/proposed", summary="What would be taught of these")
    async def proposed(body: MissIds, actor: who) -> list[WordedView]:
        """With made-up names and numbers, each sentence once."""
        return [WordedView.model_validate(one) for one in await misses.proposed(actor, body)]

    @router.post("/answers", summary="What agents answered in these conversations")
    async def answers(body: MissIds, actor: who) -> list[str]:
        """Masked, the most typical first."""
        return await misses.answers(actor, body)

    @router.post("/warnings", summary="What speaks against teaching these sentences")
    async def warnings(body: WarningsRequest, actor: who) -> list[WarningView]:
        found = await misses.warnings(actor, body.texts, intent=body.intent, topic=body.topic)
        return [WarningView.model_validate(one) for one in found]

    @router.post("/mend", summary="Deal with misses in one step")
    async def mend(body: MendRequest, actor: who) -> MendView:
        """409 for what the bot must not learn, and where all of them were dealt with already."""
        ids = list(body.misses) or (await misses.of_group(actor, body.group) if body.group is not None else [])
        return MendView.model_validate(await misses.mend(actor, ids, body.how, why=body.why))

    @router.post("/mends/{mend_id}/undo", summary="Take a step back")
    async def undo(mend_id: UUID, actor: who) -> UndoneView:
        return UndoneView(reopened=await misses.undo(actor, mend_id))
