"""The base of what a party can ask to be done with a parcel on its way."""

from typing import ClassVar

from actions.base import TaskAction
from actions.talk import Talk
from actions.waybill_gate import say_too_late
from bot.errors import IllegalMoveError
from bot.waybills.service import InstructionKind


class Instruct(TaskAction):
    """Record the instruction, once per turn.

    ``details`` are the slots that go with it; ``instead`` is what to offer when the parcel has moved on meanwhile.
    """

    kind: ClassVar[InstructionKind]
    details: ClassVar[tuple[str, ...]] = ()
    instead: ClassVar[tuple[str, ...]] = ()

    async def perform(self, talk: Talk) -> None:
        waybill_no = str(talk.waybill_no)
        given = {slot: talk.text_of(slot) for slot in self.details if talk.get(slot)}
        party = await talk.services.waybills.party(talk.turn.customer_id, waybill_no)
        if party is None:
            talk.follow = f"{self.task}_form"
            return
        try:
            await talk.services.waybills.instruct(
                self.kind,
                waybill_no,
                given | {"words": talk.text_of("matter")},
                party=party,
                customer_id=talk.turn.customer_id,
                conversation_id=talk.turn.conversation_id,
                turn=talk.turn.contact(self.task).turn,
            )
        except IllegalMoveError:
            talk.form_task = self.task
            await say_too_late(talk, waybill_no, self.instead)
            return
        talk.say(f"utter_{self.task}_done", waybill_no=waybill_no, details=self.shown(talk, given))
        result = self.shown(talk, given) or talk.wording.part("summary_recorded")
        await talk.settled(self.task, result, waybill_no=waybill_no)

    def shown(self, talk: Talk, given: dict[str, str]) -> str:
        """The details as a person reads them."""
        return "，".join(f"{talk.wording.label(f'slot_{slot}')}：{value}" for slot, value in given.items())
