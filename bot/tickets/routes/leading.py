"""What the tier above does: dispatch, review, urge, escalate, redirect, merge."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from bot.tickets.routes.shared import seen_by, view
from bot.tickets.routing import once
from bot.tickets.schemas import (
    AssignRequest,
    DispatchRequest,
    MergeRequest,
    PriorityRequest,
    ReasonRequest,
    RedirectRequest,
    ReviewRequest,
    TicketView,
    UrgeRequest,
)
from bot.tickets.services import TicketServices
from bot.tickets.work import Request


def add_leading(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]
    work = services.work

    @router.post("/{ticket_no}/dispatch")
    async def dispatch(ticket_no: str, body: DispatchRequest, request: wanted) -> TicketView:
        """To a unit, or to whoever the rules find."""
        return view(services, await work.dispatch(ticket_no, seen_by(request, body), unit=body.unit))

    @router.post("/{ticket_no}/assign")
    async def assign(ticket_no: str, body: AssignRequest, request: wanted) -> TicketView:
        """Another person of the unit that has it."""
        return view(services, await work.assign(ticket_no, seen_by(request, body), to=body.to))

    @router.post("/{ticket_no}/review-pass")
    async def review_pass(ticket_no: str, body: ReviewRequest, request: wanted) -> TicketView:
        """The review passes; the ticket closes, and the customer will be asked how it went."""
        return view(services, await work.review_pass(ticket_no, seen_by(request, body), words=body.words))

    @router.post("/{ticket_no}/send-back")
    async def send_back(ticket_no: str, body: ReasonRequest, request: wanted) -> TicketView:
        """The review does not pass: back to whoever has it, with the reason."""
        return view(services, await work.send_back(ticket_no, seen_by(request, body), reason=body.reason))

    @router.post("/{ticket_no}/priority")
    async def priority(ticket_no: str, body: PriorityRequest, request: wanted) -> TicketView:
        """Raise the priority, a step or straight to one."""
        seen = seen_by(request, body)
        return view(services, await work.raise_priority(ticket_no, seen, to=body.to, reason=body.reason))

    @router.post("/{ticket_no}/urge")
    async def urge(ticket_no: str, body: UrgeRequest, request: wanted) -> TicketView:
        """Urge whoever has it."""
        return view(services, await work.urge(ticket_no, seen_by(request, body), reason=body.reason))

    @router.post("/{ticket_no}/escalate")
    async def escalate(ticket_no: str, body: ReasonRequest, request: wanted) -> TicketView:
        """One tier up."""
        return view(services, await work.escalate(ticket_no, seen_by(request, body), reason=body.reason))

    @router.post("/{ticket_no}/redirect")
    async def redirect(ticket_no: str, body: RedirectRequest, request: wanted) -> TicketView:
        """To another unit."""
        seen = seen_by(request, body)
        return view(services, await work.redirect(ticket_no, seen, unit=body.unit, reason=body.reason))

    @router.post("/{ticket_no}/merge")
    async def merge(ticket_no: str, body: MergeRequest, request: wanted) -> TicketView:
        """Into another ticket of the same waybill, which goes on."""
        return view(services, await work.merge(ticket_no, seen_by(request, body), into=body.into))
