"""Lists of tickets for people: what they may see, filtered, in pages that stay quick at a million tickets.

The condition ``status <> 'closed'`` is written out in the statement so that the partial indexes of `columns` serve it.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, TextClause, func, or_, select, tuple_

from bot.clock import Clock
from bot.db import Database
from bot.errors import BadQueryError
from bot.network.model import Tier
from bot.staff.model import Actor, Role
from bot.tickets.columns import PAIRS
from bot.tickets.events import TicketEvent
from bot.tickets.kinds import Flow, Move, Priority, ServiceClass, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.store import OPEN
from bot.tickets.words import denied, ticket_words

LONGEST_PAGE = 200
_SEE_ALL = {Role.agent, Role.headquarters_agent, Role.supervisor, Role.admin}


class Sort(StrEnum):
    """In which order: soonest due, most pressing, newest."""

    due_at = "due_at"
    priority = "priority"
    newest = "newest"


@dataclass(frozen=True)
class Filters:
    """What is wanted; None does not matter.

    Parameters
    ----------
    status: without one, everything that is not closed; everything at all where a waybill, customer or parent is given.
    overdue: past the deadline and not handled.
    text: part of what was reported; only among open tickets, or together with a waybill, customer or parent.
    categories, tiers: one of several.
    opened_from, opened_until: opened in this time, the end not included.
    opened_by, not_handled_by: names of actors.
    """

    status: TicketStatus | None = None
    kind: TicketKind | None = None
    category: str | None = None
    tier: Tier | None = None
    owner_unit: str | None = None
    outlet: str | None = None
    province: str | None = None
    assignee: str | None = None
    priority: Priority | None = None
    overdue: bool | None = None
    waybill_no: str | None = None
    customer_id: UUID | None = None
    parent_no: str | None = None
    text: str | None = None
    flow: Flow | None = None
    service_class: ServiceClass | None = None
    categories: tuple[str, ...] = ()
    tiers: tuple[Tier, ...] = ()
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    due_before: datetime | None = None
    opened_by: str | None = None
    not_handled_by: str | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether so few tickets can fit that any order and any search is quick."""
        return any(each is not None for each in (self.waybill_no, self.customer_id, self.parent_no))

    @property
    def only_open(self) -> bool:
        return self.status not in (None, TicketStatus.closed) or (self.status is None and not self.is_narrow)


@dataclass(frozen=True)
class Page:
    """``next``: the cursor of the page after this one, None on the last."""

    tickets: tuple[Ticket, ...]
    next: str | None


class TicketQueries:
    """The lists of the desk."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def page(
        self,
        actor: Actor,
        filters: Filters | None = None,
        *,
        sort: Sort = Sort.due_at,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Up to ``limit`` tickets that the person may see, after the cursor.

        Raises `AccessRefusedError` for a role that sees none, `BadQueryError` for a cursor or a search that makes no
        sense.
        """
        size = min(max(limit, 1), LONGEST_PAGE)
        query = statement(actor, filters or Filters(), sort, cursor, now=self._clock()).limit(size + 1)
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).all()
        shown = tuple(found[:size])
        return Page(shown, _cursor(sort, shown[-1]) if len(found) > size else None)

    async def count(self, actor: Actor, filters: Filters, *, most: int) -> int:
        """How many tickets `page` would list, counted no further than ``most``; raises as it does."""
        found = select(Ticket.ticket_no).where(*_scope(actor, filters), *_conditions(filters, self._clock()))
        async with self._database.transaction() as session:
            return await session.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def statement(actor: Actor, filters: Filters, sort: Sort, cursor: str | None, *, now: datetime) -> Select[Ticket]:
    """The query behind a page, without its limit."""
    if not filters.only_open and not filters.is_narrow and sort is not Sort.newest:
        raise BadQueryError(ticket_words().api["closed_newest"])
    query = select(Ticket).where(*_scope(actor, filters), *_conditions(filters, now))
    keys = _KEYS[sort]
    if cursor is not None:
        after = tuple_(*keys)
        position = tuple_(*_position(sort, cursor))
        query = query.where(after < position if sort is Sort.newest else after > position)
    return query.order_by(*(key.desc() if sort is Sort.newest else key for key in keys))


_KEYS: dict[Sort, Sequence[Any]] = {
    Sort.due_at: (Ticket.due_at, Ticket.ticket_no),
    Sort.priority: (Ticket.priority_rank, Ticket.due_at, Ticket.ticket_no),
    Sort.newest: (Ticket.opened_at, Ticket.ticket_no),
}


