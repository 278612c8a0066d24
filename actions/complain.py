"""投诉: a complaint ticket, on its waybill where there is one."""

from actions.base import TaskAction
from actions.fields import TextField
from actions.forms import ServiceForm
from actions.records import report
from actions.talk import Talk
from actions.waybill_gate import PhoneTailField, WaybillField
from bot.tickets.model import TicketKind


class ComplainForm(ServiceForm):
    task = "complain"
    fields = (TextField("description", enough=10), WaybillField(optional=True), PhoneTailField())


class Complain(TaskAction):
    task = "complain"
    needs = ("description",)

    async def perform(self, talk: Talk) -> None:
        waybill_no = None if talk.get("without_waybill") else talk.waybill_no
        await report(talk, self.task, TicketKind.complaint, "complaint", waybill_no=waybill_no)
