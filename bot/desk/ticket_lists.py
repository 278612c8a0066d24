"""The lists of tickets that each role works from, what may be asked of them, and how one line of them reads."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from bot.clock import CHINA
from bot.db import Database
from bot.desk.ticket_words import denied, refused
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.staff.model import Actor, Role
from bot.staff.tables import Agent
from bot.tickets.catalogue import CurrentCatalogue
from bot.tickets.kinds import Flow, Priority, ServiceClass, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.queries import Filters, Page, Sort, TicketQueries

COUNTED_TO = 1000
PAGE = 50
_E = TypeVar("_E", bound=StrEnum)


class TicketList(StrEnum):
    """Mine, my unit's, those I have to review, overdue, about my outlet, all that I may see."""

    mine = "mine"
    unit = "unit"
    review = "review"
    overdue = "overdue"
    about = "about"
    all = "all"


_L = TicketList
_LISTS: Mapping[Role, tuple[TicketList, ...]] = {
    Role.agent: (_L.mine, _L.overdue, _L.all),
    Role.outlet_agent: (_L.unit, _L.mine, _L.overdue, _L.about),
    Role.provincial_agent: (_L.review, _L.unit, _L.mine, _L.overdue, _L.all),
    Role.headquarters_agent: (_L.review, _L.unit, _L.mine, _L.overdue, _L.all),
    Role.provincial_arbitrator: (_L.all, _L.mine, _L.overdue),
    Role.headquarters_arbitrator: (_L.all, _L.mine, _L.overdue),
    Role.supervisor: (_L.overdue, _L.all),
    Role.admin: (_L.all, _L.overdue),
}
"""The first is what somebody sees who asks for none."""


