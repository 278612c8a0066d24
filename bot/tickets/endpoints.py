"""Tickets over HTTP: ``/api/v1/tickets``.

Every POST honours ``Idempotency-Key``.  Refusals are ``{"detail": 中文}``: 403 not for this person, 404 unknown (to
them), 409 not possible as things stand, 422 the request makes no sense.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from bot.errors import BadQueryError
from bot.network.model import Tier
from bot.staff.model import Actor
from bot.tickets.access import refuse_unless_sees, refuse_unless_summarises
from bot.tickets.arbitration import Judgement
from bot.tickets.catalogue import causes
from bot.tickets.kinds import Priority, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.opener import Matter
from bot.tickets.opening import Contact
from bot.tickets.queries import Filters, Sort
from bot.tickets.routing import TicketRoute, once
from bot.tickets.schemas import (
    AdmitRequest,
    AppealRequest,
    AppendRequest,
    AssignRequest,
    CatalogueView,
    CategoryView,
    CloseRequest,
    ComplaintRequest,
    DispatchRequest,
    FollowUpRequest,
    GroupView,
    HandleRequest,
    MergeRequest,
    MoveRequest,
    OpenedView,
    OpenRequest,
    PageView,
    PauseReasonView,
    PauseRequest,
    PriorityRequest,
    ReasonRequest,
    RedirectRequest,
    ReviewRequest,
    RulingRequest,
    StatementRequest,
    SummaryRequest,
    SummaryView,
    TicketDetail,
    TicketView,
    UrgeRequest,
)
from bot.tickets.services import TicketServices
from bot.tickets.terms import terms
from bot.tickets.words import ticket_words
from bot.tickets.work import Request

_REFUSAL = {"content": {"application/json": {"example": {"detail": "工单 GD2600000001 已由 agent:wang 接手。"}}}}
_REFUSALS: dict[int | str, dict[str, Any]] = dict.fromkeys((403, 404, 409, 422), _REFUSAL)


def make_router(services: TicketServices, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes, bound to their services.

    Parameters
    ----------
    actor_of: a FastAPI dependency that gives the `Actor` behind a request, or refuses with 401.
    """
    router = APIRouter(prefix="/api/v1/tickets", tags=["tickets"], route_class=TicketRoute, responses=_REFUSALS)
    _add_reading(router, services, actor_of)
    _add_opening(router, services, actor_of)
    _add_work(router, services, actor_of)
    _add_leading(router, services, actor_of)
    _add_arbitration(router, services, actor_of)
    return router


