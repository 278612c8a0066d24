"""Contacts about time: in time the honest status is the answer, past the promise a ticket is."""

from dataclasses import dataclass

from actions.services import Services
from actions.status import StatusWords
from actions.wording import Wording
from bot.tickets.service import Contact, Reported
from bot.tickets.settling import TRACE, CaseFacts, Settled
from bot.waybills.progress import Progress


@dataclass(frozen=True)
class Asked:
    """What a customer asked for in which turn; ``matter`` in their own words."""

    task: str
    matter: str
    contact: Contact


class Timeliness:
    """The timeliness rule, for everything that hurries, traces or asks after a parcel."""

    def __init__(self, services: Services, wording: Wording) -> None:
        self._services = services
        self._wording = wording

    async def settle(self, asked: Asked, category: str, progress: Progress, status: StatusWords) -> Settled | Reported:
        """The ticket, or why there is none; either way the contact has its summary."""
        waybill_no = progress.waybill.waybill_no
        outcome = await self._services.tickets.settle(
            CaseFacts.of(category, progress, now=self._services.clock()),
            asked.matter,
            waybill_no=waybill_no,
            contact=asked.contact,
            wrap_up_code=asked.task,
            answer=self._wording.summary(asked.task, status.short),
        )
        if isinstance(outcome, Reported):
            text = self._wording.summary(asked.task, self._wording.ticket(outcome))
            await self._services.tickets.summarise(asked.task, text, waybill_no=waybill_no, contact=asked.contact)
        return outcome

    async def trace(self, asked: Asked, progress: Progress, status: StatusWords) -> StatusWords:
        """What to tell somebody who asks where it is: its status, and past the promise the ticket that traces it."""
        outcome = await self.settle(asked, TRACE, progress, status)
        if isinstance(outcome, Settled):
            return status
        name = "part_trace_appended" if outcome.appended else "part_traced"
        return status.with_ticket(self._wording.part(name, **self._wording.shown(outcome)))
