"""Handing over, over HTTP: ``/api/v1/handover``.  What a role may not do is 403, what is no longer possible 409."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from bot.conversations.schemas import ConversationView
from bot.errors import AccessRefusedError, BotError, NotFoundError, RefusedError
from bot.handover.schemas import (
    AgentView,
    MoveView,
    NoteRequest,
    StateRequest,
    TeamView,
    TransferRequest,
    VipRequest,
    WhisperRequest,
)
from bot.handover.service import Handover
from bot.refusals import refusing_route
from bot.staff.model import Actor

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (RefusedError, 409),
)


def make_router(handover: Handover, actor_of: Callable[[Request], Awaitable[Actor]]) -> APIRouter:
    """The routes, bound to their service."""
    router = APIRouter(prefix="/api/v1/handover", tags=["handover"], route_class=refusing_route(_STATUS))
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/me")
    async def me(actor: who) -> AgentView:
        return AgentView.of(await handover.me(actor))

    @router.put("/me")
    async def be(body: StateRequest, actor: who) -> AgentView:
        """Online, break or offline; 409 for going offline with conversations in hand."""
        return AgentView.of(await handover.be(actor, body.state))

    @router.post("/me/beat", status_code=204)
    async def beat(actor: who) -> None:
        """For programs without a page: more often than the grace, else the person is taken for gone."""
        await handover.beat(actor)

    @router.get("/agents")
    async def agents(actor: who) -> list[AgentView]:
        return [AgentView.of(card) for card in await handover.agents(actor)]

    @router.get("/teams")
    async def teams(actor: who) -> list[TeamView]:
        return [TeamView(name=name, label=label) for name, label in await handover.teams(actor)]

    @router.post("/conversations/{conversation_id}/accept")
    async def accept(conversation_id: UUID, actor: who) -> ConversationView:
        return await handover.accept(actor, conversation_id)

    @router.post("/conversations/{conversation_id}/decline", status_code=204)
    async def decline(conversation_id: UUID, actor: who) -> None:
        await handover.decline(actor, conversation_id)

    @router.post("/conversations/{conversation_id}/transfer")
    async def transfer(conversation_id: UUID, body: TransferRequest, actor: who) -> ConversationView:
        return await handover.transfer(actor, conversation_id, team=body.team, agent=body.agent, note=body.note)

    @router.post("/conversations/{conversation_id}/take-over")
    async def take_over(conversation_id: UUID, body: NoteRequest, actor: who) -> ConversationView:
        return await handover.take_over(actor, conversation_id, body.note)

    @router.post("/conversations/{conversation_id}/whisper", status_code=204)
    async def whisper(conversation_id: UUID, body: WhisperRequest, actor: who) -> None:
        await handover.whisper(actor, conversation_id, body.text)

    @router.get("/conversations/{conversation_id}/moves")
    async def moves(conversation_id: UUID, actor: who) -> list[MoveView]:
        return [MoveView.of(move) for move in await handover.moves(actor, conversation_id)]

    @router.put("/customers/{customer_id}/vip", status_code=204)
    async def vip(customer_id: UUID, body: VipRequest, actor: who) -> None:
        """Mark a key account; for who leads."""
        await handover.mark_vip(actor, customer_id, is_vip=body.vip)

    return router
