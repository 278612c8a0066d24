"""What it takes to open a ticket."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from bot.tickets.deadlines import Deadlines
from bot.tickets.kinds import Flow, Priority, ServiceClass, TicketKind


@dataclass(frozen=True)
class Contact:
    """Who reports something, and in which turn of which conversation.

    ``turn`` is unique per customer message; whatever is done twice for the same turn happens once.  ``party`` is which
    end of the waybill it is (consignor, consignee, merchant), ``channel`` where they came from; "" where unknown.
    """

    customer_id: UUID
    conversation_id: UUID
    turn: str
    by: str = "bot"
    channel: str = ""
    party: str = ""


@dataclass(frozen=True)
class Leaf:
    """A category as a ticket carries it on."""

    category: str
    flow: Flow
    cause: str
    service_class: ServiceClass
    priority: Priority


@dataclass(frozen=True)
class RegulatorClock:
    """By when the law wants the customer answered, and when to warn of it next."""

    due_at: datetime
    warn_at: datetime | None


@dataclass(frozen=True)
class Matter:
    """What somebody, or a rule, wants a ticket for.

    Parameters
    ----------
    category: id of a leaf; one that nobody listed is treated as 其他.
    contacts: 0 where a rule opens it.
    outlet: the outlet that it is about, where something else than the track says so.
    """

    kind: TicketKind
    category: str
    text: str
    waybill_no: str | None = None
    parent_no: str | None = None
    customer_id: UUID | None = None
    conversation_id: UUID | None = None
    channel: str = ""
    party: str = ""
    contacts: int = 1
    vip: bool = False
    outlet: str | None = None

    @property
    def case(self) -> str:
        return case_key(self.kind, self.waybill_no, self.customer_id, self.parent_no)


@dataclass(frozen=True)
class Opening:
    """A ticket before it is one.

    Parameters
    ----------
    look_at: when the clockwork looks at it first, should nobody have got it by then.
    """

    ticket_no: str
    matter: Matter
    leaf: Leaf
    clock: Deadlines
    look_at: datetime
    regulator: RegulatorClock | None = None

    @property
    def case_key(self) -> str:
        """What there is one open ticket of a category for: an appeal's ruling, a waybill, else its customer."""
        matter = self.matter
        return case_key(matter.kind, matter.waybill_no, matter.customer_id, matter.parent_no, self.ticket_no)


def case_key(
    kind: TicketKind, waybill_no: str | None, customer_id: UUID | None, parent_no: str | None, ticket_no: str = ""
) -> str:
    """Without waybill, ruling and customer a ticket stands for itself."""
    if kind is TicketKind.appeal and parent_no:
        return f"ruling:{parent_no}"
    if waybill_no:
        return waybill_no
    return f"customer:{customer_id}" if customer_id else f"ticket:{ticket_no}"
