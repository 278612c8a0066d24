"""Giving a release to customers: a share, a wider one, everybody; and taking it back."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversations.custody import ConversationState
from bot.conversations.model import Conversation
from bot.db import Database
from bot.errors import AccessRefusedError
from bot.keeping import mark_used
from bot.settings import Settings
from bot.staff.audit import record, record_by
from bot.staff.model import SYSTEM, Actor, Role
from bot.staff.tables import AuditEntry
from bot.studio.releases import repository
from bot.studio.releases.comparing import WATCHED, Compared, Comparison, outcomes
from bot.studio.releases.faults import ReleaseRefusedError
from bot.studio.releases.looks import Looks
from bot.studio.releases.model import Release
from bot.studio.releases.ports import Contents, Holdable
from bot.studio.releases.rules import ReleaseRules
from bot.studio.releases.states import ReleaseState
from bot.studio.releases.statistics import is_higher
from bot.studio.releases.words import refusal, release_words, told
from bot.studio.roles import refuse_unless_trains
from bot.training import code_key

logger = logging.getLogger(__name__)


class Publishing:
    """Every step is one transaction, in the audit, and seen by the next turn of any conversation.

    Parameters
    ----------
    holdable: what would read the files while they are written.
    changed: called after every step, so that this process looks at once.
    settles: whether a release that is to serve everybody is made to here; else the platform does it in a moment.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Clock,
        contents: Contents,
        rules: ReleaseRules,
        *,
        holdable: Holdable,
        changed: Callable[[], None] = lambda: None,
        settles: bool = True,
    ) -> None:
        self._settles = settles
        self._settings = settings
        self._database = database
        self._clock = clock
        self._contents = contents
        self._rules = rules
        self._holdable = holdable
        self._changed = changed

    async def publish(self, actor: Actor, name: str, *, share: int, override: str = "") -> None:
        """Try a release on a share of new conversations.

        ``override`` is an administrator's reason to let it pass although a gate failed.
        """
        refuse_unless_trains(actor)
        self._refuse_share(share)
        now = self._clock()
        async with self._database.transaction() as session:
            release = await repository.locked(session, name)
            await _refuse_second(session, release)
            self._refuse_unless_usable(release)
            if release.passed is False and override.strip():
                _override(release, actor, override.strip())
                record_by(session, "release.overridden", actor, at=now, about=name, why=override.strip())
            release.publish(share, by=actor.username, at=now)
            record_by(session, "release.published", actor, at=now, about=name, share=share)
        self._changed()

    async def widen(self, actor: Actor, share: int) -> None:
        """A larger share for the candidate; at 100 it serves everybody and its content goes into the files."""
        refuse_unless_trains(actor)
        self._refuse_share(share)
        async with self._database.transaction() as session:
            release = await _candidate(session)
            if share <= release.share:
                raise ReleaseRefusedError(refusal("only_ahead", share=release.share))
            if share == max(self._rules.shares) and not release.is_up:
                raise ReleaseRefusedError(refusal("not_up", name=release.name))
            release.widen(share)
            record_by(session, "release.widened", actor, at=self._clock(), about=release.name, share=share)
        self._changed()
        await self.settle_if_due()

    async def roll_back(self, actor: Actor, *, why: str, to: str | None = None) -> str:
        """Take the candidate back; without one, or to a named release, go back to what served before.

        Returns the name of what serves everybody, or will as soon as its process is up.
        """
        refuse_unless_trains(actor)
        if not why.strip():
            raise ReleaseRefusedError(refusal("needs_reason"))
        async with self._database.transaction() as session:
            candidate = await repository.in_state(session, ReleaseState.candidate, lock=True)
            if candidate is not None:
                self._withdraw(session, candidate, actor, told("rolled_back", why=why.strip()))
            if candidate is not None and to is None:
                stable = await repository.in_state(session, ReleaseState.stable)
                name = stable.name if stable else candidate.name
            else:
                await session.flush()
                name = (await self._go_back(session, actor, to, why.strip())).name
        self._changed()
        await self.settle_if_due()
        return name

    async def settle_if_due(self) -> bool:
        """Let the candidate serve everybody if it is to and its process is up; says whether it does now."""
        async with self._database.transaction() as session:
            candidate = await repository.in_state(session, ReleaseState.candidate)
        if candidate is None or not (self._settles and candidate.is_up and candidate.share == max(self._rules.shares)):
            return False
        await self._settle(candidate)
        self._changed()
        return True

    async def watch(self) -> Comparison | None:
        """Roll the candidate back where customers are clearly worse off with it; how it does otherwise.

        It is judged only when a look is due; see `bot.studio.releases.looks`.
        """
        comparison = await self.compare()
        if comparison is None or not (due := self._looks.due(comparison.least_n)):
            return comparison
        async with self._database.transaction() as session:
            release = await repository.locked(session, comparison.candidate)
            if release.state != ReleaseState.candidate or due <= await _last_look(session, comparison):
                return comparison
            worse = self._worse(comparison, self._looks.confidence(due))
            new, old, at = comparison.new.n, comparison.old.n, self._clock()
            record(session, "release.compared", who=SYSTEM.name, at=at, about=release.name, look=due, new=new, old=old)
            if worse is None:
                return comparison
            self._withdraw(session, release, SYSTEM, _described(worse, due))
            logger.warning("release %s was rolled back: %s", release.name, worse.measure)
        self._changed()
        return None

    async def compare(self) -> Comparison | None:
        """None while no candidate serves anybody."""
        async with self._database.transaction() as session:
            candidate = await repository.in_state(session, ReleaseState.candidate)
            stable = await repository.in_state(session, ReleaseState.stable)
            if candidate is None or stable is None or candidate.published_at is None:
                return None
            names = (candidate.name, stable.name)
            found = await outcomes(session, names, since=candidate.published_at, at=self._clock())
        return Comparison(*names, candidate.published_at, found[candidate.name], found[stable.name])

    async def let_leave(self) -> None:
        """What is leaving has left when nobody is in the middle of a conversation with it any more."""
        now, keeping = self._clock(), self._rules.keeping
        async with self._database.transaction() as session:
            for release in await repository.served(session):
                if release.state != ReleaseState.leaving or release.left_at is None:
                    continue
                is_late = now - release.left_at > timedelta(hours=keeping.leaving_hours)
                quiet = timedelta(minutes=keeping.leaving_idle_minutes)
                if is_late or not await _is_in_use(session, release.name, since=now - quiet):
                    release.keep(at=now)

    # -- within --------------------------------------------------------------------------------------

    async def _settle(self, release: Release) -> None:
        """First the files, then everybody: whoever starts in between finds this release's content there."""
        with _held(self._holdable):
            await self._write(release)
            async with self._database.transaction() as session:
                settled = await repository.locked(session, release.name)
                if settled.state != ReleaseState.candidate:
                    return
                await self._replace_stable(session, settled)
                settled.settle(at=self._clock())
                record(session, "release.settled", who=SYSTEM.name, at=self._clock(), about=release.name)

    async def _replace_stable(self, session: AsyncSession, successor: Release) -> None:
        """Its conversations go on with it, unless it was no good and what served before comes back."""
        former = await repository.in_state(session, ReleaseState.stable, lock=True)
        if former is None:
            return
        why = told("replaced", name=successor.name)
        if successor.settled_at is None:
            former.leave(at=self._clock(), why=why)
        else:
            former.withdraw(at=self._clock(), why=why)
        await session.flush()

    async def _write(self, release: Release) -> None:
        """Its content into the files; the next start takes its model from the cache."""
        if release.commit is not None:
            await self._contents.publish(release.commit)
        elif release.tree is not None:
            await self._contents.publish_files(Path(release.tree))
        _mark_used(release)

    async def _go_back(self, session: AsyncSession, actor: Actor, to: str | None, why: str) -> Release:
        """Withdraw what serves everybody as soon as what served before is up again."""
        before = await repository.locked(session, to) if to else await repository.settled_before(session)
        if before is None:
            raise ReleaseRefusedError(refusal("nothing_before"))
        if before.state == ReleaseState.stable:
            raise ReleaseRefusedError(refusal("already_stable"))
        self._refuse_unless_usable(before)
        before.publish(max(self._rules.shares), by=actor.username, at=self._clock())
        record_by(session, "release.rolled_back", actor, at=self._clock(), about=before.name, why=why)
        return before

    def _withdraw(self, session: AsyncSession, release: Release, by: Actor, why: str) -> None:
        release.withdraw(at=self._clock(), why=why)
        record_by(session, "release.withdrawn", by, at=self._clock(), about=release.name, why=why)

    @property
    def _looks(self) -> Looks:
        """Each measure has its part of the probability of a false alarm."""
        rules = self._rules.rollback
        return Looks(least=rules.least, growth=rules.growth, alarm=rules.alarm / len(WATCHED))

    def _worse(self, comparison: Comparison, confidence: float) -> Compared | None:
        for measure in WATCHED:
            compared = comparison.of(measure)
            if is_higher(compared.new, compared.old, confidence=confidence, least=self._rules.rollback.least):
                return compared
        return None

    def _refuse_share(self, share: int) -> None:
        if share not in self._rules.shares:
            shares = "、".join(f"{each}%" for each in self._rules.shares)
            raise ReleaseRefusedError(refusal("bad_share", shares=shares))

    def _refuse_unless_usable(self, release: Release) -> None:
        if release.code is not None and release.code != code_key(self._settings):
            raise ReleaseRefusedError(refusal("other_code", name=release.name))
        if not (release.model and Path(release.model).exists() and release.encoder and Path(release.encoder).exists()):
            raise ReleaseRefusedError(refusal("files_gone", name=release.name))


