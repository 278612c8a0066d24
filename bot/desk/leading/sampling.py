"""Drawing samples: once for each period, by the plan, with the seed and every reason kept."""

import base64
import binascii
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, exists, func, literal, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock, local
from bot.db import Database
from bot.desk.leading.candidates import last_service, services_between
from bot.desk.leading.drawing import Draw, Drawn, draw
from bot.desk.leading.editions import Editions
from bot.desk.leading.kinds import SampleReason, SampleState
from bot.desk.leading.reading import midnight
from bot.desk.leading.tables import QualityDraw, QualitySample
from bot.desk.leading.who import Scope, refuse_unless_leads
from bot.desk.leading.words import illegal, refused, unknown
from bot.errors import BadQueryError
from bot.staff import audit
from bot.staff.model import SYSTEM, Actor
from bot.staff.tables import Agent

Shape = TypeVar("Shape")
WEEK = timedelta(days=7)
LONGEST = timedelta(days=31)
SHEET = "service"
PAGE = 50


@dataclass(frozen=True)
class SampleFilter:
    """Which samples; everything that is given has to fit."""

    state: SampleState | None = None
    agent: str | None = None
    reason: SampleReason | None = None


class Sampling:
    """Draws, and lists what was drawn.  All of it is for who leads."""

    def __init__(self, database: Database, clock: Clock, editions: Editions) -> None:
        self._database = database
        self._clock = clock
        self._editions = editions

    async def draw(self, actor: Actor, since: datetime, until: datetime) -> QualityDraw:
        """Draw for a period that is over.

        Raises `IllegalMoveError` where that was done already: whoever could draw again would choose.
        """
        if not actor.is_system:
            refuse_unless_leads(actor)
        if not timedelta() < until - since <= LONGEST:
            raise refused("period", days=LONGEST.days)
        if until > self._clock():
            raise refused("not_over")
        version, rules = await self._editions.plan()
        seed = secrets.token_hex(16)
        try:
            async with self._database.transaction() as session:
                await _refuse_drawn(session, since, until)
                found = draw(await services_between(session, since, until), rules, seed)
                row = QualityDraw(
                    id=uuid4(),
                    since=since,
                    until=until,
                    plan_version=version,
                    seed=seed,
                    candidates=found.candidates,
                    by=actor.username,
                    at=self._clock(),
                )
                session.add(row)
                await session.flush()
                await self._keep(session, row, found, actor)
                return row
        except IntegrityError as error:
            raise _drawn(since, until) from error

    async def draw_last_week(self) -> QualityDraw | None:
        """The week that ended last Monday in China; None where that was drawn already."""
        monday = midnight(self._clock()) - timedelta(days=local(self._clock()).weekday())
        async with self._database.transaction() as session:
            if await _is_drawn(session, monday - WEEK, monday):
                return None
        return await self.draw(SYSTEM, monday - WEEK, monday)

    async def calibrate(self, actor: Actor, conversation_id: UUID, *, scorers: int = 2, sheet: str = SHEET) -> UUID:
        """Have the last service of a conversation scored by several, each on their own; chosen by hand.

        One scorer makes it a sample like any other, marked as chosen by hand.  Raises `NotFoundError`,
        `IllegalMoveError` for what is sampled already.
        """
        refuse_unless_leads(actor)
        await self._editions.sheet(sheet)
        now = self._clock()
        async with self._database.transaction() as session:
            service = await last_service(session, conversation_id, now=now)
            if service is None:
                raise unknown("no_service")
            await _refuse_unless_covers(session, actor, service.agent)
            reason = {"reason": SampleReason.by_hand.value, "by": actor.username}
            drawn = Drawn(service, sheet, (reason,))
            put = insert(QualitySample).values(**_values(drawn, None, scorers, actor.username, now))
            made: UUID | None = await session.scalar(put.on_conflict_do_nothing().returning(QualitySample.id))
            if made is None:
                raise illegal("sampled")
            audit.record_by(
                session, "quality.chosen", actor, at=now, about=service.agent, conversation_id=conversation_id
            )
            return made

    async def draws(self, actor: Actor, *, limit: int = 60) -> list[tuple[QualityDraw, dict[str, int]]]:
        """The newest first, each with how many samples it gave by reason."""
        refuse_unless_leads(actor)
        async with self._database.transaction() as session:
            rows = list(await session.scalars(select(QualityDraw).order_by(QualityDraw.since.desc()).limit(limit)))
            reason = func.jsonb_array_elements(QualitySample.because).op("->>")("reason").label("reason")
            query = (
                select(QualitySample.draw_id, reason, func.count())
                .where(QualitySample.draw_id.in_([row.id for row in rows]))
                .group_by(QualitySample.draw_id, reason)
            )
            counts: dict[UUID, dict[str, int]] = {}
            for draw_id, name, count in await session.execute(query):
                counts.setdefault(draw_id, {})[name] = count
        return [(row, counts.get(row.id, {})) for row in rows]

    async def samples(
        self, actor: Actor, wanted: SampleFilter, *, before: str | None = None, limit: int = PAGE
    ) -> list[QualitySample]:
        """The newest first, from the place that `place_of` the last one names.  Raises `BadQueryError`."""
        refuse_unless_leads(actor)
        query = _filtered(select(QualitySample), wanted, Scope.of(actor))
        if before:
            at, sample_id = _place(before)
            query = query.where(
                tuple_(QualitySample.served_at, QualitySample.id) < tuple_(literal(at), literal(sample_id))
            )
        order = QualitySample.served_at.desc(), QualitySample.id.desc()
        async with self._database.transaction() as session:
            return list(await session.scalars(query.order_by(*order).limit(limit)))

    async def next_open(self, actor: Actor) -> UUID | None:
        """A sample somebody can score now: the oldest open one that is not the person's own."""
        refuse_unless_leads(actor)
        query = _filtered(select(QualitySample.id), SampleFilter(SampleState.open), Scope.of(actor))
        query = query.where(QualitySample.agent != actor.username, QualitySample.scorers_wanted == 1)
        async with self._database.transaction() as session:
            return await session.scalar(query.order_by(QualitySample.served_at, QualitySample.id).limit(1))

    async def _keep(self, session: AsyncSession, row: QualityDraw, found: Draw, actor: Actor) -> None:
        rows = [_values(each, row.id, 1, actor.username, row.at) for each in found.drawn]
        if rows:
            await session.execute(insert(QualitySample).on_conflict_do_nothing(), rows)
        audit.record_by(
            session,
            "quality.drawn",
            actor,
            at=row.at,
            seed=row.seed,
            samples=len(rows),
            since=row.since.isoformat(),
            until=row.until.isoformat(),
        )


