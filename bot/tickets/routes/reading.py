"""Lists, a ticket with its events, the catalogue, summaries."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from bot.errors import BadQueryError
from bot.network.model import Tier
from bot.staff.model import Actor
from bot.tickets.access import refuse_unless_sees, refuse_unless_summarises
from bot.tickets.catalogue import causes
from bot.tickets.kinds import Priority, TicketKind, TicketStatus
from bot.tickets.opening import Contact
from bot.tickets.queries import Filters, Sort
from bot.tickets.routes.shared import view
from bot.tickets.routing import once
from bot.tickets.schemas import (
    CatalogueView,
    CategoryView,
    GroupView,
    PageView,
    PauseReasonView,
    SummaryRequest,
    SummaryView,
    TicketDetail,
)
from bot.tickets.services import TicketServices
from bot.tickets.terms import pause_reasons
from bot.tickets.words import ticket_words
from bot.tickets.work import Request


def add_reading(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]

    @router.get("")
    async def page(
        actor: who,
        status: TicketStatus | None = None,
        kind: TicketKind | None = None,
        category: str | None = None,
        tier: Tier | None = None,
        owner_unit: str | None = None,
        outlet: str | None = None,
        province: str | None = None,
        assignee: str | None = None,
        priority: Priority | None = None,
        overdue: bool | None = None,
        waybill_no: str | None = None,
        customer_id: UUID | None = None,
        parent_no: str | None = None,
        text: Annotated[str | None, Query(max_length=50)] = None,
        sort: Sort = Sort.due_at,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> PageView:
        """The tickets this person may see: open ones unless told otherwise, soonest due first."""
        filters = Filters(
            status=status,
            kind=kind,
            category=category,
            tier=tier,
            owner_unit=owner_unit,
            outlet=outlet,
            province=province,
            assignee=assignee,
            priority=priority,
            overdue=overdue,
            waybill_no=waybill_no,
            customer_id=customer_id,
            parent_no=parent_no,
            text=text,
        )
        found = await services.queries.page(actor, filters, sort=sort, cursor=cursor, limit=limit)
        return PageView(tickets=tuple(view(services, ticket) for ticket in found.tickets), next=found.next)

    @router.get("/catalogue")
    async def catalogue(actor: who) -> CatalogueView:  # noqa: ARG001
        """Categories by group, and the reasons for which a clock may stand still."""
        groups = services.core.catalogue().tree().items()
        return CatalogueView(
            groups=tuple(
                GroupView(zh=zh, categories=tuple(CategoryView.of(leaf, causes()) for leaf in leaves))
                for zh, leaves in groups
            ),
            pause_reasons=tuple(
                PauseReasonView(id=name, zh=reason.zh, at_most_hours=reason.at_most_hours)
                for name, reason in pause_reasons(services.core.around.rules()).items()
            ),
        )

    @router.get("/summaries")
    async def summaries(
        actor: who, waybill_no: str | None = None, conversation_id: UUID | None = None
    ) -> list[SummaryView]:
        """What was settled without a ticket, under a waybill or in a conversation."""
        refuse_unless_summarises(actor)
        if conversation_id is not None:
            found = await services.tickets.summaries_of(conversation_id)
        elif waybill_no is not None:
            found = await services.tickets.summaries_of_waybill(waybill_no)
        else:
            raise BadQueryError(ticket_words().api["summaries_of_what"])
        return [SummaryView.of(summary) for summary in found]

    @router.post("/summaries", status_code=204)
    async def summarise(body: SummaryRequest, request: wanted) -> None:
        """Write the summary of a matter that needed no ticket."""
        refuse_unless_summarises(request.actor)
        contact = Contact(body.customer_id, body.conversation_id, body.turn, by=request.actor.name)
        await services.tickets.summarise(body.wrap_up_code, body.text, waybill_no=body.waybill_no, contact=contact)

    @router.get("/{ticket_no}")
    async def ticket(ticket_no: str, actor: who) -> TicketDetail:
        """A ticket with everything that happened to it, and what this person could do with it."""
        async with services.core.database.transaction() as session:
            found = await services.core.store.find(session, ticket_no)
            refuse_unless_sees(actor, found)
            events = await services.core.store.events(session, ticket_no)
            is_appeal = found.kind == TicketKind.appeal
            about_no = found.parent_no if is_appeal and found.parent_no else ticket_no
            rulings = await services.arbitration.rulings(session, about_no)
        return TicketDetail.of(found, events, rulings, actor, now=services.core.clock())
