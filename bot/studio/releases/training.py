"""The training that was asked for: done by whoever holds the lock, in processes of their own, told line by line.

Whatever dies in the middle, the next one to hold the lock begins again; the caches of training make that short.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock
from bot.db import Database
from bot.errors import BotError, SetupError
from bot.keeping import pin
from bot.locks import Locks
from bot.settings import Settings
from bot.staff.audit import record
from bot.staff.model import SYSTEM
from bot.studio.releases import repository
from bot.studio.releases.fielded import Fielded
from bot.studio.releases.folders import training_of, trees_of
from bot.studio.releases.gates import judge
from bot.studio.releases.measuring import Job, JobSide, write_sets
from bot.studio.releases.model import Release
from bot.studio.releases.ports import EvaluationSource
from bot.studio.releases.replaying import Replaying
from bot.studio.releases.report import ReleaseReport
from bot.studio.releases.rules import ReleaseRules
from bot.studio.releases.states import ReleaseState, TrainingKind
from bot.trainer import ENCODER, Program
from bot.training import Trained

logger = logging.getLogger(__name__)
Report = Callable[[str], None]

_TELL_EVERY_S = 1.0
_LOOK_EVERY_S = 2.0
_WHY_KEPT = 2000


class Work(Protocol):
    """A program under way; `bot.trainer.Program` in earnest."""

    def answer(self, report: Report) -> str: ...

    def stop(self) -> None: ...


class Begin(Protocol):
    """Starts a program of ours."""

    def __call__(self, command: list[str], environment: dict[str, str]) -> Work: ...


def begin_politely(command: list[str], environment: dict[str, str]) -> Work:
    """On one thread, giving way to everything else."""
    return Program(command, is_polite=True, environment=environment)


class CancelledByPersonError(BotError):
    """Somebody called the training off."""


@dataclass(frozen=True)
class TrainingRoom:
    """What a training needs besides the release.

    Parameters
    ----------
    sources: sets made in the studio, measured besides those of the files.
    begin: starts the programs.
    """

    settings: Settings
    database: Database
    clock: Clock
    rules: ReleaseRules
    sources: EvaluationSource
    replaying: Replaying
    begin: Begin = begin_politely


class Trainings:
    """Does one training after the other in this process, unless another one does."""

    def __init__(self, room: TrainingRoom) -> None:
        self._room = room
        self._locks = Locks(room.database, "studio training")
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._looking = asyncio.create_task(self._run(), name="studio training")

    async def stop(self) -> None:
        """What runs is ended; it begins again wherever the next one looks."""
        if self._looking is not None:
            self._looking.cancel()
            with suppress(asyncio.CancelledError):
                await self._looking
        await self._locks.close()

    async def look(self) -> bool:
        """Do what was asked for; says whether there was anything."""
        async with self._room.database.transaction() as session:
            release = await repository.at_work(session)
        if release is None:
            return False
        async with self._locks.trying("training") as is_ours:
            if is_ours:
                await _One(self._room, release.name).run()
        return is_ours

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("a training could not be looked for: %r", error)
            await asyncio.sleep(_LOOK_EVERY_S)


class _One:
    """One training of one release."""

    def __init__(self, room: TrainingRoom, name: str) -> None:
        self._room = room
        self._name = name
        self._said: list[str] = []
        self._is_called_off = False
        self._folder = training_of(room.settings, name)

    async def run(self) -> None:
        """To the end, whichever it is."""
        try:
            await self._make()
        except CancelledByPersonError:
            await self._end(lambda release: release.cancel(at=self._room.clock()), "release.training_cancelled")
        except (BotError, OSError, ValueError) as error:
            logger.warning("the training of %s failed: %s", self._name, error)
            why = str(error)[-_WHY_KEPT:]
            await self._end(lambda release: release.fail(why, at=self._room.clock()), "release.failed")

    async def _make(self) -> None:
        release = await self._change(lambda release: release.train(at=self._room.clock()))
        serving = await self._serving()
        trained = Trained.model_validate_json(await self._do(*self._training(release, serving)))
        await self._change(lambda release: release.measure(trained.encoder, trained.model))
        await self._pin()
        job = await self._job(release, serving, trained)
        file, report = self._folder / "job.json", self._folder / "report.json"
        file.write_text(job.model_dump_json(), encoding="utf-8")
        await self._do(["bot.studio.releases.measuring", str(file), str(report)], job.new.subject.content.environment)
        made = ReleaseReport.model_validate(json.loads(report.read_text(encoding="utf-8")))
        judged = judge(made, self._room.rules.gates)
        content = judged.model_dump(mode="json")
        await self._end(
            lambda release: release.finish(content, passed=judged.passed, at=self._room.clock()), "release.trained"
        )

    def _training(self, release: Release, serving: JobSide) -> tuple[list[str], dict[str, str]]:
        environment = {"BOT_CONTENT_DIR": str(release.tree), ENCODER: str(serving.encoder)}
        what = "tuned" if release.kind == TrainingKind.thorough else "release"
        return ["bot.trainer", what], environment

    async def _serving(self) -> JobSide:
        """What it is compared with.  Raises SetupError where nothing serves that has a name."""
        async with self._room.database.transaction() as session:
            stable = await repository.in_state(session, ReleaseState.stable)
        if stable is None or not (stable.encoder and stable.model):
            raise SetupError("no release serves customers: start everything with 'bot up' first")
        return JobSide(
            release=stable.name,
            encoder=Path(stable.encoder),
            model=Path(stable.model),
            content=Path(stable.tree) if stable.tree else self._room.settings.content_dir,
        )

    async def _job(self, release: Release, serving: JobSide, trained: Trained) -> Job:
        self._folder.mkdir(parents=True, exist_ok=True)
        write_sets(self._folder / "sets", await self._room.sources.evaluation_sets())
        new = JobSide(
            release=self._name, encoder=trained.encoder, model=trained.model, content=Path(release.tree or "")
        )
        messages = await self._room.replaying.sample(at=self._room.clock())
        days = self._room.rules.replay.days
        return Job(old=serving, new=new, sets=self._folder / "sets", days=days, messages=tuple(messages))

    async def _do(self, command: list[str], environment: dict[str, str]) -> str:
        """Run a program to its end, telling what it says; it ends with us, and when somebody calls it off."""
        work = self._room.begin(command, environment)
        telling = asyncio.create_task(self._tell_until_done(work), name="tell of the training")
        try:
            answer = await asyncio.to_thread(work.answer, self._said.append)
        except BotError:
            if self._is_called_off:
                raise CancelledByPersonError(self._name) from None
            raise
        finally:
            work.stop()
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)
        await self._tell()
        if self._is_called_off:
            raise CancelledByPersonError(self._name)
        return answer

    async def _tell_until_done(self, work: Work) -> None:
        while True:
            await asyncio.sleep(_TELL_EVERY_S)
            with suppress(SQLAlchemyError):
                await self._tell()
            if self._is_called_off:
                work.stop()

    async def _tell(self) -> None:
        """What was said since the last time goes into the database; what a person wants comes out."""
        lines, self._said[:] = list(self._said), []
        release = await self._change(lambda release: release.say(lines))
        self._is_called_off = release.cancel_by is not None

    async def _change(self, change: Callable[[Release], Any]) -> Release:
        async with self._room.database.transaction() as session:
            release = await repository.locked(session, self._name)
            change(release)
            return release

    async def _end(self, change: Callable[[Release], Any], what: str) -> None:
        async with self._room.database.transaction() as session:
            release = await repository.locked(session, self._name)
            change(release)
            record(session, what, who=SYSTEM.name, at=self._room.clock(), about=self._name)

    async def _pin(self) -> None:
        """Nobody cleans up what may be needed again."""
        room = self._room
        fielded = Fielded(room.database, room.clock, trees_of(room.settings))
        kept = [path for pair in await fielded.kept() for path in pair]
        pin(room.settings.cache_dir, room.settings.data_dir, kept)
