"""Which of the customer's own tickets is meant."""

from actions.fields import ChoiceField, FormOverError
from actions.talk import Talk
from bot.tickets.model import Ticket, TicketKind, TicketStatus

_MOST_SHOWN = 5


class OwnTicketField(ChoiceField):
    """A ticket of this customer.

    Parameters
    ----------
    kinds: which kinds of tickets; closed ones can't be urged, an appeal can't be appealed.
    only_open: leave out what is closed.
    without: the task to go on with for the parcel under discussion where the customer has no ticket, if any: another
        party's may be open.
    """

    def __init__(self, *kinds: TicketKind, only_open: bool = False, without: str = "") -> None:
        super().__init__("ticket_no")
        self._without = without
        self._kinds = kinds or tuple(TicketKind)
        self._only_open = only_open

    async def is_open(self, talk: Talk) -> bool:
        if self._without and talk.waybill_no and not talk.get(self.slot) and not await self.choices(talk):
            raise FormOverError(follow=f"{self._without}_form")
        return await super().is_open(talk)

    async def choices(self, talk: Talk) -> list[tuple[str, str]]:
        own = await talk.services.tickets.of_customer(talk.turn.customer_id, limit=_MOST_SHOWN)
        shown = [ticket for ticket in own if self._fits(ticket)]
        return [(ticket.ticket_no, ticket_title(talk, ticket)) for ticket in shown]

    def _fits(self, ticket: Ticket) -> bool:
        return ticket.kind in self._kinds and not (self._only_open and ticket.status == TicketStatus.closed)

    def instead(self, talk: Talk) -> list[dict[str, str]]:
        return talk.buttons("complain", "query_waybill", "request_human")


def ticket_title(talk: Talk, ticket: Ticket) -> str:
    """GD2600000001 破损污染: in the customers' words for the category, else as the catalogue calls it."""
    name = f"category_{ticket.category}"
    if talk.wording.has(f"label_{name}"):
        return f"{ticket.ticket_no} {talk.wording.label(name)}"
    return f"{ticket.ticket_no} {talk.services.tickets.core.catalogue().leaf_or_other(ticket.category).zh}"
