"""Releases, as pages, programs and the command line see them."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.db import Database
from bot.desk.tools.free_text import mask_text
from bot.errors import BotError
from bot.keeping import pin
from bot.settings import Settings
from bot.staff.model import Actor
from bot.studio.releases import repository
from bot.studio.releases.asking import Asking
from bot.studio.releases.comparing import Comparison
from bot.studio.releases.fielded import Fielded
from bot.studio.releases.folders import training_of, trees_of
from bot.studio.releases.model import Release
from bot.studio.releases.ports import Contents, EvaluationSource, Holdable, NoSets, NoVerdicts, Verdicts
from bot.studio.releases.publishing import Publishing
from bot.studio.releases.replaying import Mask, Replaying
from bot.studio.releases.report import ReleaseReport
from bot.studio.releases.rules import ReleaseRules, release_rules
from bot.studio.releases.schemas import ComparisonView, OverviewView, ReleaseView
from bot.studio.releases.states import ReleaseMove, ReleaseState, TrainingKind, is_allowed
from bot.studio.releases.training import TrainingRoom, Trainings
from bot.studio.roles import refuse_unless_looks

logger = logging.getLogger(__name__)

_TEND_EVERY_S = 1.0
_WATCH_EVERY_S = 60.0


class Releases:
    """Who looks is refused unless they may look, who changes unless they train; every change is in the audit."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        contents: Contents,
        publishing: Publishing,
        trainings: Trainings,
        rules: ReleaseRules,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._asking = Asking(settings, database, clock, contents)
        self._contents = contents
        self._publishing = publishing
        self._trainings = trainings
        self._tending: asyncio.Task[None] | None = None
        self.rules = rules

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        contents: Contents,
        *,
        holdable: Holdable,
        changed: Callable[[], None] = lambda: None,
        sources: EvaluationSource | None = None,
        verdicts: Verdicts | None = None,
        mask: Mask = mask_text,
        settles: bool = True,
    ) -> "Releases":
        """Put together.

        Parameters
        ----------
        contents: the draft.
        holdable: the live knowledge base, which must not read the files while they are written.
        changed: called when what serves was changed in this process.
        sources, verdicts: sets and labels made in the studio.
        mask: takes out of a message whatever says who somebody is.
        settles: whether this process writes the files of a release that is to serve everybody.
        """
        rules = release_rules()
        publishing = Publishing(
            settings, database, clock, contents, rules, holdable=holdable, changed=changed, settles=settles
        )
        replaying = Replaying(database, mask, verdicts or NoVerdicts(), rules.replay)
        room = TrainingRoom(settings, database, clock, rules, sources or NoSets(), replaying)
        return cls(settings, database, clock, contents, publishing, Trainings(room), rules)

    # -- looking -------------------------------------------------------------------------------------

    async def overview(self, actor: Actor) -> OverviewView:
        """What serves, what is tried, what is trained, and what the draft has over it all."""
        refuse_unless_looks(actor)
        changes = await self._contents.diff()
        async with self._database.transaction() as session:
            rows = await repository.served(session)
            work = await repository.at_work(session)
            before = await repository.settled_before(session)
        return OverviewView.of(rows, work, before, len(changes), self.rules)

    async def history(self, actor: Actor, *, before: datetime | None = None, limit: int = 20) -> list[ReleaseView]:
        """Newest first."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            return [ReleaseView.of(row) for row in await repository.newest(session, before=before, limit=limit)]

    async def release(self, actor: Actor, name: str) -> ReleaseView:
        """Raises `ReleaseNotFoundError`."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            return ReleaseView.of(await repository.found(session, name), whole=True)

    async def report(self, actor: Actor, name: str) -> ReleaseReport | None:
        """None while it is not measured."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            release = await repository.found(session, name)
        return ReleaseReport.model_validate(release.report) if release.report is not None else None

    async def comparison(self, actor: Actor) -> ComparisonView | None:
        """How the candidate does beside the stable one; None while there is none."""
        refuse_unless_looks(actor)
        found = await self._publishing.compare()
        return ComparisonView.of(found) if found is not None else None

    # -- changing ------------------------------------------------------------------------------------

    async def train(self, actor: Actor, *, kind: TrainingKind = TrainingKind.quick, note: str = "") -> str:
        """Have the draft trained as it is now; returns the name of the release."""
        return await self._asking.train(actor, kind=kind, note=note)

    async def cancel(self, actor: Actor, name: str) -> None:
        await self._asking.cancel(actor, name)

    async def publish(self, actor: Actor, name: str, *, share: int | None = None, override: str = "") -> None:
        """Try it on the smallest share, or on another one."""
        await self._publishing.publish(actor, name, share=share or min(self.rules.shares), override=override)

    async def widen(self, actor: Actor, share: int) -> None:
        await self._publishing.widen(actor, share)

    async def roll_back(self, actor: Actor, *, why: str, to: str | None = None) -> str:
        """Returns the name of what serves everybody then."""
        return await self._publishing.roll_back(actor, why=why, to=to)

    # -- of its own accord ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Train what is asked for, and look after what serves; in one process of all."""
        await self._trainings.start()
        self._tending = asyncio.create_task(self._tend(), name="tend the releases")

    async def stop(self) -> None:
        if self._tending is not None:
            self._tending.cancel()
            with suppress(asyncio.CancelledError):
                await self._tending
        await self._trainings.stop()

    async def watch(self) -> Comparison | None:
        """Once a minute: roll back what customers are worse off with, and let go of what nobody needs."""
        comparison = await self._publishing.watch()
        await self._publishing.let_leave()
        await self.forget_old()
        return comparison

    async def forget_old(self) -> list[str]:
        """The files of all but the latest few releases that do not serve; their names."""
        async with self._database.transaction() as session:
            rows = list(await session.scalars(select(Release).order_by(Release.asked_at.desc()).with_for_update()))
            can_go = [row for row in rows if is_allowed(ReleaseMove.forget, ReleaseState(row.state))]
            old = can_go[self.rules.keeping.releases :]
            for row in old:
                row.forget()
        if old:
            await asyncio.to_thread(self._remove, [row.name for row in old])
            fielded = Fielded(self._database, self._clock, trees_of(self._settings))
            kept = [path for pair in await fielded.kept() for path in pair]
            pin(self._settings.cache_dir, self._settings.data_dir, kept)
        return [row.name for row in old]

    def _remove(self, names: list[str]) -> None:
        for name in names:
            for folder in (trees_of(self._settings) / name, training_of(self._settings, name)):
                shutil.rmtree(folder, ignore_errors=True)

    async def _tend(self) -> None:
        loop = asyncio.get_running_loop()
        watched_at = loop.time()
        while True:
            await asyncio.sleep(_TEND_EVERY_S)
            try:
                await self._publishing.settle_if_due()
                if loop.time() - watched_at >= _WATCH_EVERY_S:
                    watched_at = loop.time()
                    await self.watch()
            except (BotError, SQLAlchemyError, OSError) as error:
                logger.warning("the releases could not be looked after: %r", error)
