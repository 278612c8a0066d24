"""查工单 and 查理赔进度: how the customer's own tickets stand."""

from actions.base import ServiceAction
from actions.inform import go_to_waybill
from actions.own_ticket import ticket_title
from actions.talk import Talk
from bot.errors import NotFoundError
from bot.tickets.kinds import Outcome, TicketKind
from bot.tickets.model import Ticket

_SHOWN = 3
_LOOKED_AT = 20
_NAMED = frozenset({Outcome.ruled, Outcome.merged, Outcome.withdrawn})


class QueryTicket(ServiceAction):
    """The ticket that was named, or the newest ones."""

    action_name = "action_query_ticket"
    task = "query_ticket"

    async def act(self, talk: Talk) -> None:
        named = talk.heard.first("ticket_no")
        found = await self._named(talk, named) if named else await self.own(talk)
        if found is None:
            talk.say("utter_unknown_ticket_no", number=str(named))
            return
        if not found and talk.heard.waybill_numbers:
            go_to_waybill(talk)
        elif not found:
            talk.say(f"utter_{self.task}_none")
        else:
            await self._show(talk, found)

    async def _show(self, talk: Talk, found: list[Ticket]) -> None:
        lines = "\n".join(_line(talk, ticket) for ticket in found[:_SHOWN])
        talk.say(f"utter_{self.task}_found", talk.buttons("urge_ticket", "request_human"), tickets=lines)
        await talk.settled(self.task, lines, waybill_no=found[0].waybill_no)

    async def _named(self, talk: Talk, ticket_no: str) -> list[Ticket] | None:
        try:
            return [await talk.services.tickets.get_own(ticket_no.upper(), talk.turn.customer_id)]
        except NotFoundError:
            return None

    async def own(self, talk: Talk) -> list[Ticket]:
        """The customer's tickets, and those another party opened for the waybill under discussion; newest first."""
        own = await talk.services.tickets.of_customer(talk.turn.customer_id, limit=_LOOKED_AT)
        known = {ticket.ticket_no: ticket for ticket in (*own, *await self._of_waybill(talk))}
        found = [ticket for ticket in known.values() if self.fits(ticket) and not _is_between_units(ticket)]
        return sorted(found, key=lambda ticket: ticket.opened_at, reverse=True)

    def fits(self, ticket: Ticket) -> bool:  # noqa: ARG002
        """Whether this kind of question is about such a ticket."""
        return True

    async def _of_waybill(self, talk: Talk) -> list[Ticket]:
        waybill_no = talk.waybill_no
        if waybill_no is None or not await talk.services.waybills.exists(waybill_no):
            return []
        if await talk.services.waybills.party(talk.turn.customer_id, waybill_no) is None:
            return []
        return await talk.services.tickets.of_waybill(waybill_no)


def _is_between_units(ticket: Ticket) -> bool:
    """What a unit of the network has appealed against, in the case of a customer who did not."""
    return ticket.kind == TicketKind.appeal and ticket.reporter_unit is not None


def _line(talk: Talk, ticket: Ticket) -> str:
    wording = talk.wording
    if ticket.closed_at is not None:
        ended = ticket.outcome if ticket.outcome in _NAMED else ticket.status
        return wording.part(
            "part_ticket_closed",
            title=ticket_title(talk, ticket),
            status=wording.label(f"ticket_{ended}"),
            opened=wording.moment(ticket.opened_at),
            closed=wording.moment(ticket.closed_at),
        )
    return wording.part(
        "part_ticket",
        title=ticket_title(talk, ticket),
        status=wording.label(f"ticket_{ticket.status}"),
        opened=wording.moment(ticket.opened_at),
        due=wording.moment(ticket.due_at),
    )
