"""The tools, put together."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.tools.answers import Answers
from bot.desk.tools.canned import CannedResponses
from bot.desk.tools.filling import Filling
from bot.desk.tools.hints import desk_hub
from bot.desk.tools.keeping import Promises
from bot.desk.tools.notes import PrivateNotes
from bot.desk.tools.outgoing import Outgoing
from bot.desk.tools.ports import AnswerSource, Calendar, Colleagues
from bot.desk.tools.presence import Presence
from bot.desk.tools.revealing import Revealing
from bot.desk.tools.scripts import Translation
from bot.desk.tools.sensitive import SensitiveWords
from bot.desk.tools.shipping import ship
from bot.desk.tools.summing_up import SummingUp
from bot.desk.tools.tasks import Tasks
from bot.desk.tools.who import Sight
from bot.tickets.service import TicketService
from bot.waybills.service import WaybillService


@dataclass(frozen=True)
class ToolParts:
    """What the tools are built on."""

    database: Database
    clock: Clock
    conversations: ConversationService
    waybills: WaybillService
    tickets: TicketService
    colleagues: Colleagues
    answers: AnswerSource
    calendar: Calendar
    company: str = ""
    hotline: str = ""
    website: str = ""


@dataclass(frozen=True)
class DeskTools:
    """Every tool; ``hub`` tells of ``presence``, ``note`` and ``task``."""

    parts: ToolParts
    hub: EventHub
    sight: Sight
    sensitive: SensitiveWords
    canned: CannedResponses
    filling: Filling
    answers: Answers
    notes: PrivateNotes
    presence: Presence
    translation: Translation
    outgoing: Outgoing
    revealing: Revealing
    summing_up: SummingUp
    promises: Promises
    tasks: Tasks

    @classmethod
    def build(cls, parts: ToolParts) -> "DeskTools":
        database, clock, conversations = parts.database, parts.clock, parts.conversations
        waybills, tickets, colleagues = parts.waybills, parts.tickets, parts.colleagues
        sight = Sight(conversations)
        sensitive = SensitiveWords(database, clock, allowed=[each for each in (parts.hotline, parts.website) if each])
        translation = Translation(database, clock, sight)
        return cls(
            parts=parts,
            hub=desk_hub(database),
            sight=sight,
            sensitive=sensitive,
            canned=CannedResponses(database, clock, sensitive, colleagues),
            filling=Filling(database, clock, sight, waybills, tickets, company=parts.company, hotline=parts.hotline),
            answers=Answers(database, clock, sight, conversations, waybills, parts.answers),
            notes=PrivateNotes(database, clock, sight, colleagues),
            presence=Presence(database, clock, sight, colleagues),
            translation=translation,
            outgoing=Outgoing(database, sight, sensitive),
            revealing=Revealing(database, clock, sight, conversations, waybills),
            summing_up=SummingUp(database, clock, sight, conversations, tickets, parts.calendar),
            promises=Promises(database, clock, sight, waybills, colleagues),
            tasks=Tasks(database, clock, colleagues),
        )

    async def start(self) -> None:
        """Listen to the other desks, and put in what is shipped where there is nothing yet."""
        await ship(self.parts.database, self.parts.clock())
        await self.hub.start()

    async def stop(self) -> None:
        await self.hub.stop()