@contextmanager
def _held(holdable: Holdable) -> Iterator[None]:
    """The former knowledge base stays as it is; `bot.arms` lets it go on with the new release's."""
    holdable.hold()
    try:
        yield
    except BaseException:
        holdable.go_on()
        raise


def _mark_used(release: Release) -> None:
    """Among encoders of one kind a start takes the one used last."""
    paths = [Path(each) for each in (release.encoder, release.model) if each]
    mark_used(*(path for path in paths if path.exists()))


async def _candidate(session: AsyncSession) -> Release:
    release = await repository.in_state(session, ReleaseState.candidate, lock=True)
    if release is None:
        raise ReleaseRefusedError(refusal("no_candidate"))
    return release


async def _refuse_second(session: AsyncSession, release: Release) -> None:
    other = await repository.in_state(session, ReleaseState.candidate, lock=True)
    if other is not None and other is not release:
        raise ReleaseRefusedError(refusal("candidate_there", name=other.name))


def _override(release: Release, actor: Actor, why: str) -> None:
    if actor.role is not Role.admin:
        raise AccessRefusedError(refusal("not_overridable"))
    release.override(actor.username, why)


async def _last_look(session: AsyncSession, comparison: Comparison) -> int:
    """The number of the last look at this trial, whichever process made it; it stands in the audit."""
    query = select(func.max(AuditEntry.details["look"].as_integer())).where(
        AuditEntry.what == "release.compared",
        AuditEntry.about == comparison.candidate,
        AuditEntry.at >= comparison.since,
    )
    return await session.scalar(query) or 0


async def _is_in_use(session: AsyncSession, release: str, *, since: datetime) -> bool:
    query = select(func.count()).where(
        Conversation.release == release,
        Conversation.state != ConversationState.ended.value,
        Conversation.updated_at >= since,
    )
    return bool(await session.scalar(query))


def _described(worse: Compared, look: int) -> str:
    shares = {"new": f"{worse.new.value:.0%}", "old": f"{worse.old.value:.0%}", "n": worse.new.n}
    return told("automatic", what=release_words().measures[worse.measure], look=look, **shares)
