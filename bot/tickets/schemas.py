"""What the API takes and gives.  Enums by value; moments are aware."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from bot.network.model import Tier
from bot.staff.model import Actor
from bot.tickets.catalogue import Category
from bot.tickets.kinds import (
    Flow,
    Move,
    Outcome,
    OwnerRule,
    Priority,
    RulingEffect,
    RulingFinding,
    ServiceClass,
    Side,
    TicketKind,
    TicketStatus,
)
from bot.tickets.model import ServiceSummary, Ticket, TicketEvent
from bot.tickets.moves.base import ALLOWED
from bot.tickets.permissions import TicketFacts, may
from bot.tickets.rulings import Ruling

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]
Attachments = Annotated[tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...], Field(max_length=50)]
"""SHA-256 of files that were handed in for the ticket."""


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class MoveRequest(_Body):
    """``version``: that of the ticket on the screen; where it has moved on meanwhile, the answer is 409."""

    version: int | None = Field(None, examples=[3])


class OpenRequest(_Body):
    """A ticket by hand."""

    category: Code = Field(examples=["not_to_door"])
    text: Words = Field(examples=["客户说没打电话就放了驿站，要求送上门。"])
    kind: TicketKind = TicketKind.service
    waybill_no: Code | None = Field(None, examples=["YD2026000000011"])
    customer_id: UUID | None = None
    conversation_id: UUID | None = None
    channel: Annotated[str, StringConstraints(max_length=32)] = Field("", examples=["phone"])
    party: Annotated[str, StringConstraints(max_length=32)] = Field("", examples=["consignee"])
    vip: bool = False


class AppendRequest(MoveRequest):
    text: Words = Field(examples=["客户再次来电，今天必须送到。"])


class DispatchRequest(MoveRequest):
    unit: Code | None = Field(None, examples=["D44010001"], description="不填时按规则找应当处理的单位")


class AssignRequest(MoveRequest):
    to: Code = Field(examples=["agent:wang"])


class HandleRequest(MoveRequest):
    done: Words = Field(examples=["已联系客户，下午四点重新派送上门。"])
    evidence: Attachments = Field((), examples=[["b9c4aa157aac242777e3c41f2776d80631de36f328403cc00be47b4dc4a9f923"]])


class ReviewRequest(MoveRequest):
    words: Note = Field("", examples=["已电话核实，客户确认收到。"])


class ReasonRequest(MoveRequest):
    reason: Words = Field(examples=["签收照片看不清门牌，请补充。"])


class CloseRequest(MoveRequest):
    answer: Words = Field(examples=["已向客户致谢并转达网点。"])


class FollowUpRequest(MoveRequest):
    satisfied: bool = Field(examples=[False])
    words: Note = Field("", examples=["还是没有送上门。"])


class PriorityRequest(MoveRequest):
    to: Priority | None = Field(None, examples=["urgent"])
    reason: Note = Field("", examples=["件内为急用药品。"])


class UrgeRequest(MoveRequest):
    reason: Note = Field("", examples=["客户今晚出差，请尽快联系。"])


class RedirectRequest(ReasonRequest):
    unit: Code = Field(examples=["D44010002"])


class MergeRequest(MoveRequest):
    into: Code = Field(examples=["GD2600000002"])


class PauseRequest(MoveRequest):
    reason: Code = Field(examples=["awaiting_customer"])
    note: Note = Field("", examples=["等客户提供内件照片。"])


class AdmitRequest(MoveRequest):
    words: Note = Field("", examples=["派件员未电联即投柜，属我网点责任。"])


class ComplaintRequest(_Body):
    text: Words = Field(examples=["客户对网点答复不满，要求投诉。"])
    category: Code = Field("complaint", examples=["complaint_attitude"])


class StatementRequest(MoveRequest):
    text: Words = Field(examples=["派件前两次致电无人接听，有通话记录。"])
    side: Side | None = None
    evidence: Attachments = ()


class RulingRequest(MoveRequest):
    text: Words = Field(examples=["通话记录不能证明已联系客户，投诉成立。"])
    effect: RulingEffect = Field(RulingEffect.first, examples=["first"])
    finding: RulingFinding | None = Field(None, examples=["upheld"])
    liable_unit: Code | None = Field(None, examples=["D44010001"])


class AppealRequest(_Body):
    text: Words = Field(examples=["现补充通话录音，请复核。"])


class SummaryRequest(_Body):
    """A matter settled during the contact.  ``turn`` makes the same summary count once."""

    conversation_id: UUID
    customer_id: UUID
    wrap_up_code: Code = Field(examples=["query_waybill"])
    text: Words = Field(examples=["已告知客户预计明天送达。"])
    turn: Code = Field(examples=["3f0c…:desk:1"])
    waybill_no: Code | None = Field(None, examples=["YD2026000000011"])


class TicketView(BaseModel):
    """A ticket as lists show it."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    ticket_no: str = Field(examples=["GD2600000001"])
    kind: TicketKind
    category: str
    flow: Flow
    cause: str
    service_class: ServiceClass
    waybill_no: str | None
    parent_no: str | None
    merged_into: str | None
    customer_id: UUID | None
    conversation_id: UUID | None
    channel: str
    party: str
    text: str
    status: TicketStatus
    outcome: Outcome | None
    priority: Priority
    contacts: int
    urges: int
    escalations: int
    sent_backs: int
    reopened: int
    version: int
    tier: Tier
    owner_unit: str | None
    outlet: str | None
    province: str | None
    across_provinces: bool
    assignee: str | None
    handled_by: str | None
    reviewed_by: str | None
    admitted_by: str | None
    liable_unit: str | None
    finding: str | None
    satisfied: bool | None
    opened_at: AwareDatetime
    updated_at: AwareDatetime
    accepted_at: AwareDatetime | None
    handled_at: AwareDatetime | None
    closed_at: AwareDatetime | None
    respond_due_at: AwareDatetime | None
    due_at: AwareDatetime
    window_until: AwareDatetime | None
    paused_at: AwareDatetime | None
    pause_reason: str | None
    paused_until: AwareDatetime | None
    regulator_due_at: AwareDatetime | None
    overdue: bool = False

    @classmethod
    def of(cls, ticket: Ticket, *, now: datetime) -> Self:
        waits = ticket.status in (TicketStatus.open, TicketStatus.dispatched)
        return cls.model_validate(ticket).model_copy(update={"overdue": waits and now > ticket.due_at})


