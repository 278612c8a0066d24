"""The base of questions about one waybill."""

from abc import abstractmethod

from actions.base import TaskAction
from actions.fields import Field
from actions.forms import ServiceForm
from actions.records import case_text
from actions.status import StatusWords, status_words
from actions.talk import Talk
from actions.timeliness import Asked, Timeliness
from actions.waybill_gate import PhoneTailField, WaybillField
from bot.waybills.progress import Progress

GATE: tuple[Field, ...] = (WaybillField(), PhoneTailField())


class WaybillQueryForm(ServiceForm):
    """Which waybill, and is the customer a party to it."""

    fields = GATE


class WaybillQuery(TaskAction):
    """Look at the waybill, note that it was asked after, answer."""

    async def perform(self, talk: Talk) -> None:
        progress = await talk.services.waybills.progress(str(talk.waybill_no))
        words = await self.note(talk, progress, status_words(talk.wording, progress))
        self.answer(talk, progress, words)
        if words.offer:
            talk.put("offer", words.offer)

    async def note(self, talk: Talk, progress: Progress, words: StatusWords) -> StatusWords:
        """The summary of the answer, and what the answer is to say besides."""
        await talk.settled(self.task, words.short, waybill_no=progress.waybill.waybill_no)
        return words

    @abstractmethod
    def answer(self, talk: Talk, progress: Progress, words: StatusWords) -> None:
        """One response."""


class WhereaboutsQuery(WaybillQuery):
    """Where is it, when does it come: past its promise somebody has to find out, and answers to a ticket."""

    async def note(self, talk: Talk, progress: Progress, words: StatusWords) -> StatusWords:
        asked = Asked(self.task, case_text(talk, self.task), talk.turn.contact("trace"))
        return await Timeliness(talk.services, talk.wording).trace(asked, progress, words)
