"""催工单: one more contact on an open ticket, which raises its priority."""

from actions.base import TaskAction
from actions.forms import ServiceForm
from actions.own_ticket import OwnTicketField
from actions.records import case_text
from actions.talk import Talk
from bot.errors import IllegalMoveError


class UrgeTicketForm(ServiceForm):
    task = "urge_ticket"
    fields = (OwnTicketField(only_open=True, without="urge_delivery"),)
    kin = frozenset({"query_ticket"})


class UrgeTicket(TaskAction):
    task = "urge_ticket"

    async def perform(self, talk: Talk) -> None:
        ticket_no = talk.text_of("ticket_no")
        contact = talk.turn.contact(self.task)
        try:
            urged = await talk.services.tickets.urge(ticket_no, case_text(talk, self.task), contact)
        except IllegalMoveError:
            talk.say("utter_ticket_closed", talk.buttons("appeal", "request_human"), ticket_no=ticket_no)
            return
        due = talk.wording.moment(urged.due_at)
        talk.say("utter_urge_ticket_done", ticket_no=ticket_no, due=due, contacts=str(urged.contacts))
        await talk.settled(self.task, talk.wording.part("summary_appended", ticket_no=ticket_no, due=due))
