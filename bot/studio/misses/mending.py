"""Dealing with misses in one step: taught to the bot, out of scope, ignored; and taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.staff import audit
from bot.staff.model import Actor, Role
from bot.studio.drafts.model import FaqFields, Marked, NewExample
from bot.studio.misses.beside import masked_of
from bot.studio.misses.kinds import MendKind, MissState
from bot.studio.misses.masking import Mark
from bot.studio.misses.ports import Content
from bot.studio.misses.replacing import Worded, refuse_bad_marks, refuse_traces, worded
from bot.studio.misses.tables import Miss, MissGroup, MissMend
from bot.studio.misses.targets import OUT_OF_SCOPE, Target
from bot.studio.misses.words import already, miss_words, refuse_unless_trains, refused, unknown

FAQ_INTENT = "faq"
MOST = 500
"""So many misses are dealt with at once."""


@dataclass(frozen=True)
class AsExamples:
    """Taught as examples of an intent.  ``texts`` None: what the misses say, with made-up names and numbers."""

    intent: str
    texts: tuple[Worded, ...] | None = None


@dataclass(frozen=True)
class AsPhrasings:
    """Taught as ways to ask what an entry of the knowledge base answers."""

    topic: str
    texts: tuple[str, ...] | None = None


@dataclass(frozen=True)
class AsEntry:
    """A new entry of the knowledge base."""

    entry: FaqFields


@dataclass(frozen=True)
class AsOutOfScope:
    """Nothing we do: taught as examples of what the bot politely declines."""

    texts: tuple[Worded, ...] | None = None


@dataclass(frozen=True)
class Ignored:
    """Nothing to be learnt from it."""


How: TypeAlias = AsExamples | AsPhrasings | AsEntry | AsOutOfScope | Ignored
_KIND: dict[type, MendKind] = {
    AsExamples: MendKind.example,
    AsPhrasings: MendKind.phrasing,
    AsEntry: MendKind.entry,
    AsOutOfScope: MendKind.out_of_scope,
    Ignored: MendKind.ignore,
}


@dataclass(frozen=True)
class Mended:
    """What a step did.

    Parameters
    ----------
    misses: how many were dealt with; ``left`` were dealt with by somebody else in the meantime.
    added: how many sentences were new to the content.
    """

    id: UUID
    kind: MendKind
    misses: int
    left: int
    added: int


@dataclass(frozen=True)
class _Taught:
    texts: tuple[str, ...] = ()
    target: str | None = None
    added: int = 0
    commit: str | None = None


class Mending:
    """The content first, then the misses: should the second fail, doing it again adds nothing twice."""

    def __init__(self, database: Database, clock: Clock, content: Content) -> None:
        self._database = database
        self._clock = clock
        self._content = content

    async def mend(self, actor: Actor, miss_ids: Sequence[int], how: How, *, why: str = "") -> Mended:
        """Raises `AccessRefusedError`, `IllegalMoveError` where all are dealt with already, `NotFoundError`, and
        `RefusedError` for what the bot must not learn; besides what the draft refuses."""
        refuse_unless_trains(actor)
        ids = list(dict.fromkeys(miss_ids))
        if not ids:
            raise refused("nothing_chosen")
        if len(ids) > MOST:
            raise refused("too_many", most=MOST)
        misses = await self._open(ids)
        taught = await self._teach(actor, misses, how, why.strip() or self._why(misses, how))
        return await self._settle(actor, [miss.id for miss in misses], how, taught, why)

    async def members(self, group_id: int, *, most: int = MOST) -> list[int]:
        """The open misses of a group, the newest first."""
        query = (
            select(Miss.id)
            .where(Miss.group_id == group_id, Miss.state == MissState.open)
            .order_by(Miss.at.desc(), Miss.id.desc())
            .limit(most)
        )
        async with self._database.transaction() as session:
            return list(await session.scalars(query))

    async def proposed(self, miss_ids: Sequence[int]) -> list[Worded]:
        """What would be taught of these, each sentence once."""
        async with self._database.transaction() as session:
            misses = await _by_ids(session, miss_ids[:MOST])
        return _unique(worded(masked_of(miss)) for miss in misses)

    async def undo(self, actor: Actor, mend_id: UUID) -> int:
        """Take a step back, in the content and for its misses; returns how many are open again.

        Raises `NotFoundError`, `RefusedError` for a step of somebody else, or one that was taken back already.
        """
        refuse_unless_trains(actor)
        async with self._database.transaction() as session:
            mend = _refuse_undo(await session.get(MissMend, mend_id), actor)
        if mend.commit is not None:
            await self._content.undo(actor, mend.commit, why=miss_words().ui["undo"])
        async with self._database.transaction() as session:
            mend = _refuse_undo(await session.get(MissMend, mend_id, with_for_update=True), actor)
            mend.undone_by, mend.undone_at = actor.username, self._clock()
            query = select(Miss).where(Miss.mend_id == mend_id).order_by(Miss.id).with_for_update()
            misses = list(await session.scalars(query))
            for miss in misses:
                miss.reopen()
            await _count(session, misses, +1)
            audit.record_by(session, "miss.undone", actor, at=self._clock(), about=str(mend_id), misses=len(misses))
        return len(misses)

    async def latest(self, actor: Actor) -> MissMend | None:
        """The actor's last step that was not taken back."""
        query = (
            select(MissMend)
            .where(MissMend.by == actor.username, MissMend.undone_at.is_(None))
            .order_by(MissMend.at.desc())
            .limit(1)
        )
        async with self._database.transaction() as session:
            return (await session.scalars(query)).first()

    # -- within --------------------------------------------------------------------------------------

    async def _open(self, ids: Sequence[int]) -> list[Miss]:
        async with self._database.transaction() as session:
            misses = await _by_ids(session, ids)
        if len(misses) < len(ids) and not misses:
            raise unknown("unknown_miss")
        left = [miss for miss in misses if miss.state == MissState.open]
        if not left:
            raise already(misses[0].mended_by)
        return left

    async def _teach(self, actor: Actor, misses: Sequence[Miss], how: How, why: str) -> _Taught:
        match how:
            case AsExamples(intent, texts):
                return await self._examples(actor, intent, texts or _said(misses), why)
            case AsOutOfScope(texts):
                intent = OUT_OF_SCOPE.removeprefix("intent:")
                return await self._examples(actor, intent, texts or _said(misses), why)
            case AsPhrasings(topic, phrasings):
                return await self._phrasings(actor, topic, phrasings or _plain(_said(misses)), misses, why)
            case AsEntry(entry):
                return await self._entry(actor, entry, misses, why)
        return _Taught()

    async def _examples(self, actor: Actor, intent: str, texts: Sequence[Worded], why: str) -> _Taught:
        texts = _unique(_trimmed(text) for text in texts)
        _refuse(intent, [text.text for text in texts])
        for text in texts:
            refuse_bad_marks(text)
        new = [
            NewExample(intent, text.text, [Marked(one.start, one.end, one.kind) for one in text.marks])
            for text in texts
        ]
        added = await self._content.add_examples(actor, new, why=why)
        count = len(added.ids) if added.commit else 0
        return _Taught(_plain(texts), str(Target("intent", intent)), count, added.commit)

    async def _phrasings(
        self, actor: Actor, topic: str, texts: Sequence[str], misses: Sequence[Miss], why: str
    ) -> _Taught:
        texts = tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))
        _refuse(topic, texts)
        added = await self._content.add_phrasings(actor, topic, texts, why=why, misheard=_misheard(texts, misses))
        count = len(added.ids) if added.commit else 0
        return _Taught(texts, str(Target("topic", topic)), count, added.commit)

    async def _entry(self, actor: Actor, entry: FaqFields, misses: Sequence[Miss], why: str) -> _Taught:
        _refuse(entry.id, entry.questions)
        refuse_traces([entry.answer, *(text for _, text in entry.answers)])
        misheard = _misheard(entry.questions, misses)
        saved = await self._content.save_entry(actor, entry, version=None, why=why, misheard=misheard)
        commit = saved.history[0].commit if saved.history else None
        return _Taught(entry.questions, str(Target("topic", entry.id)), len(entry.questions), commit)

    async def _settle(self, actor: Actor, ids: Sequence[int], how: How, taught: _Taught, why: str) -> Mended:
        """Whoever was quicker keeps what they did."""
        now, kind = self._clock(), _KIND[type(how)]
        async with self._database.transaction() as session:
            misses = await _by_ids(session, ids, lock=True)
            mine = [miss for miss in misses if miss.state == MissState.open]
            mend = MissMend(
                id=uuid4(),
                kind=kind.value,
                target=taught.target,
                texts=list(taught.texts),
                commit=taught.commit,
                misses=len(mine),
                waited_s=_waited(mine, now),
                by=actor.username,
                at=now,
            )
            session.add(mend)
            await session.flush()
            for miss in mine:
                miss.mend(mend)
            await _count(session, mine, -1)
            audit.record_by(
                session,
                "miss.mended",
                actor,
                at=now,
                about=taught.target,
                why=why or None,
                kind=kind.value,
                misses=len(mine),
                mend=str(mend.id),
            )
        return Mended(mend.id, kind, len(mine), len(ids) - len(mine), taught.added)

    def _why(self, misses: Sequence[Miss], how: How) -> str:
        words = miss_words()
        return f"{words.ui['title']}：{words.mends[_KIND[type(how)]]}，{words.ui['members'].format(n=len(misses))}"


