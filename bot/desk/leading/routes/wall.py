"""The wall, and what is done from it."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends

from bot.conversations.schemas import ConversationView
from bot.desk.leading.board import Board
from bot.desk.leading.schemas import HeldView, PassRequest, PutRequest, TranscriptView
from bot.desk.leading.services import Leading
from bot.handover.schemas import AgentView
from bot.staff.model import Actor


def add_wall(router: APIRouter, leading: Leading, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    moves = leading.reassigning

    @router.get("/wall")
    async def wall(actor: who) -> Board:
        """As it is, up to a second ago."""
        return await leading.wall.board(actor)

    @router.get("/agents/{username}/conversations")
    async def held(username: str, actor: who) -> list[HeldView]:
        return [HeldView.of(line) for line in await moves.held_by(actor, username)]

    @router.put("/agents/{username}/state")
    async def put(username: str, body: PutRequest, actor: who) -> AgentView:
        """On a break or offline, with a reason; 409 for online, which only the person itself can be."""
        return AgentView.of(await moves.put(actor, username, body.state, body.why))

    @router.get("/conversations/{conversation_id}")
    async def look(conversation_id: UUID, actor: who) -> TranscriptView:
        """Read along; kept in the audit."""
        return TranscriptView.of(await moves.look(actor, conversation_id))

    @router.post("/conversations/{conversation_id}/pass")
    async def pass_to(conversation_id: UUID, body: PassRequest, actor: who) -> ConversationView:
        """To a team or a colleague, whoever has it."""
        return await moves.pass_to(actor, conversation_id, team=body.team, agent=body.agent, note=body.note)
