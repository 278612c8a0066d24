"""The tools of the desk put together with what they ask of others; for the composition root alone."""

from datetime import date, datetime

from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.tools.colleagues import AccountColleagues
from bot.desk.tools.ports import HourSpan, Offer, Offers, Span
from bot.desk.tools.services import DeskTools, ToolParts
from bot.dialogue.components.values.dates import read_date
from bot.dialogue.components.values.numerals import read_number
from bot.dialogue.components.values.times import read_time
from bot.errors import NotFoundError
from bot.jobs import Jobs
from bot.settings import Settings
from bot.tickets.service import TicketService
from bot.waybills.model import WaybillStatus
from bot.waybills.service import WaybillService
from knowledge_base.context import Context
from knowledge_base.store import FaqStore

EVERY_FIVE_MINUTES = "*/5 * * * *"


class FaqAnswers:
    """`AnswerSource` over the knowledge base as it is now."""

    def __init__(self, store: FaqStore) -> None:
        self._store = store

    async def search(
        self, text: str, *, channel: str, status: WaybillStatus | None = None, after: str | None = None, k: int = 3
    ) -> Offers:
        found = await self._store.asearch(text, k=k, context=Context(after, status))
        offers = []
        for candidate in found.candidates:
            try:
                answer = self._store.answer(candidate.topic, channel)
            except NotFoundError:
                continue
            offers.append(Offer(candidate.topic, candidate.question, answer.text, candidate.confidence))
        return Offers(tuple(offers), in_scope=found.decision != "decline")


class SpokenCalendar:
    """`Calendar` by the grammar that customers' sentences are read with."""

    def days(self, text: str, today: date) -> Span | None:
        found = read_date(text, today)
        return (found.first, found.last) if found else None

    def hours(self, text: str) -> HourSpan | None:
        found = read_time(text)
        return (found.start, found.end) if found else None

    def number(self, text: str) -> float | None:
        return read_number(text)


def desk_tools(
    settings: Settings,
    database: Database,
    clock: Clock,
    conversations: ConversationService,
    waybills: WaybillService,
    tickets: TicketService,
    faq: FaqStore,
) -> DeskTools:
    """The tools, ready to be used; `look_at_promises` has them looked at."""
    return DeskTools.build(
        ToolParts(
            database=database,
            clock=clock,
            conversations=conversations,
            waybills=waybills,
            tickets=tickets,
            colleagues=AccountColleagues(database),
            answers=FaqAnswers(faq),
            calendar=SpokenCalendar(),
            company=settings.carrier_name,
            hotline=settings.hotline,
            website=settings.website,
        )
    )


def look_at_promises(jobs: Jobs, tools: DeskTools, clock: Clock) -> None:
    """Promises every five minutes, and traces of closed tabs with them."""

    async def promises(_: datetime) -> None:
        await tools.promises.look(clock())
        await tools.presence.forget(clock())

    jobs.periodic("desk.promises", EVERY_FIVE_MINUTES, promises)
