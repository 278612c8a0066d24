"""另约派送: another day or time of day."""

from actions.earlier import offered
from actions.fields import FormOverError, WhenField
from actions.forms import Moment, ServiceForm
from actions.instruction import Instruct
from actions.talk import Talk
from actions.waybill_gate import StillPossible
from actions.waybill_query import GATE
from bot.waybills.service import InstructionKind


class RescheduleDeliveryForm(ServiceForm):
    task = "reschedule_delivery"
    fields = (*GATE, StillPossible(InstructionKind.reschedule_delivery), WhenField("delivery_when"))
    kin = frozenset({"change_pickup_time"})

    def _come_back(self, talk: Talk, moment: Moment) -> None:
        """A day that was only proposed is dropped when the customer speaks of something else."""
        super()._come_back(talk, moment)
        if offered(talk.tracker, "date") and not talk.get("delivery_when"):
            raise FormOverError


class RescheduleDelivery(Instruct):
    task = "reschedule_delivery"
    needs = ("delivery_when",)
    kind = InstructionKind.reschedule_delivery
    details = ("delivery_when",)
