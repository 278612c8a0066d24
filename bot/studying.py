"""The trainer's studio put together with what it asks of others; for the composition root alone."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

from fastapi import APIRouter
from sqlalchemy.exc import SQLAlchemyError

from bot.arms import Arms
from bot.clock import Clock
from bot.content import Content
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.service import AgentService
from bot.jobs import Jobs
from bot.studio.drafts.endpoints import make_router as make_drafts_router
from bot.studio.drafts.service import Drafts
from bot.studio.faq.endpoints import make_router as make_faq_router
from bot.studio.faq.service import FaqStudio
from bot.studio.insight.counters import EVERY_MINUTE, TASK, Counters
from bot.studio.insight.endpoints import make_router as make_insight_router
from bot.studio.insight.from_studio import DraftTitles, MissTables, PublishedEntries
from bot.studio.insight.next import Next
from bot.studio.insight.numbers import Numbers
from bot.studio.misses.endpoints import make_router as make_misses_router
from bot.studio.misses.service import Misses, MissParts
from bot.studio.releases.endpoints import make_router as make_releases_router
from bot.studio.releases.service import Releases
from bot.studio.sets.acting import Acting, Either
from bot.studio.sets.catalogue import Catalogues
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.endpoints import make_router as make_sets_router
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.responses import Responses
from bot.studio.sets.service import Sets
from bot.studio.sets.stage import ConversationStage, Stage
from bot.studio.ui.drafts.pages import add_draft_pages
from bot.studio.ui.faq.pages import add_faq_pages
from bot.studio.ui.insight.pages import add_insight_pages
from bot.studio.ui.misses.page import add_misses_pages
from bot.studio.ui.releases.pages import add_release_pages
from bot.studio.ui.sets.pages import add_sets_pages
from bot.wiring import Wired

logger = logging.getLogger(__name__)
_EVERY_HOUR = "17 * * * *"
_LOOK_EVERY_S = 60.0
"""Another process may have made a set."""


@dataclass(frozen=True)
class ServingStages:
    """`Stages` of the releases that serve in this process."""

    arms: Arms
    database: Database
    clock: Clock
    conversations: ConversationService

    async def releases(self) -> Sequence[str]:
        return self.arms.names

    async def of(self, release: str) -> Stage | None:
        engine = self.arms.engine.of(release)
        return ConversationStage(self.database, self.clock, self.conversations, engine) if engine is not None else None


@dataclass(frozen=True)
class Studio:
    """Every part of it."""

    clock: Clock
    drafts: Drafts
    faq: FaqStudio
    misses: Misses
    sets: Sets
    labelling: Labelling
    dialogues: Dialogues
    stages: ServingStages
    numbers: Numbers
    following: Next
    counters: Counters
    releases: Releases
    acting: Acting

    @classmethod
    def build(cls, wired: Wired) -> "Studio":
        settings, database, clock, faq = wired.settings, wired.database, wired.clock, wired.faq
        drafts = Drafts.build(settings, database, clock, content=settings.content_dir)
        sets = Sets(database, clock)
        troubles = MissTables(database)
        numbers = Numbers(database, clock, troubles)
        expiring = PublishedEntries(lambda: faq.retriever.entries.values())
        cache = settings.cache_dir / "studio"
        return cls(
            clock=clock,
            drafts=drafts,
            faq=FaqStudio.build(
                settings, database, clock, drafts, encoder=wired.encoder, published=lambda: faq.retriever
            ),
            misses=Misses.build(MissParts(database, clock, drafts, wired.encoder, faq=faq, cache=cache)),
            sets=sets,
            labelling=Labelling(database, clock, Catalogues(drafts)),
            dialogues=Dialogues(database, clock, Responses.load(Content(settings.content_dir).domain)),
            stages=ServingStages(wired.arms, database, clock, wired.conversations),
            numbers=numbers,
            following=Next(clock, numbers, troubles, sets, drafts, expiring),
            counters=Counters(database, clock),
            releases=Releases.build(
                settings,
                database,
                clock,
                drafts,
                holdable=faq,
                changed=wired.choosing.forget,
                sources=sets,
                verdicts=sets,
            ),
            acting=Acting(wired.arms, database),
        )

    def register(self, jobs: Jobs) -> None:
        """What is done now and then, in whichever process works."""
        self.misses.register(jobs)
        jobs.periodic("studio.faq", _EVERY_HOUR, self.faq.count)
        jobs.periodic(TASK, EVERY_MINUTE, self.counters.run)

    async def start(self, stack: AsyncExitStack) -> None:
        """The draft, and the trainings of releases; in the platform, whose pages need them.  The stack stops it."""
        await self.drafts.start()
        stack.push_async_callback(self.drafts.stop)
        self.sets.when_changed(self._judge)
        judging = asyncio.create_task(self._go_on_judging(), name="studio-judging-sentences")
        stack.callback(judging.cancel)
        await self.releases.start()
        stack.push_async_callback(self.releases.stop)

    def executor(self, release: str) -> Either:
        """The actions of a release, which leave nothing in conversations that are only tried."""
        return self.acting.executor(release)

    def routers(self, actor_of: ActorOf) -> list[APIRouter]:
        return [
            make_drafts_router(self.drafts, actor_of),
            make_faq_router(self.faq, actor_of, self.clock),
            make_misses_router(self.misses, actor_of),
            make_sets_router(self.sets, self.labelling, self.dialogues, self.stages, actor_of),
            make_insight_router(self.numbers, self.following, actor_of),
            make_releases_router(self.releases, actor_of),
        ]

    def add_pages(self, agents: AgentService) -> None:
        """Before the desk is mounted, whose server serves them."""
        add_insight_pages(self.following, self.numbers, DraftTitles(self.drafts), agents)
        add_misses_pages(self.misses, agents, self.clock)
        add_faq_pages(agents, self.faq, self.clock)
        add_draft_pages(agents, self.drafts)
        add_release_pages(agents, self.releases, DraftTitles(self.drafts))
        add_sets_pages(self.sets, self.labelling, self.dialogues, self.stages, agents, self.clock)

    async def _go_on_judging(self) -> None:
        while True:
            try:
                await self._judge()
            except SQLAlchemyError as error:
                logger.warning("the sentences of evaluation sets could not be read: %s", type(error).__name__)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def _judge(self) -> None:
        """Tell the draft which sentences are for judging, and must not be taught."""
        self.drafts.judge_by(await self.sets.sentences())
