"""Scoring samples, objecting once, answering; comparing scorers; and what comes of it for each agent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversations.model import Message
from bot.conversations.schemas import MessageView
from bot.db import Database
from bot.desk.leading.agreement import Agreement, agreement_of, differing
from bot.desk.leading.editions import Editions
from bot.desk.leading.kinds import Mark, SampleState
from bot.desk.leading.reassigning import masked
from bot.desk.leading.sampling import within
from bot.desk.leading.sheets import Sheet, result_of
from bot.desk.leading.tables import QualityObjection, QualitySample, QualityScore
from bot.desk.leading.who import LEADS, Scope, refuse_unless_leads, refuse_unless_talks
from bot.desk.leading.words import illegal, refused, unknown
from bot.staff import audit
from bot.staff.model import Actor
from bot.staff.tables import Agent

OBJECT_WITHIN = timedelta(days=14)
_BEFORE, _AFTER = timedelta(minutes=30), timedelta(minutes=2)
_MESSAGES = 300
_MINE = 100


@dataclass(frozen=True)
class Scoring:
    """A filled sheet as a scorer hands it in.  ``remarks``: by the number of the message."""

    marks: Mapping[str, Mark]
    remarks: Mapping[int, str] = field(default_factory=dict)
    comment: str = ""


@dataclass(frozen=True)
class Dossier:
    """A sample with everything somebody may see of it.

    Parameters
    ----------
    scores: all of them; while scorers are compared, others' only once everybody is done.
    hidden: how many scores one may not see yet.
    """

    sample: QualitySample
    sheet: Sheet
    sheet_version: int
    messages: tuple[MessageView, ...]
    scores: tuple[QualityScore, ...]
    objection: QualityObjection | None
    names: dict[str, str]
    hidden: int = 0


@dataclass(frozen=True)
class AgentResult:
    """How an agent was scored; samples that compare scorers do not count."""

    agent: str
    name: str
    scored: int
    average: float
    failed: int
    objected: int
    upheld: int


@dataclass(frozen=True)
class Compared:
    """One service that several have scored."""

    sample: QualitySample
    totals: tuple[tuple[str, float], ...]
    differing: tuple[str, ...]


class QualityScoring:
    """The one door to scores."""

    def __init__(
        self, database: Database, clock: Clock, editions: Editions, object_within: timedelta = OBJECT_WITHIN
    ) -> None:
        self._database = database
        self._clock = clock
        self._editions = editions
        self._object_within = object_within

    async def dossier(self, actor: Actor, sample_id: UUID) -> Dossier:
        """For who leads there, and for the agent once it is scored.  Raises `NotFoundError` for everybody else."""
        async with self._database.transaction() as session:
            sample = await _sample(session, actor, sample_id)
            found = select(QualityScore).where(QualityScore.sample_id == sample_id).order_by(QualityScore.at)
            scores = list(await session.scalars(found))
            objection = await session.get(QualityObjection, sample_id)
            messages = await _messages(session, sample)
            chosen_by = [str(one["by"]) for one in sample.because if "by" in one]
            names = await _names(session, [sample.agent, *chosen_by, *(score.scorer for score in scores)])
        shown = [one for one in scores if _may_read(actor, sample, one)]
        mine = next((one for one in shown if one.scorer == actor.username), shown[0] if shown else None)
        version = mine.sheet_version if mine else await self._editions.version("sheet", sample.sheet)
        return Dossier(
            sample=sample,
            sheet=await self._editions.sheet(sample.sheet, version),
            sheet_version=version,
            messages=messages,
            scores=tuple(shown),
            objection=objection,
            names=names,
            hidden=len(scores) - len(shown),
        )

    async def score(self, actor: Actor, sample_id: UUID, given: Scoring, *, sheet_version: int) -> QualityScore:
        """Hand a filled sheet in.

        Raises `IllegalMoveError` for one's own service and for what is scored, `RefusedError` for what is not filled.
        """
        refuse_unless_leads(actor)
        now = self._clock()
        async with self._database.transaction() as session:
            sample = await _sample(session, actor, sample_id, lock=True)
            sheet = await self._editions.sheet(sample.sheet, sheet_version)
            result = result_of(sheet, given.marks)
            query = select(QualityScore.scorer).where(QualityScore.sample_id == sample_id)
            done = list(await session.scalars(query))
            if actor.username in done:
                raise illegal("you_scored" if sample.is_calibration else "scored")
            sample.take_score(actor.username, result.total, done=len(done) + 1, at=now)
            known = {message.seq for message in await _messages(session, sample)}
            score = QualityScore(
                sample_id=sample_id,
                scorer=actor.username,
                sheet=sample.sheet,
                sheet_version=sheet_version,
                marks={key: mark.value for key, mark in given.marks.items()},
                failed=list(result.failed),
                remarks=_remarks(given.remarks, known),
                comment=given.comment.strip()[:2000],
                total=result.total,
                at=now,
            )
            session.add(score)
            self._keep(session, "quality.scored", actor, sample, total=result.total)
            return score

    async def compare(self, actor: Actor, sample_id: UUID, *, scorers: int = 2) -> None:
        """Have an open sample scored by several, each on their own; it then counts for no agent."""
        refuse_unless_leads(actor)
        async with self._database.transaction() as session:
            sample = await _sample(session, actor, sample_id, lock=True)
            sample.compare(scorers)
            self._keep(session, "quality.compared", actor, sample, scorers=scorers)

    async def object_to(self, actor: Actor, sample_id: UUID, text: str) -> None:
        """The agent does not agree, once.  Raises `IllegalMoveError`, `RefusedError` without a reason."""
        refuse_unless_talks(actor)
        if not text.strip():
            raise refused("text")
        now = self._clock()
        async with self._database.transaction() as session:
            sample = await session.get(QualitySample, sample_id, with_for_update=True)
            if sample is None:
                raise unknown("no_sample")
            sample.object_by(actor.username)
            if sample.scored_at is not None and now - sample.scored_at > self._object_within:
                raise illegal("late", days=f"{self._object_within / timedelta(days=1):g}")
            session.add(
                QualityObjection(
                    sample_id=sample_id,
                    by=actor.username,
                    text=text.strip()[:2000],
                    at=now,
                    total_before=sample.total or 0.0,
                    answer="",
                )
            )
            self._keep(session, "quality.objected", actor, sample)

    async def answer(self, actor: Actor, sample_id: UUID, text: str, *, total: float | None = None) -> None:
        """Answer an objection; with a ``total`` it is upheld and that is the score.  Raises `IllegalMoveError`."""
        refuse_unless_leads(actor)
        if not text.strip():
            raise refused("text")
        if total is not None and not 0 <= total <= 100:
            raise refused("total")
        async with self._database.transaction() as session:
            sample = await _sample(session, actor, sample_id, lock=True)
            if sample.agent == actor.username:
                raise illegal("own")
            sample.settle(total)
            objection = await session.get(QualityObjection, sample_id)
            if objection is not None:
                objection.upheld, objection.answer = total is not None, text.strip()[:2000]
                objection.answered_by, objection.answered_at = actor.username, self._clock()
            self._keep(session, "quality.answered", actor, sample, upheld=total is not None)

    # -- what comes of it ------------------------------------------------------------------------

    async def mine(self, actor: Actor) -> list[QualitySample]:
        """One's own results, the newest first."""
        refuse_unless_talks(actor)
        query = select(QualitySample).where(
            QualitySample.agent == actor.username,
            QualitySample.state != SampleState.open.value,
            QualitySample.scorers_wanted == 1,
        )
        async with self._database.transaction() as session:
            return list(await session.scalars(query.order_by(QualitySample.served_at.desc()).limit(_MINE)))

    async def agents(self, actor: Actor, since: datetime, until: datetime) -> list[AgentResult]:
        """Everybody who was scored for services of this time, the lowest average first."""
        refuse_unless_leads(actor)
        failed = func.jsonb_array_length(QualityScore.failed) > 0
        average = func.avg(QualitySample.total)
        query = (
            select(
                QualitySample.agent,
                func.count(),
                average,
                func.count(case((failed, 1))),
                func.count(QualityObjection.sample_id),
                func.count(case((QualityObjection.upheld.is_(True), 1))),
            )
            .join(QualityScore, QualityScore.sample_id == QualitySample.id)
            .outerjoin(QualityObjection, QualityObjection.sample_id == QualitySample.id)
            .where(QualitySample.served_at >= since, QualitySample.served_at < until, QualitySample.total.is_not(None))
            .group_by(QualitySample.agent)
            .order_by(average, QualitySample.agent)
        )
        scope = Scope.of(actor)
        async with self._database.transaction() as session:
            rows = (await session.execute(query if scope.is_everything else query.where(within(scope)))).all()
            names = await _names(session, [row[0] for row in rows])
        return [AgentResult(who, names.get(who, who), of, round(mean, 1), *rest) for who, of, mean, *rest in rows]

    async def calibration(self, actor: Actor, *, limit: int = 50) -> tuple[Agreement, list[Compared], dict[str, str]]:
        """How far scorers agree, over the latest services that enough have scored; with names of people."""
        refuse_unless_leads(actor)
        is_done = (QualitySample.scorers_wanted > 1) & (QualitySample.state == SampleState.settled.value)
        scope = Scope.of(actor)
        query = select(QualitySample).where(is_done).order_by(QualitySample.scored_at.desc()).limit(limit)
        async with self._database.transaction() as session:
            samples = list(await session.scalars(query if scope.is_everything else query.where(within(scope))))
            ids = [sample.id for sample in samples]
            rows = await session.scalars(
                select(QualityScore).where(QualityScore.sample_id.in_(ids)).order_by(QualityScore.at)
            )
            scores: dict[UUID, list[QualityScore]] = {}
            for score in rows:
                scores.setdefault(score.sample_id, []).append(score)
            people = [one.scorer for each in scores.values() for one in each] + [sample.agent for sample in samples]
            names = await _names(session, people)
        compared = [_compared(sample, scores.get(sample.id, ())) for sample in samples]
        given = [[(marks_of(one), one.total) for one in each] for each in scores.values()]
        return agreement_of(given), compared, names

    def _keep(self, session: AsyncSession, what: str, actor: Actor, sample: QualitySample, **more: object) -> None:
        audit.record_by(
            session,
            what,
            actor,
            at=self._clock(),
            about=sample.agent,
            conversation_id=sample.conversation_id,
            sample=str(sample.id),
            **more,
        )


