"""Statements and rulings."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from bot.tickets.arbitration import Judgement
from bot.tickets.routes.shared import seen_by, view
from bot.tickets.routing import once
from bot.tickets.schemas import RulingRequest, StatementRequest, TicketView
from bot.tickets.services import TicketServices
from bot.tickets.work import Request


def add_arbitrating(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]
    arbitration = services.arbitration

    @router.post("/{ticket_no}/statement")
    async def statement(ticket_no: str, body: StatementRequest, request: wanted) -> TicketView:
        """What a side of the dispute has to say."""
        seen = seen_by(request, body)
        said = await arbitration.state(ticket_no, seen, text=body.text, side=body.side, evidence=body.evidence)
        return view(services, said)

    @router.post("/{ticket_no}/ruling")
    async def ruling(ticket_no: str, body: RulingRequest, request: wanted) -> TicketView:
        """Decide a complaint, or an appeal; the ledger follows by rule."""
        judgement = Judgement(text=body.text, effect=body.effect, finding=body.finding, liable_unit=body.liable_unit)
        return view(services, await arbitration.rule(ticket_no, seen_by(request, body), judgement))
