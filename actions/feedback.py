"""The base of what is put on record for us to learn from, with no waybill behind it."""

from typing import ClassVar

from actions.base import TaskAction
from actions.fields import TextField
from actions.forms import ServiceForm
from actions.records import report
from actions.talk import Talk
from bot.tickets.model import TicketKind


class FeedbackForm(ServiceForm):
    """What the customer wants to tell us."""

    fields = (TextField("description", enough=9),)


class Feedback(TaskAction):
    """Recorded under the customer's name; several of one kind make one ticket."""

    category: ClassVar[str]

    async def perform(self, talk: Talk) -> None:
        response = self.response(talk)
        matter = talk.heard.words
        if talk.get("matter") is None and matter:
            talk.put("matter", matter)
        await report(talk, self.task, TicketKind.service, self.category, waybill_no=None, response=response)

    def response(self, talk: Talk) -> str:  # noqa: ARG002
        """What is said once it is on record."""
        return f"utter_{self.task}_done"
