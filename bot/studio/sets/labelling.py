"""Labelling: each sentence by two people, neither of whom sees what the other or the bot thinks."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.staff import audit
from bot.staff.model import Actor
from bot.studio.roles import refuse_unless_trains
from bot.studio.sets.catalogue import Catalogue, Catalogues
from bot.studio.sets.kinds import SentenceState, SettledBy
from bot.studio.sets.model import Dispute, Labels, Said, Settling, Task
from bot.studio.sets.tables import SetLabel, SetSentence
from bot.studio.sets.words import illegal, unknown

HELD_FOR = timedelta(minutes=3)
"""So long a sentence that one label is still owed is kept from others."""
_PAGE = 50


class Labelling:
    """The queue of sentences, and the end of disagreements."""

    def __init__(self, database: Database, clock: Clock, catalogues: Catalogues) -> None:
        self._database = database
        self._clock = clock
        self._catalogues = catalogues

    async def catalogue(self) -> Catalogue:
        return await self._catalogues.now()

    async def next(self, actor: Actor, set_id: UUID) -> Task | None:
        """A sentence that the person has not labelled; those that a colleague has labelled first.  None at the end."""
        refuse_unless_trains(actor)
        now, me = self._clock(), actor.username
        mine = exists().where(SetLabel.sentence_id == SetSentence.id, SetLabel.by == me)
        waiting = [SetSentence.set_id == set_id, SetSentence.state == SentenceState.open.value, ~mine]
        is_free = or_(SetSentence.labelled == 0, SetSentence.held_by == me, SetSentence.held_by.is_(None))
        free = or_(is_free, SetSentence.held_until < now)
        order = SetSentence.labelled.desc(), SetSentence.no
        query = select(SetSentence).where(*waiting, free).order_by(*order).limit(1).with_for_update(skip_locked=True)
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).first()
            if found is None:
                return None
            found.held_by, found.held_until = me, now + HELD_FOR
            left = await session.scalar(select(func.count()).select_from(SetSentence).where(*waiting))
            return _task(found, left or 1)

    async def again(self, actor: Actor, sentence_id: UUID) -> Task:
        """A sentence with the person's own label, to be changed while no second one was given."""
        refuse_unless_trains(actor)
        async with self._database.transaction() as session:
            found = await _sentence(session, sentence_id)
            own = await session.get(SetLabel, (sentence_id, actor.username))
            if own is None:
                raise unknown("label")
            found.refuse_unless_open()
            return _task(found, 1, own.label)

    async def label(self, actor: Actor, sentence_id: UUID, label: Labels) -> SentenceState:
        """The person's label, or a better one while nobody has given the second.

        Raises `RefusedError` for what is not in the catalogue, `IllegalMoveError` where two labels are there already.
        """
        refuse_unless_trains(actor)
        catalogue = await self._catalogues.now()
        async with self._database.transaction() as session:
            sentence = await _sentence(session, sentence_id)
            sentence.refuse_unless_open()
            catalogue.check(label, sentence.text)
            marks = [mark.model_dump() for mark in label.entities]
            given = SetLabel(sentence_id=sentence_id, by=actor.username, intents=list(label.intents))
            given.topic, given.entities, given.at = label.topic, marks, self._clock()
            await session.merge(given)
            await session.flush()
            return sentence.compare(await _labels(session, sentence_id), at=self._clock())

    async def drop(self, actor: Actor, sentence_id: UUID, *, why: str) -> None:
        """Take a sentence out, e.g. because it still names somebody."""
        refuse_unless_trains(actor)
        async with self._database.transaction() as session:
            sentence = await _sentence(session, sentence_id)
            sentence.drop(by=actor.username, at=self._clock())
            audit.record_by(
                session, "studio.sentence.dropped", actor, at=self._clock(), about=str(sentence_id), why=why
            )

    async def disputes(self, actor: Actor, set_id: UUID, *, after: int = 0, limit: int = _PAGE) -> list[Dispute]:
        """What two people see differently, in the order of the set, after number ``after``."""
        refuse_unless_trains(actor)
        query = (
            select(SetSentence)
            .where(
                SetSentence.set_id == set_id,
                SetSentence.state == SentenceState.disputed.value,
                SetSentence.no > after,
            )
            .order_by(SetSentence.no)
            .limit(limit)
        )
        async with self._database.transaction() as session:
            rows = (await session.scalars(query)).all()
            return [_dispute(row, await _labels(session, row.id)) for row in rows]

    async def settle(self, actor: Actor, sentence_id: UUID, settling: Settling) -> None:
        """End a disagreement: a third person decides, or one of the two says what they agreed upon.

        Raises `IllegalMoveError` where there is none, or for the wrong person.
        """
        refuse_unless_trains(actor)
        catalogue = await self._catalogues.now()
        async with self._database.transaction() as session:
            sentence = await _sentence(session, sentence_id)
            is_party = actor.username in {row.by for row in await _labels(session, sentence_id)}
            if is_party != (settling.how is SettledBy.talk):
                raise illegal("third" if is_party else "talk")
            catalogue.check(settling.label, sentence.text)
            sentence.settle(settling.label, settling.how, by=actor.username, at=self._clock())
            audit.record_by(
                session, "studio.sentence.settled", actor, at=self._clock(), about=str(sentence_id), how=settling.how
            )


async def _sentence(session: AsyncSession, sentence_id: UUID) -> SetSentence:
    found = await session.get(SetSentence, sentence_id, with_for_update=True)
    if found is None:
        raise unknown("sentence")
    return found


async def _labels(session: AsyncSession, sentence_id: UUID) -> Sequence[SetLabel]:
    """In the order they were given."""
    query = select(SetLabel).where(SetLabel.sentence_id == sentence_id).order_by(SetLabel.at, SetLabel.by)
    return (await session.scalars(query)).all()


def _task(found: SetSentence, left: int, label: Labels | None = None) -> Task:
    return Task(sentence_id=found.id, set_id=found.set_id, no=found.no, text=found.text, left=left, label=label)


def _dispute(row: SetSentence, labels: Sequence[SetLabel]) -> Dispute:
    said = tuple(Said(by=one.by, label=one.label) for one in labels)
    return Dispute(sentence_id=row.id, no=row.no, text=row.text, said=said)
