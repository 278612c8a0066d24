"""The base of questions about one waybill."""

from abc import abstractmethod

from actions.base import TaskAction
from actions.fields import Field
from actions.forms import ServiceForm
from actions.status import StatusWords, status_words
from actions.talk import Talk
from actions.waybill_gate import PhoneTailField, WaybillField
from bot.waybills.progress import Progress

GATE: tuple[Field, ...] = (WaybillField(), PhoneTailField())


class WaybillQueryForm(ServiceForm):
    """Which waybill, and is the customer a party to it."""

    fields = GATE


class WaybillQuery(TaskAction):
    """Look at the waybill, answer, and note that it was answered."""

    async def perform(self, talk: Talk) -> None:
        progress = await talk.services.waybills.progress(str(talk.waybill_no))
        words = status_words(talk.wording, progress)
        self.answer(talk, progress, words)
        if words.offer:
            talk.put("offer", words.offer)
        await talk.settled(self.task, words.short, waybill_no=progress.waybill.waybill_no)

    @abstractmethod
    def answer(self, talk: Talk, progress: Progress, words: StatusWords) -> None:
        """One response."""
