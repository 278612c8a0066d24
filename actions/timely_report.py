"""The base of what hurries a parcel: in time the honest status, past the promise a ticket for whoever must act."""

from typing import ClassVar

from actions.base import TaskAction
from actions.records import case_text, say_ticket
from actions.status import status_words
from actions.talk import Talk
from actions.timeliness import Asked, Timeliness
from bot.tickets.service import Reported
from bot.waybills.progress import Progress


class TimelyReport(TaskAction):
    """By the timeliness rule; past the promise the answer says what the track shows."""

    category: ClassVar[str]

    async def perform(self, talk: Talk) -> None:
        progress = await talk.services.waybills.progress(str(talk.waybill_no))
        words = status_words(talk.wording, progress)
        asked = Asked(self.task, case_text(talk, self.task), talk.turn.contact(self.task))
        outcome = await Timeliness(talk.services, talk.wording).settle(asked, self.category, progress, words)
        if isinstance(outcome, Reported):
            seen = talk.wording.part("part_seen", **words.values)
            say_ticket(talk, self.task, outcome, waybill_no=talk.waybill_no, seen=seen)
            return
        response = self.in_time(progress) if outcome.is_in_time else "utter_waybill_status"
        talk.say(response, talk.buttons(*words.steps), **words.values)

    def in_time(self, progress: Progress) -> str:  # noqa: ARG002
        """The response while the promise can hold."""
        return "utter_urge_in_time"
