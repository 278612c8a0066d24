"""Releases as they are shown."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from bot.studio.releases.comparing import Compared, Comparison
from bot.studio.releases.model import Release
from bot.studio.releases.rules import ReleaseRules
from bot.studio.releases.states import PUBLISHABLE, ReleaseState, TrainingKind
from bot.studio.releases.statistics import Interval, Share


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class ReleaseView(_View):
    """A release; ``log``, ``changes`` only where one is looked at."""

    name: str
    commit: str | None
    kind: TrainingKind
    state: ReleaseState
    note: str
    asked_by: str
    asked_at: datetime
    model: str
    share: int
    is_up: bool
    trouble: str | None
    progress: str
    passed: bool | None
    overridden_by: str | None
    overridden_why: str | None
    began_at: datetime | None
    ended_at: datetime | None
    published_by: str | None
    published_at: datetime | None
    settled_at: datetime | None
    left_at: datetime | None
    left_why: str | None
    has_report: bool
    changes_n: int
    cancel_by: str | None
    log: tuple[str, ...] = ()
    changes: tuple[dict[str, Any], ...] = ()

    @property
    def can_publish(self) -> bool:
        return self.state in PUBLISHABLE

    @classmethod
    def of(cls, release: Release, *, whole: bool = False) -> "ReleaseView":
        given = {name: getattr(release, name) for name in cls.model_fields if hasattr(release, name)}
        more = {
            "model": release.model_key,
            "has_report": release.report is not None,
            "changes_n": len(release.changes),
            "log": tuple(release.log) if whole else (),
            "changes": tuple(release.changes) if whole else (),
        }
        return cls.model_validate(given | more)


class OverviewView(_View):
    """``shares`` are the steps of publishing in percent; ``changes`` is how much the draft has over what serves.

    ``before`` is what can be gone back to in one step.
    """

    stable: ReleaseView | None
    candidate: ReleaseView | None
    leaving: tuple[ReleaseView, ...]
    at_work: ReleaseView | None
    changes: int
    shares: tuple[int, ...]
    before: str | None = None

    @classmethod
    def of(
        cls, rows: Sequence[Release], work: Release | None, before: Release | None, changes: int, rules: ReleaseRules
    ) -> "OverviewView":
        by_state = {row.state: ReleaseView.of(row) for row in rows}
        return cls(
            stable=by_state.get(ReleaseState.stable),
            candidate=by_state.get(ReleaseState.candidate),
            leaving=tuple(ReleaseView.of(row) for row in rows if row.state == ReleaseState.leaving),
            at_work=ReleaseView.of(work, whole=True) if work is not None else None,
            changes=changes,
            shares=rules.shares,
            before=before.name if before is not None else None,
        )


class ShareView(_View):
    """``k`` of ``n``, with the 95 % interval of the share."""

    k: int
    n: int
    value: float
    low: float
    high: float

    @classmethod
    def of(cls, share: Share) -> "ShareView":
        interval = share.interval()
        return cls(k=share.k, n=share.n, value=share.value, low=interval.low, high=interval.high)


class ComparedView(_View):
    """``low`` and ``high`` bound the difference ``new - old`` with 95 %."""

    measure: str
    new: ShareView
    old: ShareView
    low: float
    high: float
    is_clear: bool
    is_better: bool

    @classmethod
    def of(cls, compared: Compared) -> "ComparedView":
        interval: Interval = compared.difference
        return cls(
            measure=compared.measure.value,
            new=ShareView.of(compared.new),
            old=ShareView.of(compared.old),
            low=interval.low,
            high=interval.high,
            is_clear=compared.is_clear,
            is_better=compared.is_better,
        )


class ComparisonView(_View):
    candidate: str
    stable: str
    since: datetime
    new_n: int
    old_n: int
    measures: tuple[ComparedView, ...]

    @classmethod
    def of(cls, comparison: Comparison) -> "ComparisonView":
        return cls(
            candidate=comparison.candidate,
            stable=comparison.stable,
            since=comparison.since,
            new_n=comparison.new.n,
            old_n=comparison.old.n,
            measures=tuple(ComparedView.of(each) for each in comparison.all()),
        )


class TrainWish(BaseModel):
    """``thorough`` tunes the encoder as well, which takes half an hour instead of a minute."""

    model_config = ConfigDict(extra="forbid")

    thorough: bool = False
    note: str = Field(default="", max_length=200)


class PublishWish(BaseModel):
    """``override`` is an administrator's reason to pass a closed gate."""

    model_config = ConfigDict(extra="forbid")

    share: int | None = None
    override: str = Field(default="", max_length=500)


class WidenWish(BaseModel):
    model_config = ConfigDict(extra="forbid")

    share: int


class RollBackWish(BaseModel):
    """``to`` names a kept release; without it, to what served before."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(max_length=500)
    to: str | None = None