def marks_of(score: QualityScore) -> dict[str, Mark]:
    return {key: Mark(value) for key, value in score.marks.items()}


def _compared(sample: QualitySample, scores: Sequence[QualityScore]) -> Compared:
    totals = tuple((one.scorer, one.total) for one in scores)
    return Compared(sample, totals, differing([marks_of(one) for one in scores]))


def _may_read(actor: Actor, sample: QualitySample, score: QualityScore) -> bool:
    """Scorers who are compared do not copy from each other."""
    return score.scorer == actor.username or not sample.is_calibration or sample.state == SampleState.settled


async def _sample(session: AsyncSession, actor: Actor, sample_id: UUID, *, lock: bool = False) -> QualitySample:
    """For who leads there, and for whose service it was, once it is scored."""
    sample = await session.get(QualitySample, sample_id, with_for_update=True if lock else None)
    if sample is None:
        raise unknown("no_sample")
    is_own = sample.agent == actor.username and sample.state != SampleState.open and not sample.is_calibration
    if actor.role in LEADS:
        agent = await session.get(Agent, sample.agent)
        if Scope.of(actor).covers(agent.unit if agent else None, agent.province if agent else None):
            return sample
    if not is_own:
        raise unknown("no_sample")
    return sample


async def _messages(session: AsyncSession, sample: QualitySample) -> tuple[MessageView, ...]:
    """Of the service, and a little before, with everything personal masked."""
    until = (sample.ended_at or sample.served_at) + _AFTER
    query = (
        select(Message)
        .where(
            Message.conversation_id == sample.conversation_id,
            Message.created_at >= sample.served_at - _BEFORE,
            Message.created_at <= until,
        )
        .order_by(Message.seq)
        .limit(_MESSAGES)
    )
    return tuple(masked(MessageView.of(message)) for message in await session.scalars(query))


async def _names(session: AsyncSession, usernames: Sequence[str]) -> dict[str, str]:
    query = select(Agent.username, Agent.name).where(Agent.username.in_(set(usernames)))
    return {row.username: row.name for row in await session.execute(query)}


def _remarks(remarks: Mapping[int, str], known: set[int]) -> list[dict[str, object]]:
    for seq in remarks:
        if seq not in known:
            raise unknown("no_message", seq=seq)
    return [{"seq": seq, "text": text.strip()[:500]} for seq, text in sorted(remarks.items()) if text.strip()]