class EventView(BaseModel):
    """One move: who, when, why, by which rules, and what it changed (``{field: [from, to]}``)."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    seq: int
    what: Move
    by: str
    role: str | None
    unit: str | None
    why: str
    because: tuple[str, ...]
    changed: dict[str, Any]
    details: dict[str, Any]
    at: AwareDatetime


class RulingView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    ticket_no: str
    about_no: str
    effect: RulingEffect
    finding: RulingFinding
    liable_unit: str | None
    text: str
    because: tuple[str, ...]
    by: str
    at: AwareDatetime


class TicketDetail(BaseModel):
    """A ticket with all that happened to it.  ``moves``: what the person who asks could do with it now."""

    model_config = ConfigDict(frozen=True)

    ticket: TicketView
    events: tuple[EventView, ...]
    rulings: tuple[RulingView, ...]
    moves: tuple[Move, ...]

    @classmethod
    def of(
        cls,
        ticket: Ticket,
        events: Sequence[TicketEvent],
        rulings: Sequence[Ruling],
        actor: Actor,
        *,
        now: datetime,
    ) -> Self:
        facts = TicketFacts.of(ticket, ruled_by=frozenset(ruling.by for ruling in rulings))
        status = TicketStatus(ticket.status)
        possible = (move for move, statuses in ALLOWED.items() if status in statuses and may(actor, move, facts))
        return cls(
            ticket=TicketView.of(ticket, now=now),
            events=tuple(EventView.model_validate(event) for event in events),
            rulings=tuple(RulingView.model_validate(ruling) for ruling in rulings),
            moves=tuple(possible),
        )


class PageView(BaseModel):
    """``next``: to be given as ``cursor`` for the page after this one."""

    model_config = ConfigDict(frozen=True)

    tickets: tuple[TicketView, ...]
    next: str | None


class OpenedView(BaseModel):
    """``appended``: the case was open already and got one more contact."""

    model_config = ConfigDict(frozen=True)

    ticket: TicketView
    appended: bool


class CategoryView(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    zh: str
    kind: TicketKind
    flow: Flow
    cause: str
    cause_zh: str
    owner: OwnerRule
    service_class: ServiceClass
    priority: Priority

    @classmethod
    def of(cls, category: Category, causes: dict[str, str]) -> Self:
        names = ("id", "zh", "kind", "flow", "cause", "owner", "service_class", "priority")
        values = {name: getattr(category, name) for name in names}
        return cls(**values, cause_zh=causes.get(category.cause, category.cause))


class GroupView(BaseModel):
    model_config = ConfigDict(frozen=True)

    zh: str
    categories: tuple[CategoryView, ...]


class PauseReasonView(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: str
    zh: str
    at_most_hours: int


class CatalogueView(BaseModel):
    """What a person chooses from: categories by group, and reasons for a pause."""

    model_config = ConfigDict(frozen=True)

    groups: tuple[GroupView, ...]
    pause_reasons: tuple[PauseReasonView, ...]


class SummaryView(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    conversation_id: UUID
    waybill_no: str | None
    wrap_up_code: str
    text: str
    by: str
    at: AwareDatetime

    @classmethod
    def of(cls, summary: ServiceSummary) -> Self:
        return cls.model_validate(summary)
