"""What to do next: facts gathered from all parts of the studio, ranked."""

from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock, local
from bot.staff.model import Actor
from bot.studio.insight.model import Contacts, Heard, Hint, Period
from bot.studio.insight.numbers import Numbers
from bot.studio.insight.ports import ContentSource, ExpirySource, FindingSource, MissSource
from bot.studio.insight.ranking import Facts, rank
from bot.studio.roles import refuse_unless_looks

_WEEK = timedelta(days=7)
_SOON = timedelta(days=14)
_TROUBLES = 40


@dataclass(frozen=True)
class Agenda:
    """The list, and the week it follows from beside the week before."""

    hints: tuple[Hint, ...]
    contacts: Contacts
    heard: Heard
    contacts_before: Contacts
    heard_before: Heard


class Next:
    """The one door to the list of things to do."""

    def __init__(
        self,
        clock: Clock,
        numbers: Numbers,
        misses: MissSource,
        findings: FindingSource,
        content: ContentSource,
        expiry: ExpirySource,
    ) -> None:
        self._clock = clock
        self._numbers = numbers
        self._misses = misses
        self._findings = findings
        self._content = content
        self._expiry = expiry

    async def agenda(self, actor: Actor) -> Agenda:
        """Raises `AccessRefusedError`."""
        refuse_unless_looks(actor)
        week = self._week
        contacts, heard, unanswered = await self._numbers.totals(week)
        contacts_before, heard_before, _ = await self._numbers.totals(week.before)
        hints = rank(await self._facts(week, contacts, heard, unanswered))
        return Agenda(tuple(hints), contacts, heard, contacts_before, heard_before)

    @property
    def _week(self) -> Period:
        """The last seven full days."""
        today = local(self._clock()).date()
        return Period(today - _WEEK, today - timedelta(days=1))

    async def _facts(self, week: Period, contacts: Contacts, heard: Heard, unanswered: int) -> Facts:
        now = self._clock()
        today = local(now).date()
        return Facts(
            contacts=contacts,
            heard=heard,
            unanswered=unanswered,
            troubles=await self._misses.troubles(now - _WEEK, limit=_TROUBLES),
            findings=await self._findings.findings(),
            entries=await self._numbers.entries(week),
            expiring=await self._expiry.expiring(today, today + _SOON),
            intents={line.name: line.zh for line in await self._content.intents()},
            topics={line.id: line for line in await self._content.topics()},
        )
