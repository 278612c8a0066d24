"""Handing conversations to people, put together for the composition root."""

from dataclasses import dataclass
from datetime import timedelta

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.channels import Channels
from bot.desk.whispering import NoteWhispers
from bot.desk.words import desk_words
from bot.handover.dispatcher import Dispatcher
from bot.handover.heartbeats import Heartbeats
from bot.handover.promises import Promises
from bot.handover.routes import RuleRouter
from bot.handover.service import Handover
from bot.handover.settings import HandoverSettings
from bot.rules.service import RuleService
from bot.rules.working_time import shipped_working_time
from bot.settings import Settings
from bot.studio.sets.stage import QuietRouting
from bot.tickets.service import TicketService


@dataclass(frozen=True)
class HandingOver:
    """``heartbeats`` run beside the pages, the ``dispatcher`` in the worker."""

    handover: Handover
    heartbeats: Heartbeats
    dispatcher: Dispatcher

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        conversations: ConversationService,
        rules: RuleService,
        tickets: TicketService,
        hub: EventHub,
        pushed: Channels,
    ) -> "HandingOver":
        """Conversations are routed by the rules from here on."""
        chosen = _settings(settings)
        router = RuleRouter(rules.book, shipped_working_time(), chosen)
        conversations.route_with(QuietRouting(router))
        handover = Handover(database, clock, conversations, chosen, NoteWhispers(database, clock))
        promises = Promises(database, clock, tickets, router, reason_name=_reason_name)
        return cls(
            handover=handover,
            heartbeats=Heartbeats(database, clock),
            dispatcher=Dispatcher(database, clock, conversations, handover, promises, hub, pushed=pushed),
        )


def _settings(settings: Settings) -> HandoverSettings:
    return HandoverSettings(
        assignment=settings.handover_assignment,
        picking=settings.handover_picking,
        calendar=settings.handover_calendar,
        grace=timedelta(seconds=settings.handover_grace_seconds),
        passes_allowed=settings.handover_passes,
        nobody_after=timedelta(minutes=settings.handover_nobody_minutes),
        place_every=timedelta(minutes=settings.handover_place_minutes),
    )


def _reason_name(reason: str) -> str:
    return desk_words().reasons.get(reason, reason)