def _refuse(target: str, texts: Sequence[str]) -> None:
    """Raises `RefusedError` where there is nothing to learn, nowhere, or something of a real person."""
    if not target:
        raise refused("no_target")
    if not texts or not all(text.strip() for text in texts):
        raise refused("no_text")
    refuse_traces(texts)


def _refuse_undo(mend: MissMend | None, actor: Actor) -> MissMend:
    if mend is None:
        raise unknown("unknown_mend")
    if mend.undone_at is not None:
        raise refused("undone_already")
    if mend.by != actor.username and actor.role is not Role.admin:
        raise refused("not_yours", by=mend.by)
    return mend


def _misheard(texts: Sequence[str], misses: Sequence[Miss]) -> tuple[str, ...]:
    """Of what is taught as questions, what customers said and was taken for something else."""
    said = {worded(masked_of(miss)).text for miss in misses if miss.intent and miss.intent != FAQ_INTENT}
    return tuple(text for text in texts if text in said)


def _said(misses: Sequence[Miss]) -> tuple[Worded, ...]:
    return tuple(worded(masked_of(miss)) for miss in misses)


def _unique(texts: Iterable[Worded]) -> list[Worded]:
    return list({text.text: text for text in texts}.values())


def _plain(texts: Sequence[Worded]) -> tuple[str, ...]:
    return tuple(text.text for text in texts)


