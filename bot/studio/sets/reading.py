"""Reading sets: their sentences, labels, and what follows from both.

A set has thousands of sentences, and several are shown at once: what is counted is counted by the database.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.staff.model import Actor
from bot.studio.sets.agreement import Agreement, cohen_kappa, confused, per_intent
from bot.studio.sets.findings import Finding
from bot.studio.sets.formats import Labelled
from bot.studio.sets.kinds import USABLE, SentenceState
from bot.studio.sets.model import Labels, SetLine
from bot.studio.sets.scores import Judged, confusions
from bot.studio.sets.tables import SetLabel, SetSentence, StudioSet
from bot.studio.sets.words import unknown

_USABLE = SetSentence.state.in_([state.value for state in USABLE])


@dataclass(frozen=True)
class Alike:
    """``n`` sentences whose label is certain, alike in all that is counted; ``guess`` None where the bot had none."""

    intents: tuple[str, ...]
    topic: str | None
    guess: str | None
    weight: float
    n: int


@dataclass(frozen=True)
class Pair:
    """What two people said of ``n`` sentences."""

    intents: tuple[frozenset[str], frozenset[str]]
    topics: tuple[str | None, str | None]
    is_same_entities: bool
    n: int = 1

    @classmethod
    def of(cls, one: Labels, other: Labels) -> "Pair":
        """Of a single sentence."""
        intents = frozenset(one.intents), frozenset(other.intents)
        return cls(intents, (one.topic, other.topic), set(one.entities) == set(other.entities))


def judged_of(found: Sequence[Alike]) -> list[Judged]:
    """Sentences that the bot had a guess for."""
    return [Judged(one.intents, one.guess, one.weight, one.n) for one in found if one.guess is not None]


def agreement_of(pairs: Sequence[Pair]) -> Agreement:
    """Intents are compared by what is wanted in all; the order of two is nobody's concern."""
    intents, topics = Counter[tuple[frozenset[str], frozenset[str]]](), Counter[tuple[str | None, str | None]]()
    for pair in pairs:
        intents[pair.intents] += pair.n
        topics[pair.topics] += pair.n
    n = intents.total()
    return Agreement(
        n=n,
        same=sum(times for (one, other), times in intents.items() if one == other) / n if n else None,
        kappa=cohen_kappa(intents),
        topic_kappa=cohen_kappa(topics),
        entities_same=sum(pair.n for pair in pairs if pair.is_same_entities) / n if n else None,
        per_intent=per_intent(intents),
        confused=confused(intents),
    )


async def found_set(session: AsyncSession, set_id: UUID) -> StudioSet:
    found = await session.get(StudioSet, set_id)
    if found is None:
        raise unknown("set")
    return found


async def certain(session: AsyncSession, set_ids: Collection[UUID]) -> Mapping[UUID, list[Alike]]:
    """Sentences whose label is certain, by set; sets that have none are not in it."""
    guess = case((SetSentence.guess.is_not(None), func.coalesce(SetSentence.guess["intent"].astext, "")))
    columns = SetSentence.set_id, SetSentence.intents, SetSentence.topic, guess, SetSentence.weight
    query = select(*columns, func.count()).where(SetSentence.set_id.in_(set_ids), _USABLE).group_by(*columns)
    found: dict[UUID, list[Alike]] = defaultdict(list)
    for set_id, intents, topic, guessed, weight, n in await session.execute(query):
        found[set_id].append(Alike(tuple(intents), topic, guessed, weight, n))
    return found


async def findings_of(session: AsyncSession, sets: Sequence[StudioSet]) -> list[Finding]:
    """In the order of the sets."""
    ids = [one.id for one in sets]
    sentences, pairs = await certain(session, ids), await pairs_of(session, ids)
    is_disputed = SetSentence.set_id.in_(ids), SetSentence.state == SentenceState.disputed.value
    counted = select(SetSentence.set_id, func.count()).where(*is_disputed).group_by(SetSentence.set_id)
    disputed = {set_id: n for set_id, n in await session.execute(counted)}  # noqa: C416  rows are no pairs to mypy
    return [_finding(one, sentences.get(one.id, []), pairs.get(one.id, []), disputed.get(one.id, 0)) for one in sets]


