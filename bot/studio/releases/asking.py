"""Asking for a training, and calling it off.  What is asked for stands in the database; `training` does it."""

from dataclasses import dataclass

from bot.clock import Clock
from bot.db import Database
from bot.settings import Settings
from bot.staff.audit import record_by
from bot.staff.model import Actor
from bot.studio.releases import repository
from bot.studio.releases.faults import ReleaseRefusedError
from bot.studio.releases.folders import trees_of
from bot.studio.releases.model import make_release
from bot.studio.releases.ports import Change, Contents
from bot.studio.releases.states import AT_WORK, ReleaseState, TrainingKind
from bot.studio.releases.words import refusal
from bot.studio.roles import refuse_unless_trains
from bot.training import code_key

_CHANGES_KEPT = 300
_PROBLEMS_TOLD = 3


@dataclass(frozen=True)
class Asking:
    """One training at a time, of what the draft is at that moment."""

    settings: Settings
    database: Database
    clock: Clock
    contents: Contents

    async def train(self, actor: Actor, *, kind: TrainingKind, note: str = "") -> str:
        """The name of the release it will be.  Refused while another one is trained, of an unchanged draft, and of one
        whose knowledge base cannot be indexed.
        """
        refuse_unless_trains(actor)
        changes = await self.contents.diff()
        if not changes:
            raise ReleaseRefusedError(refusal("nothing_changed"))
        if problems := await self.contents.unsound():
            told = "；".join(problems[:_PROBLEMS_TOLD])
            raise ReleaseRefusedError(refusal("unsound", n=len(problems), problems=told))
        commit, now = await self.contents.head(), self.clock()
        async with self.database.transaction() as session:
            other = await repository.at_work(session)
            if other is not None:
                raise ReleaseRefusedError(refusal("training_there", name=other.name))
            name = await repository.next_name(session, at=now)
            release = make_release(name, kind=kind, by=actor.username, at=now, commit=commit, note=note.strip())
            release.code = code_key(self.settings)
            release.tree = str(trees_of(self.settings) / name)
            release.changes = [_shown(change) for change in changes[:_CHANGES_KEPT]]
            session.add(release)
            record_by(session, "release.asked", actor, at=now, about=name, kind=kind.value, commit=commit)
            await self.contents.tree(commit, trees_of(self.settings) / name)
        return name

    async def cancel(self, actor: Actor, name: str) -> None:
        """The training ends within seconds; what it made so far stays in the cache."""
        refuse_unless_trains(actor)
        async with self.database.transaction() as session:
            release = await repository.locked(session, name)
            if release.state not in AT_WORK:
                raise ReleaseRefusedError(refusal("not_training"))
            release.cancel_by = actor.username
            if release.state == ReleaseState.waiting:
                release.cancel(at=self.clock())
            record_by(session, "release.cancelled", actor, at=self.clock(), about=name)


def _shown(change: Change) -> dict[str, object]:
    """As it is kept with the release."""
    return {
        "entry_id": change.entry_id,
        "kind": str(change.kind),
        "title": change.title,
        "before": change.before,
        "after": change.after,
        "told": list(change.told),
        "who": change.who,
        "when": change.when.isoformat(),
        "why": change.why,
    }
