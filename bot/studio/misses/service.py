"""The one door to misses: found, grouped, looked at, mended."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from bot.clock import Clock
from bot.db import Database
from bot.jobs import Jobs
from bot.staff.model import Actor
from bot.studio.drafts.model import IntentLine, TopicLine, Warning  # noqa: A004
from bot.studio.misses.beside import Beside, BesideMiss
from bot.studio.misses.collecting import Collected, Collector
from bot.studio.misses.grouping import Grouping
from bot.studio.misses.kinds import GroupSort, MissState
from bot.studio.misses.known import KnownNow, Sayings, published_sayings
from bot.studio.misses.lists import PAGE, Choices, Filters, GroupLine, Groups, Lists, Members
from bot.studio.misses.masking import Masker, default_masker
from bot.studio.misses.mending import How, Mended, Mending
from bot.studio.misses.ports import Content, KnowledgeNow, KnownWords
from bot.studio.misses.replacing import Worded
from bot.studio.misses.signs import CurrentSigns, Signs
from bot.studio.misses.tables import MissMend
from bot.studio.misses.words import refuse_unless_looks, refuse_unless_trains
from knowledge_base.vectors import SentenceEncoder

logger = logging.getLogger(__name__)

EVERY_MINUTE = "* * * * *"
EVERY_NIGHT = "43 18 * * *"
"""In UTC: before three in the morning in China."""


@dataclass(frozen=True)
class MissParts:
    """What misses are built on.

    Parameters
    ----------
    encoder: gives the encoder that serves now.
    faq: the knowledge base as it is now; None shows no candidates.
    cache: a folder for vectors of what was taught; None keeps none.
    """

    database: Database
    clock: Clock
    content: Content
    encoder: Callable[[], SentenceEncoder]
    faq: KnowledgeNow | None = None
    cache: Path | None = None
    sayings: Sayings = published_sayings
    masker: Masker | None = None
    signs: Callable[[], Signs] | None = None


class Misses:
    """Whoever may look sees them, whoever trains mends them."""

    def __init__(
        self,
        collector: Collector,
        grouping: Grouping,
        lists: Lists,
        beside: BesideMiss,
        mending: Mending,
        content: Content,
    ) -> None:
        self._collector = collector
        self._grouping = grouping
        self._lists = lists
        self._beside = beside
        self._mending = mending
        self._content = content

    @classmethod
    def build(cls, parts: MissParts) -> "Misses":
        masker = parts.masker or default_masker()
        known = KnownNow(parts.encoder, parts.sayings, cache=parts.cache)
        grouping = Grouping(parts.database, parts.clock, known)
        signs = parts.signs or CurrentSigns()
        return cls(
            collector=Collector(parts.database, parts.clock, grouping, masker, signs),
            grouping=grouping,
            lists=Lists(parts.database, parts.clock),
            beside=BesideMiss(parts.database, masker, known, parts.faq, KnownWords()),
            mending=Mending(parts.database, parts.clock, parts.content),
            content=parts.content,
        )

    # -- by itself -----------------------------------------------------------------------------------

    async def collect(self) -> Collected:
        """What went wrong since the last time; groups are made anew first where another encoder serves."""
        if await self._grouping.is_outdated():
            await self._grouping.regroup()
        return await self._collector.collect()

    async def regroup(self) -> int:
        """Groups as they are best now; returns how many."""
        return await self._grouping.regroup()

    def register(self, jobs: Jobs) -> None:
        """Every minute, and at night."""

        async def collect(_: datetime) -> None:
            found = await self.collect()
            if found.misses:
                logger.info("%d misses in %d conversations", found.misses, found.read)

        async def regroup(_: datetime) -> None:
            await self.regroup()

        jobs.periodic("studio.misses.collect", EVERY_MINUTE, collect)
        jobs.periodic("studio.misses.regroup", EVERY_NIGHT, regroup)

    # -- looking -------------------------------------------------------------------------------------

    async def groups(
        self,
        actor: Actor,
        filters: Filters,
        *,
        sort: GroupSort = GroupSort.size,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Groups:
        """A page of groups that have members which fit.  Raises `AccessRefusedError`, `BadQueryError`."""
        refuse_unless_looks(actor)
        return await self._lists.groups(filters, sort=sort, cursor=cursor, limit=limit)

    async def group(self, actor: Actor, group_id: int, filters: Filters) -> GroupLine:
        """Raises `NotFoundError`."""
        refuse_unless_looks(actor)
        return await self._lists.group(group_id, filters)

    async def members(
        self,
        actor: Actor,
        filters: Filters,
        *,
        group_id: int | None = None,
        cursor: str | None = None,
        limit: int = PAGE,
    ) -> Members:
        """A page of misses, the newest first.  Raises `BadQueryError`."""
        refuse_unless_looks(actor)
        return await self._lists.members(filters, group_id=group_id, cursor=cursor, limit=limit)

    async def choices(self, actor: Actor) -> Choices:
        refuse_unless_looks(actor)
        return await self._lists.choices()

    async def count(self, actor: Actor, filters: Filters) -> int:
        """How many misses fit."""
        refuse_unless_looks(actor)
        return await self._lists.count(filters)

    async def counts(self, actor: Actor) -> dict[MissState, int]:
        refuse_unless_looks(actor)
        return await self._lists.counts()

    async def beside(self, actor: Actor, miss_id: int) -> Beside:
        """The conversation around a miss, and what the bot made of it.  Raises `NotFoundError`."""
        refuse_unless_looks(actor)
        return await self._beside.of(miss_id)

    async def targets(self, actor: Actor) -> tuple[list[IntentLine], list[TopicLine]]:
        """Where a miss can be put, as the draft has it."""
        refuse_unless_looks(actor)
        return await self._content.intents(), await self._content.topics()

    # -- mending -------------------------------------------------------------------------------------

    async def proposed(self, actor: Actor, miss_ids: Sequence[int]) -> list[Worded]:
        """What would be taught of these misses: with made-up names and numbers, each sentence once."""
        refuse_unless_looks(actor)
        return await self._mending.proposed(miss_ids)

    async def of_group(self, actor: Actor, group_id: int) -> list[int]:
        """The open misses of a group that one step would deal with."""
        refuse_unless_looks(actor)
        return await self._mending.members(group_id)

    async def answers(self, actor: Actor, miss_ids: Sequence[int]) -> list[str]:
        """What agents answered in these conversations, the most typical first, masked."""
        refuse_unless_looks(actor)
        return await self._beside.answers(miss_ids)

    async def warnings(
        self, actor: Actor, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[Warning]:
        """What speaks against teaching these."""
        refuse_unless_trains(actor)
        return await self._content.warnings(texts, intent=intent, topic=topic)

    async def mend(self, actor: Actor, miss_ids: Sequence[int], how: How, *, why: str = "") -> Mended:
        """See `Mending.mend`."""
        return await self._mending.mend(actor, miss_ids, how, why=why)

    async def undo(self, actor: Actor, mend_id: UUID) -> int:
        """See `Mending.undo`."""
        return await self._mending.undo(actor, mend_id)

    async def latest(self, actor: Actor) -> MissMend | None:
        """What `undo` would take back for this person."""
        return await self._mending.latest(actor)
