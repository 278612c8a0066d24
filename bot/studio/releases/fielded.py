"""What the supervisor asks of the database: which releases are to have a process, and what became of theirs."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.content import Content
from bot.db import Database
from bot.staff.audit import record
from bot.staff.model import SYSTEM
from bot.studio.releases import repository
from bot.studio.releases.model import Release, make_release
from bot.studio.releases.states import SERVED, ReleaseState, TrainingKind
from bot.studio.releases.trees import copy_content
from bot.studio.releases.words import told
from bot.training import Trained

_TAKEN_BACK = frozenset({*SERVED, ReleaseState.kept, ReleaseState.withdrawn, ReleaseState.ready})
_NEEDED = _TAKEN_BACK | {ReleaseState.measuring}


@dataclass(frozen=True)
class WantedArm:
    """A release that is to have a process."""

    release: str
    encoder: Path
    model: Path
    content: Path


@dataclass(frozen=True)
class Wanted:
    """All that are, which of them serves everybody, and of which it is known that their process answers."""

    stable: str
    arms: tuple[WantedArm, ...]
    up: frozenset[str] = frozenset()

    def of(self, release: str) -> WantedArm | None:
        return next((arm for arm in self.arms if arm.release == release), None)


class Fielded:
    """Reads and writes the supervisor's side of the releases.

    Parameters
    ----------
    trees: the folder where the content of each release is kept.
    """

    def __init__(self, database: Database, clock: Clock, trees: Path) -> None:
        self._database = database
        self._clock = clock
        self._trees = trees

    async def begin(self, trained: Trained, content: Content, code: str) -> str:
        """The name of what a start found in the files; it serves everybody, and no process is up yet.

        What was trained before on the very same content keeps its name; else the files were changed by hand, or by
        another version of the program, and get a name of their own.
        """
        async with self._database.transaction() as session:
            await session.execute(update(Release).values(is_up=False))
            known = await _of_model(session, trained.model)
            stable = await repository.in_state(session, ReleaseState.stable, lock=True)
            if known is not None and known is stable:
                return known.name
            if known is None:
                known = await self._new(session, trained, content, code)
            if stable is not None:
                stable.keep(at=self._clock())
                await session.flush()
            known.settle(at=self._clock())
            record(session, "release.found", who=SYSTEM.name, at=self._clock(), about=known.name)
            return known.name

    async def is_proved(self, release: str) -> bool:
        """Whether it was measured and let pass as it is: no other model may take its place unseen."""
        async with self._database.transaction() as session:
            return (await repository.found(session, release)).report is not None

    async def wanted(self) -> Wanted | None:
        """None while nothing has a name yet."""
        async with self._database.transaction() as session:
            rows = await repository.served(session)
        stable = next((row.name for row in rows if row.state == ReleaseState.stable), None)
        up = frozenset(row.name for row in rows if row.is_up)
        return Wanted(stable, tuple(_arm(row) for row in rows), up) if stable else None

    async def kept(self) -> Sequence[tuple[Path, Path]]:
        """Encoder and model of every release that may be needed again."""
        async with self._database.transaction() as session:
            rows = await session.scalars(select(Release).where(Release.state.in_(_NEEDED)))
            return [(Path(row.encoder), Path(row.model)) for row in rows if row.encoder and row.model]

    async def is_up(self, release: str) -> None:
        """Its process answers, and everybody who asks it knows."""
        await self._tell(release, is_up=True, trouble=None)

    async def did_not_start(self, release: str, why: str) -> None:
        """A candidate that does not start is withdrawn, so that nobody waits for it."""
        async with self._database.transaction() as session:
            row = await repository.locked(session, release)
            row.trouble = why
            if row.state == ReleaseState.candidate:
                row.withdraw(at=self._clock(), why=told("no_start"))
                record(session, "release.withdrawn", who=SYSTEM.name, at=self._clock(), about=release, why=why)

    async def ended(self, release: str) -> None:
        """Its process was stopped; what was leaving has left."""
        async with self._database.transaction() as session:
            row = await repository.locked(session, release)
            row.is_up = False

    async def retrained(self, release: str, trained: Trained) -> bool:
        """The same content, learnt better; whether that release still serves everybody."""
        async with self._database.transaction() as session:
            row = await repository.locked(session, release)
            if row.state != ReleaseState.stable:
                return False
            row.encoder, row.model = str(trained.encoder), str(trained.model)
            return True

    async def _tell(self, release: str, *, is_up: bool, trouble: str | None) -> None:
        async with self._database.transaction() as session:
            row = await repository.locked(session, release)
            row.is_up, row.trouble = is_up, trouble

    async def _new(self, session: AsyncSession, trained: Trained, content: Content, code: str) -> Release:
        now = self._clock()
        name = await repository.next_name(session, at=now)
        row = make_release(name, kind=TrainingKind.files, by=SYSTEM.name, at=now, note=told("start_found"))
        row.state = ReleaseState.ready.value
        row.encoder, row.model, row.code = str(trained.encoder), str(trained.model), code
        shutil.rmtree(self._trees / name, ignore_errors=True)  # of a start that was killed
        row.tree = str(copy_content(content, self._trees / name))
        row.began_at = row.ended_at = now
        session.add(row)
        await session.flush()
        return row


async def _of_model(session: AsyncSession, model: Path) -> Release | None:
    """What was made with this very model and can serve."""
    query = select(Release).where(Release.model.endswith(f"/{model.name}"), Release.state.in_(_TAKEN_BACK))
    return (await session.scalars(query.order_by(Release.asked_at.desc()).limit(1).with_for_update())).first()


def _arm(row: Release) -> WantedArm:
    return WantedArm(row.name, Path(row.encoder or ""), Path(row.model or ""), Path(row.tree or ""))
