"""The draft, as the rest of the studio uses it."""

import asyncio
import gc
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from bot.clock import Clock
from bot.db import Database
from bot.settings import PROJECT, Settings
from bot.studio.drafts.checkout import Checkout
from bot.studio.drafts.evaluation import JudgingSentences
from bot.studio.drafts.example_part import ExamplePart
from bot.studio.drafts.faq_part import FaqPart
from bot.studio.drafts.parts import Desk
from bot.studio.drafts.repository import ContentRepository
from bot.studio.drafts.response_part import ResponsePart
from bot.studio.drafts.review_part import ReviewPart
from bot.studio.drafts.syncing import Syncing
from bot.studio.drafts.vocabulary import Vocabulary
from bot.studio.drafts.warning_part import WarningPart
from bot.studio.drafts.word_part import WordPart
from bot.studio.drafts.workshop import Workshop
from knowledge_base.entries import placeholder_values

EVALUATION = PROJECT / "tests" / "evaluation"


class Drafts(ExamplePart, FaqPart, ResponsePart, WordPart, WarningPart, ReviewPart):
    """Raises `StaleEntryError` where an entry has another version than was given, `EntryRefusedError` for what a rule
    of the content forbids, `EntryNotFoundError`; changes by who does not train are `AccessRefusedError`.

    Every change is one commit on the draft by whoever made it, and is kept in the audit.
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._warming: asyncio.Task[object] | None = None
        self._warmed_with: list[Callable[[], Awaitable[None]]] = []

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        *,
        content: Path = PROJECT,
        evaluation: Path = EVALUATION,
    ) -> "Drafts":
        """``content`` is the checkout that the bot is taught from, ``evaluation`` the folder of the shipped sets."""
        repository = ContentRepository(settings.data_dir / "studio" / "content.git")
        shop = Workshop(repository, database, clock)
        files = Syncing(shop, Checkout(content))
        values = placeholder_values(settings)
        return cls(Desk(shop, files, Vocabulary(repository), JudgingSentences(evaluation), values))

    async def start(self) -> None:
        """Begin a draft or take in what changed in the files, now and from then on; read everything beforehand."""
        await self._desk.files.start()
        self._warming = asyncio.create_task(self._warm_up(), name="studio-similar-texts")

    async def stop(self) -> None:
        await self._desk.files.stop()
        if self._warming is not None:
            await asyncio.gather(self._warming, return_exceptions=True)
            gc.unfreeze()

    async def sync(self) -> bool:
        """Take in what changed in the files; whether anything had."""
        return await self._desk.files.sync()

    async def _warm_up(self) -> None:
        """What is in memory then mostly stays: the collector need not walk through it while a trainer waits."""
        await self._similar()
        for warm in self._warmed_with:
            await warm()
        gc.freeze()

    def warm_with(self, warm: Callable[[], Awaitable[None]]) -> None:
        """Have this done as well at the start: it reads what then stays in memory."""
        self._warmed_with.append(warm)

    def when_changed(self, listener: Callable[[], None]) -> None:
        """Call this after every change that is made to the draft in this process, by whomever."""
        self._shop.listeners.append(listener)

    def judge_by(self, sets: Mapping[str, Iterable[str]]) -> None:
        """The evaluation sets made in the studio, all of them by name: their sentences are not to be taught."""
        self._desk.evaluation.put(sets)