class Asked(BaseModel):
    """What somebody asks of a list, as it stands in the address of the page and in saved filters.

    Days are days in China; ``opened_until`` is included.  Nonsense is refused, the empty text is as good as None.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: TicketStatus | None = None
    group: str | None = Field(default=None, max_length=40)
    category: str | None = Field(default=None, max_length=64)
    flow: Flow | None = None
    kind: TicketKind | None = None
    priority: Priority | None = None
    service_class: ServiceClass | None = None
    unit: str | None = Field(default=None, max_length=64)
    province: str | None = Field(default=None, max_length=40)
    waybill_no: str | None = Field(default=None, max_length=40)
    text: str | None = Field(default=None, max_length=50)
    opened_from: date | None = None
    opened_until: date | None = None
    due_before: datetime | None = None
    sort: Sort | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Asked":
        """What makes no sense is as good as not asked."""
        given: dict[str, Any] = {}
        for name, value in said.items():
            if name not in cls.model_fields or not value.strip():
                continue
            try:
                given |= cls.model_validate({name: value.replace("\0", "").strip()}).model_dump(exclude_none=True)
            except ValueError:
                continue
        return cls.model_validate(given)

    @property
    def plain(self) -> dict[str, str]:
        """As an address or a saved filter keeps it."""
        return {name: str(value) for name, value in self.model_dump(mode="json", exclude_none=True).items()}


@dataclass(frozen=True)
class Names:
    """What codes and accounts on a page are called; what nobody knows stands as it is."""

    units: Mapping[str, str]
    people: Mapping[str, str]

    def unit(self, code: str | None) -> str:
        return self.units.get(code or "", code or "")

    def person(self, name: str | None) -> str:
        bare = (name or "").removeprefix("agent:")
        return self.people.get(bare, bare)


class TicketLists:
    """Pages and counts, each as far as the person may see."""

    def __init__(self, database: Database, queries: TicketQueries, catalogue: CurrentCatalogue) -> None:
        self._database = database
        self._queries = queries
        self._catalogue = catalogue

    def of(self, actor: Actor) -> tuple[TicketList, ...]:
        """The lists of a role, the most used first.  Raises `AccessRefusedError` for a role that has none."""
        found = _LISTS.get(actor.role) if actor.role else None
        if not found:
            raise denied("list")
        return found

    async def page(
        self, actor: Actor, which: TicketList, asked: Asked, *, cursor: str | None = None, limit: int = PAGE
    ) -> Page:
        """Raises `AccessRefusedError` for a list that is not the role's, `BadQueryError` for an order or search
        that makes no sense."""
        filters = self.filters(actor, which, asked)
        by_age = not filters.only_open and not filters.is_narrow
        sort = Sort.newest if by_age else asked.sort or Sort.due_at
        return await self._queries.page(actor, filters, sort=sort, cursor=cursor, limit=limit)

    async def counts(self, actor: Actor) -> dict[TicketList, int]:
        """How many tickets each list has, counted up to `COUNTED_TO`."""
        nothing = Asked()
        return {
            which: await self._queries.count(actor, self.filters(actor, which, nothing), most=COUNTED_TO)
            for which in self.of(actor)
        }

    async def names(self, tickets: Iterable[Ticket], *more_people: str, units: Iterable[str] = ()) -> Names:
        """What is named in these tickets, read at once."""
        known = list(tickets)
        codes = {code for one in known for code in (one.owner_unit, one.outlet, one.liable_unit) if code}
        people = {name.removeprefix("agent:") for one in known for name in (one.assignee, one.handled_by) if name}
        people |= {name.removeprefix("agent:") for name in more_people}
        outlets = select(OutletRow.code, OutletRow.name).where(OutletRow.code.in_(codes | set(units)))
        agents = select(Agent.username, Agent.name).where(Agent.username.in_(people))
        async with self._database.transaction() as session:
            return Names(
                {row.code: row.name for row in await session.execute(outlets)},
                {row.username: row.name for row in await session.execute(agents)},
            )

    def filters(self, actor: Actor, which: TicketList, asked: Asked) -> Filters:
        """What a list is, narrowed by what somebody asks.  Raises `AccessRefusedError`."""
        if which not in self.of(actor):
            raise denied("list")
        leaves = self._catalogue().tree().get(asked.group or "", ())
        narrowed = Filters(
            status=asked.status,
            kind=asked.kind,
            category=asked.category,
            categories=tuple(leaf.id for leaf in leaves) if not asked.category else (),
            flow=asked.flow,
            priority=asked.priority,
            service_class=asked.service_class,
            owner_unit=asked.unit,
            province=asked.province,
            waybill_no=asked.waybill_no,
            text=asked.text,
            opened_from=_begins(asked.opened_from),
            opened_until=_begins(asked.opened_until, days=1),
            due_before=_aware(asked.due_before),
        )
        return replace(narrowed, **_own(actor, which))


def _own(actor: Actor, which: TicketList) -> dict[str, Any]:
    """What makes a list this list, whatever else is asked."""
    if which is TicketList.mine:
        return {"opened_by": actor.name} if actor.role is Role.agent else {"assignee": actor.name}
    if which is TicketList.overdue:
        return {"overdue": True}
    if which is TicketList.about:
        return {"outlet": actor.unit}
    if which is TicketList.unit:
        return {"owner_unit": actor.unit} if actor.unit else {"tier": _tier(actor)}
    if which is TicketList.review:
        upper = (Tier.provincial_center, Tier.headquarters)
        below = upper if actor.role is Role.headquarters_agent else (Tier.outlet,)
        return {"status": TicketStatus.handled, "tiers": below, "not_handled_by": actor.name}
    return {}


def _tier(actor: Actor) -> Tier:
    return Tier.provincial_center if actor.role is Role.provincial_agent else Tier.headquarters


def _begins(day: date | None, *, days: int = 0) -> datetime | None:
    """Midnight in China."""
    if day is None:
        return None
    try:
        return datetime.combine(day, time(), CHINA) + timedelta(days=days)
    except OverflowError as error:
        raise refused("date") from error


def _aware(moment: datetime | None) -> datetime | None:
    """Without a zone it is China's."""
    return moment.replace(tzinfo=CHINA) if moment is not None and moment.tzinfo is None else moment
