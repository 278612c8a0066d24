"""What whoever has a ticket does with it, and what comes after its end."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from bot.tickets.routes.shared import seen_by, view
from bot.tickets.routing import once
from bot.tickets.schemas import (
    AdmitRequest,
    CloseRequest,
    FollowUpRequest,
    HandleRequest,
    MoveRequest,
    PauseRequest,
    ReasonRequest,
    TicketView,
)
from bot.tickets.services import TicketServices
from bot.tickets.work import Request


def add_handling(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]
    work = services.work

    @router.post("/{ticket_no}/accept")
    async def accept(ticket_no: str, body: MoveRequest, request: wanted) -> TicketView:
        """Begin to work on it."""
        return view(services, await work.accept(ticket_no, seen_by(request, body)))

    @router.post("/{ticket_no}/handle")
    async def handle(ticket_no: str, body: HandleRequest, request: wanted) -> TicketView:
        """What was done, with evidence; the tier above reviews it next."""
        seen = seen_by(request, body)
        return view(services, await work.handle(ticket_no, seen, done=body.done, evidence=body.evidence))

    @router.post("/{ticket_no}/pause")
    async def pause(ticket_no: str, body: PauseRequest, request: wanted) -> TicketView:
        """Stop the clock, for a listed reason."""
        seen = seen_by(request, body)
        return view(services, await work.pause(ticket_no, seen, reason=body.reason, note=body.note))

    @router.post("/{ticket_no}/resume")
    async def resume(ticket_no: str, body: MoveRequest, request: wanted) -> TicketView:
        """Let the clock run again."""
        return view(services, await work.resume(ticket_no, seen_by(request, body)))

    @router.post("/{ticket_no}/admit")
    async def admit(ticket_no: str, body: AdmitRequest, request: wanted) -> TicketView:
        """It was our fault; while a chain of evidence runs, that ends it."""
        return view(services, await work.admit(ticket_no, seen_by(request, body), words=body.words))

    @router.post("/{ticket_no}/close")
    async def close(ticket_no: str, body: CloseRequest, request: wanted) -> TicketView:
        """Answer a feedback, which needs no review."""
        return view(services, await work.close(ticket_no, seen_by(request, body), answer=body.answer))

    @router.post("/{ticket_no}/follow-up")
    async def follow_up(ticket_no: str, body: FollowUpRequest, request: wanted) -> TicketView:
        """What the customer says about a closed ticket; dissatisfied, it is reopened once."""
        seen = seen_by(request, body)
        answered = await work.answer_follow_up(ticket_no, seen, satisfied=body.satisfied, words=body.words)
        return view(services, answered)

    @router.post("/{ticket_no}/reopen")
    async def reopen(ticket_no: str, body: ReasonRequest, request: wanted) -> TicketView:
        """Once more, at higher priority."""
        return view(services, await work.reopen(ticket_no, seen_by(request, body), reason=body.reason))
