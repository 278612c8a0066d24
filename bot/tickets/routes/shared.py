"""What the routes share."""

from dataclasses import replace

from bot.tickets.model import Ticket
from bot.tickets.schemas import MoveRequest, TicketView
from bot.tickets.services import TicketServices
from bot.tickets.work import Request


def view(services: TicketServices, ticket: Ticket) -> TicketView:
    return TicketView.of(ticket, now=services.core.clock())


def seen_by(request: Request, body: MoveRequest) -> Request:
    """The request with the version of the ticket that the person has seen."""
    return replace(request, version=body.version)
