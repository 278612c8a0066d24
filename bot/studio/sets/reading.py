"""Reading sets: their sentences, labels, and what follows from both."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import and_, exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.staff.model import Actor
from bot.studio.sets.agreement import Agreement, cohen_kappa, confused, per_intent
from bot.studio.sets.findings import Finding, topic_shares
from bot.studio.sets.formats import Labelled
from bot.studio.sets.kinds import USABLE, SentenceState
from bot.studio.sets.model import Labels, SetLine
from bot.studio.sets.scores import Judged, confusions
from bot.studio.sets.tables import SetLabel, SetSentence, StudioSet
from bot.studio.sets.words import unknown


def judged_of(rows: Sequence[SetSentence]) -> list[Judged]:
    """Sentences that the bot had a guess for."""
    return [Judged(tuple(row.intents), str(row.guess.get("intent") or ""), row.weight) for row in rows if row.guess]


def agreement_of(pairs: Sequence[tuple[Labels, Labels]]) -> Agreement:
    """Intents are compared by what is wanted in all; the order of two is nobody's concern."""
    intents = [(frozenset(one.intents), frozenset(other.intents)) for one, other in pairs]
    n = len(pairs)
    return Agreement(
        n=n,
        same=sum(one == other for one, other in intents) / n if n else None,
        kappa=cohen_kappa(intents),
        topic_kappa=cohen_kappa([(one.topic, other.topic) for one, other in pairs]),
        entities_same=sum(set(a.entities) == set(b.entities) for a, b in pairs) / n if n else None,
        per_intent=per_intent(intents),
        confused=confused(intents),
    )


async def found_set(session: AsyncSession, set_id: UUID) -> StudioSet:
    found = await session.get(StudioSet, set_id)
    if found is None:
        raise unknown("set")
    return found


async def certain(session: AsyncSession, set_id: UUID) -> Sequence[SetSentence]:
    states = [state.value for state in USABLE]
    query = select(SetSentence).where(SetSentence.set_id == set_id, SetSentence.state.in_(states))
    return (await session.scalars(query.order_by(SetSentence.no))).all()


async def finding_of(session: AsyncSession, one: StudioSet) -> Finding:
    rows = await certain(session, one.id)
    judged = judged_of(rows)
    sentences = Counter((item.intents[0], item.guess) for item in judged)
    is_disputed = SetSentence.set_id == one.id, SetSentence.state == SentenceState.disputed.value
    disputed = await session.scalar(select(func.count()).select_from(SetSentence).where(*is_disputed))
    return Finding(
        set_id=one.id,
        name=one.name,
        until=date.fromisoformat(one.drawn["until"]),
        n=len(rows),
        confused=tuple((truth, guess, share, sentences[truth, guess]) for truth, guess, share in confusions(judged)),
        topics=topic_shares([Labelled(row.text, row.label, row.weight) for row in rows]),
        agreement=agreement_of(await pairs_of(session, one.id)),
        disputed=disputed or 0,
    )


async def usable(session: AsyncSession, set_id: UUID) -> list[Labelled]:
    return [Labelled(row.text, row.label, row.weight) for row in await certain(session, set_id)]


async def pairs_of(session: AsyncSession, set_id: UUID) -> list[tuple[Labels, Labels]]:
    """The two labels of each sentence, in the order of the names of those who gave them."""
    query = (
        select(SetLabel)
        .join(SetSentence, SetSentence.id == SetLabel.sentence_id)
        .where(SetSentence.set_id == set_id, SetSentence.labelled >= 2)
        .order_by(SetLabel.sentence_id, SetLabel.by)
    )
    labels = [row.label for row in await session.scalars(query)]
    return list(zip(labels[::2], labels[1::2], strict=True))


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
