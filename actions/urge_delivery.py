"""催派, by the timeliness rule: in time the honest status, past the promise a ticket for the outlet that must act."""

from actions.base import TaskAction
from actions.forms import ServiceForm
from actions.records import report
from actions.status import status_words
from actions.talk import Talk
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.tickets.model import TicketKind
from bot.waybills.service import InstructionKind


class UrgeDeliveryForm(ServiceForm):
    task = "urge_delivery"
    fields = (*GATE, StillPossible(InstructionKind.expedite, "report_false_delivery"))


class UrgeDelivery(TaskAction):
    task = "urge_delivery"

    async def perform(self, talk: Talk) -> None:
        progress = await talk.services.waybills.progress(str(talk.waybill_no))
        words = status_words(talk.wording, progress)
        if progress.is_late or progress.stalled_for is not None:
            await report(talk, self.task, TicketKind.service, "expedite", waybill_no=talk.waybill_no)
            return
        talk.say("utter_urge_in_time", talk.buttons(*words.steps), **words.values)
        await talk.settled(self.task, words.short, waybill_no=talk.waybill_no)
