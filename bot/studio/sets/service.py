"""The one door to evaluation sets: drawn, listed, exported; and what must never be trained with."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.db import Database
from bot.evaluation.everything import FILES
from bot.staff import audit
from bot.staff.model import Actor
from bot.studio.roles import refuse_unless_looks, refuse_unless_trains
from bot.studio.sets.agreement import Agreement
from bot.studio.sets.disguise import text_key
from bot.studio.sets.drawing import draw
from bot.studio.sets.findings import Finding
from bot.studio.sets.formats import PARTS, json_lines, rows_of
from bot.studio.sets.kinds import USABLE, SentenceState
from bot.studio.sets.model import Accuracy, Exported, SetLine, Wish
from bot.studio.sets.reading import agreement_of, certain, findings_of, found_set, judged_of, lines_of, pairs_of, usable
from bot.studio.sets.scores import Judged, accuracy, confusions
from bot.studio.sets.tables import SetSentence, StudioSet
from bot.studio.sets.words import refused

_FINDINGS = 5
_ENOUGH = 8
"""Rows of a part that can be measured at all."""


Listener: TypeAlias = Callable[[], Awaitable[None]]


class Sets:
    """Sets as a whole; labelling is `bot.studio.sets.labelling.Labelling`."""

    def __init__(self, database: Database, clock: Clock, *, made_up: Random | None = None) -> None:
        self._database = database
        self._clock = clock
        self._made_up = made_up or Random()
        self._listeners: list[Listener] = []

    def when_changed(self, listener: Listener) -> None:
        """Call this after a set came or went: its sentences may be trained with no more, or again."""
        self._listeners.append(listener)

    async def make(self, actor: Actor, wish: Wish) -> SetLine:
        """Draw a set.  Raises `RefusedError` for a name taken, or where customers wrote nothing in these days."""
        refuse_unless_trains(actor)
        now = self._clock()
        try:
            async with self._database.transaction() as session:
                total, sentences = await draw(session, wish, self._made_up)
                if not sentences:
                    raise refused("nothing_said")
                drawn = wish.model_dump(mode="json")
                made = StudioSet(name=wish.name, about=wish.about, drawn=drawn, total=total)
                made.made_by, made.made_at = actor.username, now
                session.add(made)
                await session.flush()
                for sentence in sentences:
                    sentence.set_id = made.id
                session.add_all(sentences)
                audit.record_by(session, "studio.set.made", actor, at=now, about=wish.name, sentences=len(sentences))
        except IntegrityError as error:
            raise refused("name_taken", name=wish.name) from error
        await self._tell()
        return await self.line(actor, made.id)

    async def all(self, actor: Actor, *, skip: int = 0, limit: int | None = None) -> list[SetLine]:
        """The newest first; all of them, or some."""
        refuse_unless_looks(actor)
        query = select(StudioSet).order_by(StudioSet.made_at.desc(), StudioSet.name).offset(skip).limit(limit)
        async with self._database.transaction() as session:
            return await lines_of(session, (await session.scalars(query)).all(), actor)

    async def line(self, actor: Actor, set_id: UUID) -> SetLine:
        """Raises `NotFoundError`."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            return (await lines_of(session, [await found_set(session, set_id)], actor))[0]

    async def remove(self, actor: Actor, set_id: UUID, *, why: str) -> None:
        """The set with all its labels.  Its sentences may be trained with from then on, so the reason is kept."""
        refuse_unless_trains(actor)
        if len(why.strip()) < 2:
            raise refused("why")
        async with self._database.transaction() as session:
            found = await found_set(session, set_id)
            await session.delete(found)
            audit.record_by(session, "studio.set.removed", actor, at=self._clock(), about=found.name, why=why.strip())
        await self._tell()

    async def agreement(self, actor: Actor, set_id: UUID) -> Agreement:
        """Of the two labels each sentence was given, as they were given, whatever was settled later."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            await found_set(session, set_id)
            return agreement_of((await pairs_of(session, [set_id])).get(set_id, []))

    async def accuracy(self, actor: Actor, set_id: UUID) -> Accuracy:
        """How the bot did when these sentences were said, for all messages of those days."""
        refuse_unless_looks(actor)
        return accuracy(await self._judged(set_id))

    async def figures(self, actor: Actor, set_ids: Sequence[UUID]) -> Mapping[UUID, tuple[Agreement, Accuracy]]:
        """`agreement` and `accuracy` of several sets, at the cost of one."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            pairs, found = await pairs_of(session, set_ids), await certain(session, set_ids)
        return {
            set_id: (agreement_of(pairs.get(set_id, [])), accuracy(judged_of(found.get(set_id, []))))
            for set_id in set_ids
        }

    async def confusions(self, set_id: UUID) -> list[tuple[str, str, float]]:
        """Intent, what the bot took it for, and the share of all messages."""
        return confusions(await self._judged(set_id))

    async def findings(self, *, limit: int = _FINDINGS) -> list[Finding]:
        """What the newest sets tell, the newest first."""
        async with self._database.transaction() as session:
            query = select(StudioSet).order_by(StudioSet.made_at.desc(), StudioSet.name).limit(limit)
            return await findings_of(session, (await session.scalars(query)).all())

    async def export(self, actor: Actor, set_id: UUID) -> Exported:
        """What is certain, as files.  Raises `NotFoundError`."""
        refuse_unless_looks(actor)
        async with self._database.transaction() as session:
            name = (await found_set(session, set_id)).name
            sentences = await usable(session, set_id)
        rows = {part: rows_of(part, sentences) for part in PARTS}
        return Exported(
            files={f"{FILES[part]}_{name}.jsonl": json_lines(found) for part, found in rows.items() if found}
        )

    async def evaluation_sets(self) -> list[tuple[str, str, list[dict[str, Any]]]]:
        """Name, part (a key of `bot.evaluation.everything.FILES`) and rows of all that can be measured with."""
        async with self._database.transaction() as session:
            sets = (await session.scalars(select(StudioSet).order_by(StudioSet.made_at))).all()
            found = [(one.name, await usable(session, one.id)) for one in sets]
        rows = ((name, part, rows_of(part, sentences)) for name, sentences in found for part in PARTS)
        return [(name, part, of_part) for name, part, of_part in rows if len(of_part) >= _ENOUGH]

    async def intents_of(self, messages: Sequence[tuple[str, int]]) -> dict[tuple[str, int], str]:
        """The first intent of those messages (conversation, place) that people have judged."""
        places = [(UUID(conversation_id), seq) for conversation_id, seq in messages]
        columns = SetSentence.conversation_id, SetSentence.seq, SetSentence.intents
        states = [state.value for state in USABLE]
        query = select(*columns).where(tuple_(*columns[:2]).in_(places), SetSentence.state.in_(states))
        async with self._database.transaction() as session:
            return {(str(where), int(seq or 0)): intents[0] for where, seq, intents in await session.execute(query)}

    async def sentences(self) -> dict[str, list[str]]:
        """Every sentence of every set by the name of the set: none of them may be trained with."""
        query = (
            select(StudioSet.name, SetSentence.text)
            .join(StudioSet, StudioSet.id == SetSentence.set_id)
            .where(SetSentence.state != SentenceState.dropped.value)
        )
        found: dict[str, list[str]] = {}
        async with self._database.transaction() as session:
            for name, text in await session.execute(query):
                found.setdefault(name, []).append(text)
        return found

    async def contains(self, texts: Sequence[str]) -> dict[str, str]:
        """Those of the texts that stand in a set, with the name of the set; whatever numbers are in them."""
        keys = {text: text_key(text) for text in texts}
        query = (
            select(SetSentence.text_key, StudioSet.name)
            .join(StudioSet, StudioSet.id == SetSentence.set_id)
            .where(SetSentence.text_key.in_(set(keys.values())), SetSentence.state != SentenceState.dropped.value)
        )
        async with self._database.transaction() as session:
            named = {key: name for key, name in await session.execute(query)}  # noqa: C416  rows are no pairs to mypy
        return {text: named[key] for text, key in keys.items() if key in named}

    async def _tell(self) -> None:
        for listener in self._listeners:
            await listener()

    async def _judged(self, set_id: UUID) -> list[Judged]:
        async with self._database.transaction() as session:
            return judged_of((await certain(session, [set_id])).get(set_id, []))
