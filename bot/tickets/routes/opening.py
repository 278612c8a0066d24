"""New tickets, more contacts, complaints and appeals."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from bot.tickets.opening import Matter
from bot.tickets.routes.shared import seen_by, view
from bot.tickets.routing import once
from bot.tickets.schemas import AppealRequest, AppendRequest, ComplaintRequest, OpenedView, OpenRequest, TicketView
from bot.tickets.services import TicketServices
from bot.tickets.work import Request


def add_opening(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]

    @router.post("", status_code=201)
    async def create(body: OpenRequest, request: wanted) -> OpenedView:
        """A ticket by hand; where the case is open already, one more contact on it."""
        matter = Matter(**body.model_dump())
        opened, appended = await services.work.open(matter, request)
        return OpenedView(ticket=view(services, opened), appended=appended)

    @router.post("/{ticket_no}/append")
    async def append(ticket_no: str, body: AppendRequest, request: wanted) -> TicketView:
        """One more contact; the priority rises."""
        return view(services, await services.work.append(ticket_no, seen_by(request, body), text=body.text))

    @router.post("/{ticket_no}/complaint", status_code=201)
    async def complain(ticket_no: str, body: ComplaintRequest, request: wanted) -> OpenedView:
        """A complaint out of a service ticket."""
        opened, appended = await services.arbitration.complain(
            ticket_no, request, text=body.text, category=body.category
        )
        return OpenedView(ticket=view(services, opened), appended=appended)

    @router.post("/{ticket_no}/appeal", status_code=201)
    async def appeal(ticket_no: str, body: AppealRequest, request: wanted) -> OpenedView:
        """An appeal against the ruling on a complaint: once a party, within the window."""
        opened, joined = await services.arbitration.appeal(ticket_no, request, text=body.text)
        return OpenedView(ticket=view(services, opened), appended=joined)
