"""What supervisors work with put together, and the weekly drawing of samples; for the composition root alone."""

import logging
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.leading.editions import Editions
from bot.desk.leading.sampling import Sampling
from bot.desk.leading.services import Leading, LeadingParts
from bot.desk.leading.settings import WallSettings
from bot.desk.service import AgentService
from bot.handover.service import Handover
from bot.jobs import Jobs
from bot.settings import Settings

logger = logging.getLogger(__name__)
EVERY_MONDAY = "30 18 * * 0"
"""In UTC: half past two on Monday in China."""


def leading_desk(
    settings: Settings,
    database: Database,
    clock: Clock,
    *,
    hubs: tuple[EventHub, ...],
    conversations: ConversationService,
    handover: Handover,
    agents: AgentService,
) -> Leading:
    """The services; the wall reads only while somebody watches it."""
    return Leading.build(
        LeadingParts(
            database=database,
            clock=clock,
            hubs=hubs,
            conversations=conversations,
            handover=handover,
            agents=agents,
            wall=wall_settings(settings),
            object_within=timedelta(days=settings.quality_object_days),
        )
    )


def wall_settings(settings: Settings) -> WallSettings:
    return WallSettings(
        accept_within_s=settings.wall_accept_seconds,
        waiting=settings.wall_waiting,
        longest_wait_s=settings.wall_longest_wait_seconds,
        service_level=settings.wall_service_level,
        abandoned=settings.wall_abandoned,
        load=settings.wall_load,
        idle_break_s=settings.wall_break_seconds,
        overdue=settings.wall_overdue,
        failures=settings.wall_failures,
        backlog=settings.wall_backlog,
    )


def draw_weekly(jobs: Jobs, database: Database, clock: Clock) -> None:
    """Samples of the week that is over, every Monday night; once, whoever else drew them."""
    sampling = Sampling(database, clock, Editions(database, clock))

    async def draw(_: datetime) -> None:
        row = await sampling.draw_last_week()
        if row is not None:
            logger.info("samples of the week from %s were drawn", row.since.date())

    jobs.periodic("quality.draw", EVERY_MONDAY, draw)