def _scope(actor: Actor, filters: Filters) -> list[ColumnElement[bool]]:
    """What this person may see, as conditions; the same as `permissions.may_see`, for many at once.

    An outlet sees what it has to act on, and with the filter ``outlet`` what is about it.
    """
    role = actor.role
    if role is None or role in _SEE_ALL:
        return []
    if role is Role.outlet_agent and actor.unit:
        about = filters.outlet is not None and filters.outlet == actor.unit
        return [Ticket.outlet == actor.unit if about else Ticket.owner_unit == actor.unit]
    if role is Role.provincial_agent and actor.province:
        return [Ticket.province == actor.province]
    arbitrated = Ticket.kind.in_([TicketKind.complaint.value, TicketKind.appeal.value])
    if role is Role.provincial_arbitrator and actor.province:
        is_provincial = Ticket.tier == Tier.provincial_center.value
        return [arbitrated, Ticket.province == actor.province, is_provincial, Ticket.across_provinces.is_(False)]
    if role is Role.headquarters_arbitrator:
        is_top = or_(Ticket.tier == Tier.headquarters.value, Ticket.kind == TicketKind.appeal.value)
        return [arbitrated, is_top]
    raise denied("list")


def _conditions(filters: Filters, now: datetime) -> list[ColumnElement[bool] | TextClause]:
    found: list[ColumnElement[bool] | TextClause] = [OPEN] if filters.only_open else []
    for name in _EQUAL:
        value = getattr(filters, name)
        if value is not None:
            found.append(getattr(Ticket, name) == (value.value if isinstance(value, StrEnum) else value))
    if filters.overdue is not None:
        waiting = Ticket.status.in_([TicketStatus.open.value, TicketStatus.dispatched.value])
        late = (Ticket.due_at < now) & waiting
        found.append(late if filters.overdue else ~late)
    found += _among(filters)
    if filters.text:
        if not (filters.only_open or filters.is_narrow):
            raise BadQueryError(ticket_words().api["text_needs_more"])
        found += _containing(filters.text)
    return found


def _among(filters: Filters) -> list[ColumnElement[bool]]:
    """What is compared otherwise than by being equal."""
    found: list[ColumnElement[bool]] = []
    if filters.categories:
        found.append(Ticket.category.in_(filters.categories))
    if filters.tiers:
        found.append(Ticket.tier.in_([tier.value for tier in filters.tiers]))
    if filters.opened_from is not None:
        found.append(Ticket.opened_at >= filters.opened_from)
    if filters.opened_until is not None:
        found.append(Ticket.opened_at < filters.opened_until)
    if filters.due_before is not None:
        found.append(Ticket.due_at < filters.due_before)
    if filters.opened_by is not None:
        opened = (TicketEvent.by == filters.opened_by, TicketEvent.what == Move.open.value)
        found.append(Ticket.ticket_no.in_(select(TicketEvent.ticket_no).where(*opened)))
    if filters.not_handled_by is not None:
        found.append(Ticket.handled_by.is_distinct_from(filters.not_handled_by))
    return found


def _containing(words: str) -> list[ColumnElement[bool]]:
    """The pairs lead to the few tickets that may have the words, by an index over the open ones."""
    has = Ticket.text.icontains(words, autoescape=True)
    if len(words) < 2:
        return [has]
    pairs: Any = getattr(func, PAIRS)
    return [pairs(Ticket.text).bool_op("@>")(pairs(words)), has]


_EQUAL = (
    "status",
    "kind",
    "category",
    "tier",
    "owner_unit",
    "outlet",
    "province",
    "assignee",
    "priority",
    "waybill_no",
    "customer_id",
    "parent_no",
    "flow",
    "service_class",
)


def _cursor(sort: Sort, ticket: Ticket) -> str:
    first: list[Any] = [ticket.opened_at.isoformat() if sort is Sort.newest else ticket.due_at.isoformat()]
    if sort is Sort.priority:
        first.insert(0, Priority(ticket.priority).rank)
    document = json.dumps([sort.value, *first, ticket.ticket_no], separators=(",", ":"))
    return base64.urlsafe_b64encode(document.encode()).decode()


def _position(sort: Sort, cursor: str) -> list[Any]:
    """The keys in a cursor.  Raises `BadQueryError` for anything that is no cursor of this order."""
    try:
        named, *keys = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        if named != sort.value or len(keys) != len(_KEYS[sort]):
            raise BadQueryError(ticket_words().api["cursor"])
        moment = datetime.fromisoformat(keys[-2])
        return [*(int(rank) for rank in keys[:-2]), moment, str(keys[-1])]
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadQueryError(ticket_words().api["cursor"]) from error
