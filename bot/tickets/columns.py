"""The columns of a ticket, and the indexes that its lists are read by."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

IS_OPEN = "status <> 'closed'"
"""Written out in queries too: a partial index is only used where the planner reads the same words."""

PAIRS = "pairs_of_letters"
"""A function of the database: every two neighbouring letters of a text, in small letters.

Any piece of text of two letters or more is found by its pairs.  It needs no extension, and unlike three letters
together, two are enough for a word of Chinese.
"""

_RANK = "CASE priority WHEN 'urgent' THEN 0 WHEN 'high' THEN 1 ELSE 2 END"


class TicketColumns:
    """What is known of a ticket.  Enums are stored by value; moments are aware.

    ``case_key``: what one open ticket of a category is allowed for: a waybill, a customer (without one), a ruling.
    ``owner_unit``: who must act now; ``outlet``: the outlet that the matter is about, also when somebody above has it.
    ``tier`` and ``province`` are those of the owner.  ``calendar``: whose working time the deadlines count in.
    ``contacts``: how often somebody asked; 0 where a rule opened it.
    ``version``: number of events so far; two people who change the same version do not overwrite each other.

    The clocks: ``respond_due_at`` a person, ``due_at`` a solution, ``warn_at`` before that, ``escalate_at`` when the
    rules of escalation are asked next, ``window_until`` the end of a node's window in an evidence chain,
    ``paused_until`` the latest end of a pause, ``regulator_*`` the answer owed to the customer by law,
    ``follow_up_at`` when to ask how it went.  ``next_tick_at`` is the earliest of those that count.
    """

    ticket_no: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    category: Mapped[str]
    flow: Mapped[str]
    cause: Mapped[str]
    service_class: Mapped[str]
    waybill_no: Mapped[str | None]
    case_key: Mapped[str]
    parent_no: Mapped[str | None] = mapped_column(ForeignKey("tickets.ticket_no"))
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("tickets.ticket_no"))
    customer_id: Mapped[UUID | None]
    conversation_id: Mapped[UUID | None]
    channel: Mapped[str]
    party: Mapped[str]
    reporter_unit: Mapped[str | None]
    text: Mapped[str]

    status: Mapped[str]
    outcome: Mapped[str | None]
    priority: Mapped[str]
    priority_rank: Mapped[int] = mapped_column(Computed(_RANK, persisted=True), deferred=True)
    contacts: Mapped[int]
    urges: Mapped[int]
    escalations: Mapped[int]
    sent_backs: Mapped[int]
    reopened: Mapped[int]
    version: Mapped[int] = mapped_column()

    tier: Mapped[str]
    owner_unit: Mapped[str | None]
    outlet: Mapped[str | None]
    province: Mapped[str | None]
    across_provinces: Mapped[bool]
    assignee: Mapped[str | None]
    handled_by: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    admitted_by: Mapped[str | None]
    liable_unit: Mapped[str | None]
    finding: Mapped[str | None]
    ruled_by: Mapped[str | None]
    satisfied: Mapped[bool | None]

    opened_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    handled_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]

    vip: Mapped[bool]
    calendar: Mapped[str]
    respond_due_at: Mapped[datetime | None]
    respond_urged_at: Mapped[datetime | None]
    due_at: Mapped[datetime]
    warn_at: Mapped[datetime | None]
    escalate_at: Mapped[datetime | None]
    window_until: Mapped[datetime | None]
    paused_until: Mapped[datetime | None]
    regulator_due_at: Mapped[datetime | None]
    regulator_warn_at: Mapped[datetime | None]
    follow_up_at: Mapped[datetime | None]
    follow_up_asked_at: Mapped[datetime | None]
    next_tick_at: Mapped[datetime | None]


def _open_by(name: str, *columns: str) -> Index:
    return Index(f"ix_tickets_open_{name}", *columns, postgresql_where=text(IS_OPEN))


TABLE_ARGS = (
    Index("uq_tickets_open_case", "case_key", "category", unique=True, postgresql_where=text(IS_OPEN)),
    CheckConstraint(f"{IS_OPEN.replace('<>', '=')} OR next_tick_at IS NOT NULL", name="open_has_tick"),
    Index("ix_tickets_tick", "next_tick_at", postgresql_where=text("next_tick_at IS NOT NULL")),
    _open_by("due", "due_at", "ticket_no"),
    _open_by("rank", "priority_rank", "due_at", "ticket_no"),
    _open_by("owner_due", "owner_unit", "due_at", "ticket_no"),
    _open_by("owner_rank", "owner_unit", "priority_rank", "due_at", "ticket_no"),
    _open_by("assignee_due", "assignee", "due_at", "ticket_no"),
    _open_by("assignee_rank", "assignee", "priority_rank", "due_at", "ticket_no"),
    _open_by("province_due", "province", "due_at", "ticket_no"),
    _open_by("province_rank", "province", "priority_rank", "due_at", "ticket_no"),
    _open_by("kind_due", "kind", "tier", "due_at", "ticket_no"),
    Index(None, "opened_at", "ticket_no"),
    Index(None, "owner_unit", "opened_at", "ticket_no"),
    Index(None, "province", "opened_at", "ticket_no"),
    Index(None, "customer_id", "opened_at"),
    Index(None, "waybill_no"),
    Index(None, "outlet", postgresql_where=text("outlet IS NOT NULL")),
    Index(None, "parent_no", postgresql_where=text("parent_no IS NOT NULL")),
    Index(None, "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
    Index(
        "ix_tickets_open_words",
        text(f"{PAIRS}(text)"),
        postgresql_using="gin",
        postgresql_where=text(IS_OPEN),
        postgresql_with={"fastupdate": "off"},
    ),
)
"""Of ``merged_into`` and ``parent_no`` the database itself asks, for every ticket that is taken away."""
