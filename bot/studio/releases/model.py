"""A release and its moves."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base
from bot.studio.releases.faults import ReleaseMoveError
from bot.studio.releases.states import MOVES, SERVED, ReleaseMove, ReleaseState, TrainingKind, is_allowed
from bot.studio.releases.words import refusal

LINES_KEPT = 200


class Release(Base):
    """One state of the content, trained or to be.

    ``commit`` is that of the draft it was made from; None for what a start found in the files.  ``tree`` is the folder
    with its content, ``code`` names the program that trained it.  ``share`` is in percent of new conversations.
    ``is_up``: its process answers, and whoever asks it knows.  ``report`` is a `report.ReleaseReport` as JSON.
    ``changes`` are what the draft had over what was published, as `content.EntryChange` says it.
    """

    __tablename__ = "studio_releases"
    __table_args__ = (
        Index("ix_studio_releases_asked_at", "asked_at"),
        Index(
            "ix_studio_releases_stable", "state", unique=True, postgresql_where=text("state IN ('stable', 'candidate')")
        ),
    )

    name: Mapped[str] = mapped_column(primary_key=True)
    commit: Mapped[str | None]
    kind: Mapped[str]
    state: Mapped[str]
    note: Mapped[str] = mapped_column(default="")
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    encoder: Mapped[str | None]
    model: Mapped[str | None]
    tree: Mapped[str | None]
    code: Mapped[str | None]
    share: Mapped[int] = mapped_column(default=0)
    is_up: Mapped[bool] = mapped_column(default=False)
    trouble: Mapped[str | None]
    began_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    progress: Mapped[str] = mapped_column(default="")
    log: Mapped[list[str]] = mapped_column(default=list)
    cancel_by: Mapped[str | None]
    report: Mapped[dict[str, Any] | None]
    changes: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    passed: Mapped[bool | None]
    overridden_by: Mapped[str | None]
    overridden_why: Mapped[str | None]
    published_by: Mapped[str | None]
    published_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    left_at: Mapped[datetime | None]
    left_why: Mapped[str | None]

    @property
    def is_served(self) -> bool:
        return self.state in SERVED

    @property
    def model_key(self) -> str:
        return Path(self.model).name.removesuffix(".tar.gz") if self.model else ""

    # -- training ----------------------------------------------------------------------------------

    def train(self, *, at: datetime) -> None:
        """A process trains it, again if one before was killed."""
        self._go(ReleaseMove.train)
        self.began_at = self.began_at or at
        self.trouble = None

    def measure(self, encoder: Path, model: Path) -> None:
        """It is trained; now it is compared with what serves."""
        self._go(ReleaseMove.measure)
        self.encoder, self.model = str(encoder), str(model)

    def finish(self, report: dict[str, Any], *, passed: bool, at: datetime) -> None:
        self._go(ReleaseMove.finish)
        self.report, self.passed, self.ended_at = report, passed, at

    def fail(self, why: str, *, at: datetime) -> None:
        self._go(ReleaseMove.fail)
        self.trouble, self.ended_at = why, at

    def cancel(self, *, at: datetime) -> None:
        self._go(ReleaseMove.cancel)
        self.ended_at = at

    def say(self, lines: Sequence[str]) -> None:
        """What the training tells; the last is its progress."""
        if lines:
            self.log = [*self.log, *lines][-LINES_KEPT:]
            self.progress = lines[-1]

    # -- serving -----------------------------------------------------------------------------------

    def override(self, by: str, why: str) -> None:
        """An administrator lets it pass although a gate failed."""
        self.overridden_by, self.overridden_why = by, why

    def publish(self, share: int, *, by: str, at: datetime) -> None:
        """Tried on a share of new conversations from now on.  Refused while a gate is closed."""
        if self.passed is False and self.overridden_by is None:
            raise ReleaseMoveError(refusal("gates_failed"))
        self.is_up = self.is_up and self.is_served
        self._go(ReleaseMove.publish)
        self.share, self.published_by, self.published_at = share, by, at
        self.trouble = self.left_at = self.left_why = None

    def widen(self, share: int) -> None:
        """Another share; who was in it stays in it."""
        if self.state != ReleaseState.candidate:
            raise ReleaseMoveError(refusal("no_candidate"))
        self.share = share

    def settle(self, *, at: datetime) -> None:
        """It serves everybody from now on, and its content is what stands in the files."""
        self._go(ReleaseMove.settle)
        self.share, self.settled_at = 100, at
        self.left_at = self.left_why = None

    def leave(self, *, at: datetime, why: str) -> None:
        """Another one serves everybody; who is in the middle of a conversation goes on with this one for a while."""
        self._go(ReleaseMove.leave)
        self.share, self.left_at, self.left_why = 0, at, why

    def withdraw(self, *, at: datetime, why: str) -> None:
        """From the next turn on all its conversations are the stable one's; it is nothing to go back to."""
        self._go(ReleaseMove.withdraw)
        self.share, self.left_at, self.left_why, self.settled_at = 0, at, why, None

    def keep(self, *, at: datetime) -> None:
        """Nobody is with it any more; it can come back."""
        self._go(ReleaseMove.keep)
        self.is_up, self.left_at = False, self.left_at or at

    def forget(self) -> None:
        """Its files go; what it was stays in the history."""
        self._go(ReleaseMove.forget)
        self.is_up = False

    def _go(self, move: ReleaseMove) -> None:
        state = ReleaseState(self.state)
        if not is_allowed(move, state):
            raise ReleaseMoveError(refusal("not_possible", state=state, move=move))
        self.state = MOVES[move][1].value


def make_release(
    name: str, *, kind: TrainingKind, by: str, at: datetime, commit: str | None = None, note: str = ""
) -> Release:
    """A release that waits to be trained."""
    return Release(
        name=name,
        commit=commit,
        kind=kind.value,
        state=ReleaseState.waiting.value,
        note=note,
        asked_by=by,
        asked_at=at,
        share=0,
        is_up=False,
        progress="",
        log=[],
        changes=[],
    )