def _trimmed(text: Worded) -> Worded:
    """Without blanks around it and in one line; marks move along, those in the blanks are gone."""
    lead = len(text.text) - len(text.text.lstrip())
    inner = text.text.strip().replace("\n", " ")
    moved = [Mark(mark.start - lead, mark.end - lead, mark.kind) for mark in text.marks]
    return Worded(inner, tuple(mark for mark in moved if 0 <= mark.start < mark.end <= len(inner)))


def _waited(misses: Sequence[Miss], now: datetime) -> float:
    return max((max(0.0, (now - miss.at).total_seconds()) for miss in misses), default=0.0)


async def _by_ids(session: AsyncSession, ids: Sequence[int], *, lock: bool = False) -> list[Miss]:
    query = select(Miss).where(Miss.id.in_(ids)).order_by(Miss.id)
    return list(await session.scalars(query.with_for_update() if lock else query))


async def _count(session: AsyncSession, misses: Sequence[Miss], step: int) -> None:
    """Open members of the groups, one more or one less for each."""
    counts: dict[int, int] = {}
    for miss in misses:
        if miss.group_id is not None:
            counts[miss.group_id] = counts.get(miss.group_id, 0) + step
    for group_id in sorted(counts):
        more = MissGroup.open + counts[group_id]
        await session.execute(update(MissGroup).where(MissGroup.id == group_id).values(open=more))