def place_of(sample: QualitySample) -> str:
    """Where in the list a sample stands, for the next page."""
    place = json.dumps([sample.served_at.isoformat(), str(sample.id)])
    return base64.urlsafe_b64encode(place.encode()).decode()


def _place(cursor: str) -> tuple[datetime, UUID]:
    try:
        at, sample_id = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(at), UUID(sample_id)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadQueryError(str(refused("cursor"))) from error


def _filtered(query: Select[Shape], wanted: SampleFilter, scope: Scope) -> Select[Shape]:
    if wanted.state:
        query = query.where(QualitySample.state == wanted.state.value)
    if wanted.agent:
        query = query.where(QualitySample.agent == wanted.agent)
    if wanted.reason:
        query = query.where(QualitySample.because.contains([{"reason": wanted.reason.value}]))
    return query if scope.is_everything else query.where(within(scope))


def within(scope: Scope) -> ColumnElement[bool]:
    """Samples of people within a scope."""
    theirs = exists().where(Agent.username == QualitySample.agent)
    if scope.unit is not None:
        return theirs.where(Agent.unit == scope.unit)
    return theirs.where(Agent.province == scope.province)


def _values(drawn: Drawn, draw_id: UUID | None, scorers: int, by: str, at: datetime) -> dict[str, object]:
    service = drawn.service
    return {
        "id": uuid4(),
        "draw_id": draw_id,
        "conversation_id": service.conversation_id,
        "move_id": service.move_id,
        "agent": service.agent,
        "team": service.team,
        "channel": service.channel,
        "served_at": service.served_at,
        "ended_at": service.ended_at,
        "because": list(drawn.because),
        "sheet": drawn.sheet,
        "state": SampleState.open.value,
        "scorers_wanted": scorers,
        "made_by": by,
        "made_at": at,
    }


async def _is_drawn(session: AsyncSession, since: datetime, until: datetime) -> bool:
    overlaps = (QualityDraw.since < until) & (QualityDraw.until > since)
    return bool(await session.scalar(select(exists().where(overlaps))))


async def _refuse_drawn(session: AsyncSession, since: datetime, until: datetime) -> None:
    if await _is_drawn(session, since, until):
        raise _drawn(since, until)


def _drawn(since: datetime, until: datetime) -> Exception:
    return illegal("drawn", since=f"{local(since):%m-%d}", until=f"{local(until - timedelta(seconds=1)):%m-%d}")


async def _refuse_unless_covers(session: AsyncSession, actor: Actor, username: str) -> None:
    agent = await session.get(Agent, username)
    if not Scope.of(actor).covers(agent.unit if agent else None, agent.province if agent else None):
        raise unknown("no_sample")
