"""The base of reports: something went wrong with a parcel and becomes a service ticket of its category."""

from typing import ClassVar

from actions.base import TaskAction
from actions.forms import ServiceForm
from actions.records import report
from actions.status import status_words
from actions.talk import Talk
from actions.waybill_query import GATE
from bot.tickets.model import TicketKind
from bot.waybills.progress import Progress


class ReportForm(ServiceForm):
    """Which waybill; the track says the rest."""

    fields = GATE


class Report(TaskAction):
    """A ticket, unless the track shows that there is nothing to hold anybody to yet."""

    category: ClassVar[str]

    async def perform(self, talk: Talk) -> None:
        progress = await talk.services.waybills.progress(str(talk.waybill_no))
        words = status_words(talk.wording, progress)
        seen = talk.wording.part("part_seen", **words.values)
        if progress.skipped_delivery_scan:
            seen = f"{seen}\n{talk.wording.part('part_skipped_scan')}"
        unfounded = self.unfounded(progress)
        if unfounded is None:
            await report(talk, self.task, TicketKind.service, self.category, waybill_no=talk.waybill_no, seen=seen)
            return
        talk.say(unfounded, talk.buttons(*words.steps), **words.values)
        await talk.settled(self.task, words.short, waybill_no=talk.waybill_no)

    def unfounded(self, progress: Progress) -> str | None:  # noqa: ARG002
        """The response to give instead of opening a ticket, when the track speaks against one."""
        return None