def _finding(one: StudioSet, found: Sequence[Alike], pairs: Sequence[Pair], disputed: int) -> Finding:
    judged = judged_of(found)
    sentences = Counter[tuple[str, str]]()
    for item in judged:
        sentences[item.intents[0], item.guess] += item.n
    return Finding(
        set_id=one.id,
        name=one.name,
        until=date.fromisoformat(one.drawn["until"]),
        n=sum(item.n for item in found),
        confused=tuple((truth, guess, share, sentences[truth, guess]) for truth, guess, share in confusions(judged)),
        topics=_topic_shares(found),
        agreement=agreement_of(pairs),
        disputed=disputed,
    )


def _topic_shares(found: Sequence[Alike]) -> dict[str, float]:
    """Of all messages, by weight."""
    whole = sum(one.weight * one.n for one in found)
    shares: dict[str, float] = defaultdict(float)
    for one in found:
        if one.topic is not None:
            shares[one.topic] += one.weight * one.n / whole
    return dict(shares)


async def usable(session: AsyncSession, set_id: UUID) -> list[Labelled]:
    """Each for itself, in the order of the set."""
    query = select(SetSentence).where(SetSentence.set_id == set_id, _USABLE).order_by(SetSentence.no)
    return [Labelled(row.text, row.label, row.weight) for row in await session.scalars(query)]


async def pairs_of(session: AsyncSession, set_ids: Collection[UUID]) -> Mapping[UUID, list[Pair]]:
    """The two labels of sentences, in the order of the names of those who gave them, by set."""
    one, other = aliased(SetLabel), aliased(SetLabel)
    is_same = and_(one.entities.contains(other.entities), other.entities.contains(one.entities))
    columns = SetSentence.set_id, one.intents, other.intents, one.topic, other.topic, is_same
    query = (
        select(*columns, func.count())
        .join(one, one.sentence_id == SetSentence.id)
        .join(other, and_(other.sentence_id == SetSentence.id, other.by > one.by))
        .where(SetSentence.set_id.in_(set_ids), SetSentence.labelled >= 2)
        .group_by(*columns)
    )
    found: dict[UUID, list[Pair]] = defaultdict(list)
    for set_id, said, said_too, topic, topic_too, same, n in await session.execute(query):
        found[set_id].append(Pair((frozenset(said), frozenset(said_too)), (topic, topic_too), same, n))
    return found


async def lines_of(session: AsyncSession, sets: Sequence[StudioSet], actor: Actor) -> list[SetLine]:
    mine = exists().where(SetLabel.sentence_id == SetSentence.id, SetLabel.by == actor.username)
    query = (
        select(
            SetSentence.set_id,
            SetSentence.state,
            func.count(),
            func.sum(SetSentence.labelled),
            func.count().filter(and_(SetSentence.state == SentenceState.open.value, ~mine)),
        )
        .where(SetSentence.set_id.in_([one.id for one in sets]))
        .group_by(SetSentence.set_id, SetSentence.state)
    )
    states: dict[UUID, Counter[SentenceState]] = {one.id: Counter() for one in sets}
    labels, left = Counter[UUID](), Counter[UUID]()
    for set_id, state, n, labelled, open_to_me in await session.execute(query):
        states[set_id][SentenceState(state)] = n
        labels[set_id] += int(labelled)
        left[set_id] += open_to_me
    return [_line(one, states[one.id], labels[one.id], left[one.id]) for one in sets]


def _line(one: StudioSet, states: Counter[SentenceState], labels: int, mine: int) -> SetLine:
    fields = {name: getattr(one, name) for name in ("id", "name", "about", "made_by", "made_at", "total")}
    return SetLine(
        **fields,
        evenly=bool(one.drawn.get("evenly")),
        sentences=states.total(),
        states=dict(states),
        labels=labels,
        mine=mine,
    )