def _add_reading(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
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
        return PageView(tickets=tuple(_view(services, ticket) for ticket in found.tickets), next=found.next)

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
                for name, reason in terms().pause_reasons.items()
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


def _add_opening(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]

    @router.post("", status_code=201)
    async def create(body: OpenRequest, request: wanted) -> OpenedView:
        """A ticket by hand; where the case is open already, one more contact on it."""
        matter = Matter(**body.model_dump())
        opened, appended = await services.work.open(matter, request)
        return OpenedView(ticket=_view(services, opened), appended=appended)

    @router.post("/{ticket_no}/append")
    async def append(ticket_no: str, body: AppendRequest, request: wanted) -> TicketView:
        """One more contact; the priority rises."""
        return _view(services, await services.work.append(ticket_no, _seen(request, body), text=body.text))

    @router.post("/{ticket_no}/complaint", status_code=201)
    async def complain(ticket_no: str, body: ComplaintRequest, request: wanted) -> OpenedView:
        """A complaint out of a service ticket."""
        opened, appended = await services.arbitration.complain(
            ticket_no, request, text=body.text, category=body.category
        )
        return OpenedView(ticket=_view(services, opened), appended=appended)

    @router.post("/{ticket_no}/appeal", status_code=201)
    async def appeal(ticket_no: str, body: AppealRequest, request: wanted) -> OpenedView:
        """An appeal against the ruling on a complaint: once a party, within the window."""
        opened, joined = await services.arbitration.appeal(ticket_no, request, text=body.text)
        return OpenedView(ticket=_view(services, opened), appended=joined)


def _add_work(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]
    work = services.work

    @router.post("/{ticket_no}/accept")
    async def accept(ticket_no: str, body: MoveRequest, request: wanted) -> TicketView:
        """Begin to work on it."""
        return _view(services, await work.accept(ticket_no, _seen(request, body)))

    @router.post("/{ticket_no}/handle")
    async def handle(ticket_no: str, body: HandleRequest, request: wanted) -> TicketView:
        """What was done, with evidence; the tier above reviews it next."""
        seen = _seen(request, body)
        return _view(services, await work.handle(ticket_no, seen, done=body.done, evidence=body.evidence))

    @router.post("/{ticket_no}/pause")
    async def pause(ticket_no: str, body: PauseRequest, request: wanted) -> TicketView:
        """Stop the clock, for a listed reason."""
        seen = _seen(request, body)
        return _view(services, await work.pause(ticket_no, seen, reason=body.reason, note=body.note))

    @router.post("/{ticket_no}/resume")
    async def resume(ticket_no: str, body: MoveRequest, request: wanted) -> TicketView:
        """Let the clock run again."""
        return _view(services, await work.resume(ticket_no, _seen(request, body)))

    @router.post("/{ticket_no}/admit")
    async def admit(ticket_no: str, body: AdmitRequest, request: wanted) -> TicketView:
        """It was our fault; while a chain of evidence runs, that ends it."""
        return _view(services, await work.admit(ticket_no, _seen(request, body), words=body.words))

    @router.post("/{ticket_no}/close")
    async def close(ticket_no: str, body: CloseRequest, request: wanted) -> TicketView:
        """Answer a feedback, which needs no review."""
        return _view(services, await work.close(ticket_no, _seen(request, body), answer=body.answer))

    @router.post("/{ticket_no}/follow-up")
    async def follow_up(ticket_no: str, body: FollowUpRequest, request: wanted) -> TicketView:
        """What the customer says about a closed ticket; dissatisfied, it is reopened once."""
        seen = _seen(request, body)
        answered = await work.answer_follow_up(ticket_no, seen, satisfied=body.satisfied, words=body.words)
        return _view(services, answered)

    @router.post("/{ticket_no}/reopen")
    async def reopen(ticket_no: str, body: ReasonRequest, request: wanted) -> TicketView:
        """Once more, at higher priority."""
        return _view(services, await work.reopen(ticket_no, _seen(request, body), reason=body.reason))


def _add_leading(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]
    work = services.work

    @router.post("/{ticket_no}/dispatch")
    async def dispatch(ticket_no: str, body: DispatchRequest, request: wanted) -> TicketView:
        """To a unit, or to whoever the rules find."""
        return _view(services, await work.dispatch(ticket_no, _seen(request, body), unit=body.unit))

    @router.post("/{ticket_no}/assign")
    async def assign(ticket_no: str, body: AssignRequest, request: wanted) -> TicketView:
        """Another person of the unit that has it."""
        return _view(services, await work.assign(ticket_no, _seen(request, body), to=body.to))

    @router.post("/{ticket_no}/review-pass")
    async def review_pass(ticket_no: str, body: ReviewRequest, request: wanted) -> TicketView:
        """The review passes; the ticket closes, and the customer will be asked how it went."""
        return _view(services, await work.review_pass(ticket_no, _seen(request, body), words=body.words))

    @router.post("/{ticket_no}/send-back")
    async def send_back(ticket_no: str, body: ReasonRequest, request: wanted) -> TicketView:
        """The review does not pass: back to whoever has it, with the reason."""
        return _view(services, await work.send_back(ticket_no, _seen(request, body), reason=body.reason))

    @router.post("/{ticket_no}/priority")
    async def priority(ticket_no: str, body: PriorityRequest, request: wanted) -> TicketView:
        """Raise the priority, a step or straight to one."""
        seen = _seen(request, body)
        return _view(services, await work.raise_priority(ticket_no, seen, to=body.to, reason=body.reason))

    @router.post("/{ticket_no}/urge")
    async def urge(ticket_no: str, body: UrgeRequest, request: wanted) -> TicketView:
        """Urge whoever has it."""
        return _view(services, await work.urge(ticket_no, _seen(request, body), reason=body.reason))

    @router.post("/{ticket_no}/escalate")
    async def escalate(ticket_no: str, body: ReasonRequest, request: wanted) -> TicketView:
        """One tier up."""
        return _view(services, await work.escalate(ticket_no, _seen(request, body), reason=body.reason))

    @router.post("/{ticket_no}/redirect")
    async def redirect(ticket_no: str, body: RedirectRequest, request: wanted) -> TicketView:
        """To another unit."""
        seen = _seen(request, body)
        return _view(services, await work.redirect(ticket_no, seen, unit=body.unit, reason=body.reason))

    @router.post("/{ticket_no}/merge")
    async def merge(ticket_no: str, body: MergeRequest, request: wanted) -> TicketView:
        """Into another ticket of the same waybill, which goes on."""
        return _view(services, await work.merge(ticket_no, _seen(request, body), into=body.into))


def _add_arbitration(router: APIRouter, services: TicketServices, actor_of: Callable[..., Any]) -> None:
    wanted = Annotated[Request, Depends(once(services.requests, actor_of))]
    arbitration = services.arbitration

    @router.post("/{ticket_no}/statement")
    async def statement(ticket_no: str, body: StatementRequest, request: wanted) -> TicketView:
        """What a side of the dispute has to say."""
        seen = _seen(request, body)
        said = await arbitration.state(ticket_no, seen, text=body.text, side=body.side, evidence=body.evidence)
        return _view(services, said)

    @router.post("/{ticket_no}/ruling")
    async def ruling(ticket_no: str, body: RulingRequest, request: wanted) -> TicketView:
        """Decide a complaint, or an appeal; the ledger follows by rule."""
        judgement = Judgement(text=body.text, effect=body.effect, finding=body.finding, liable_unit=body.liable_unit)
        return _view(services, await arbitration.rule(ticket_no, _seen(request, body), judgement))


def _view(services: TicketServices, ticket: Ticket) -> TicketView:
    return TicketView.of(ticket, now=services.core.clock())


def _seen(request: Request, body: MoveRequest) -> Request:
    """The request with the version of the ticket that the person has seen."""
    return replace(request, version=body.version)
