"""申诉: the result of a ticket is not accepted; headquarters looks again."""

from actions.base import TaskAction
from actions.fields import TextField
from actions.forms import ServiceForm
from actions.own_ticket import OwnTicketField
from actions.records import report
from actions.talk import Talk
from bot.tickets.model import TicketKind


class AppealForm(ServiceForm):
    task = "appeal"
    fields = (OwnTicketField(TicketKind.service, TicketKind.complaint), TextField("description", enough=10))


class Appeal(TaskAction):
    task = "appeal"

    async def perform(self, talk: Talk) -> None:
        about = await talk.services.tickets.get_own(talk.text_of("ticket_no"), talk.turn.customer_id)
        ruled = about.ticket_no if about.kind == TicketKind.complaint else None
        await report(
            talk,
            self.task,
            TicketKind.appeal,
            "appeal",
            waybill_no=about.waybill_no,
            parent_no=ruled,
            about=about.ticket_no,
        )
