"""Satisfaction by channel, team, person and day, read out of the ratings."""

import base64
import binascii
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from bot.clock import Clock
from bot.db import Database
from bot.desk.leading.tallies import Cell, Tally
from bot.desk.leading.who import Scope, refuse_unless_leads
from bot.desk.leading.words import refused
from bot.desk.tools.free_text import mask_text
from bot.errors import BadQueryError
from bot.staff import audit
from bot.staff.model import Actor
from bot.staff.tables import Team

LONGEST = timedelta(days=366)
PAGE = 30
_EXPORT_PAGE = 1000
MOST_EXPORTED = 100_000

# Whose service it was stands in the log of moves: who had taken the conversation last when it was to be rated.
# For sums it is quicker to find that for all ratings at once, for a page of them one by one.
_TAKEN = """
    SELECT DISTINCT ON (t.conversation_id, t.seq) t.conversation_id, t.seq, m.who, m.team
    FROM conversation_ratings t JOIN conversation_moves m ON m.conversation_id = t.conversation_id
    WHERE t.offered_at >= :since AND t.offered_at < :until AND t.about = 'agent'
    AND m.move IN ('accept', 'take_over') AND m.at <= t.offered_at AND m.at >= :since - interval '30 days'
    ORDER BY t.conversation_id, t.seq, m.id DESC
"""
_ONE_BY_ONE = """LATERAL (
    SELECT m.who, m.team FROM conversation_moves m
    WHERE m.conversation_id = r.conversation_id AND m.move IN ('accept', 'take_over') AND m.at <= r.offered_at
    ORDER BY m.id DESC LIMIT 1
) took ON r.about = 'agent'"""
_ALL_AT_ONCE = "taken took ON took.conversation_id = r.conversation_id AND took.seq = r.seq"
_RATED = """
    SELECT r.*, c.channel, took.who AS agent, took.team
    FROM conversation_ratings r
    JOIN conversations c ON c.id = r.conversation_id
    LEFT JOIN {took}
    LEFT JOIN agents a ON a.username = took.who
    WHERE r.offered_at >= :since AND r.offered_at < :until
    AND (CAST(:unit AS varchar) IS NULL OR a.unit = :unit)
    AND (CAST(:province AS varchar) IS NULL OR a.province = :province)
    AND (CAST(:channel AS varchar) IS NULL OR c.channel = :channel)
    AND (CAST(:about AS varchar) IS NULL OR r.about = :about)
    AND (CAST(:team AS varchar) IS NULL OR took.team = :team)
    AND (CAST(:agent AS varchar) IS NULL OR took.who = :agent)
"""
_SUMS = f"WITH taken AS MATERIALIZED ({_TAKEN}), rated AS ({_RATED.format(took=_ALL_AT_ONCE)})"
_STARS = ", ".join(f"count(*) FILTER (WHERE score = {star}) AS s{star}" for star in range(1, 6))
_CELLS = text(f"""
    {_SUMS}
    SELECT (offered_at AT TIME ZONE 'Asia/Shanghai')::date AS day, channel, about, team, agent,
           max(agent_name) AS agent_name, count(*) AS offered, {_STARS}
    FROM rated GROUP BY 1, 2, 3, 4, 5 ORDER BY 1
""")  # noqa: S608  constants of this module
_REASONS = text(f"""
    {_SUMS}
    SELECT reason, count(*) FROM rated, jsonb_array_elements_text(reasons) AS reason
    WHERE score IS NOT NULL GROUP BY reason ORDER BY 2 DESC, 1
""")  # noqa: S608
_ROWS = f"""
    WITH rated AS ({_RATED.format(took=_ONE_BY_ONE)})
    SELECT * FROM rated WHERE score IS NOT NULL {{more}}
    AND (CAST(:at AS timestamptz) IS NULL OR (offered_at, conversation_id, seq) < (:at, :id, :seq))
    ORDER BY offered_at DESC, conversation_id DESC, seq DESC LIMIT :limit
"""  # noqa: S608
_COMMENTS = text(_ROWS.format(more="AND comment <> ''"))
_ANSWERS = text(_ROWS.format(more=""))


@dataclass(frozen=True)
class Asked:
    """Which ratings: offered in this time, and everything that is given has to fit."""

    since: datetime
    until: datetime
    channel: str | None = None
    about: str | None = None
    team: str | None = None
    agent: str | None = None

    def check(self) -> None:
        """Raises `RefusedError` for a time that makes no sense."""
        if not timedelta() < self.until - self.since <= LONGEST:
            raise refused("period", days=LONGEST.days)


@dataclass(frozen=True)
class Answer:
    """What one customer said, without phones, addresses and numbers of people."""

    conversation_id: UUID
    seq: int
    channel: str
    about: str
    team: str | None
    agent: str | None
    agent_name: str | None
    score: int
    reasons: tuple[str, ...]
    comment: str
    offered_at: datetime

    @property
    def place(self) -> str:
        """Where in the list it stands, for the next page."""
        place = [self.offered_at.isoformat(), str(self.conversation_id), self.seq]
        return base64.urlsafe_b64encode(json.dumps(place).encode()).decode()


@dataclass(frozen=True)
class Report:
    """Everything of a time: cells to be added up by whatever, and reasons with how often."""

    cells: tuple[Cell, ...]
    reasons: tuple[tuple[str, int], ...]
    teams: dict[str, str]


class Satisfaction:
    """For who leads; of a unit or province only what its people were rated for, and nothing of the bot."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def report(self, actor: Actor, asked: Asked) -> Report:
        refuse_unless_leads(actor)
        asked.check()
        values = _values(actor, asked)
        async with self._database.transaction() as session:
            cells = [_cell(row) for row in await session.execute(_CELLS, values)]
            reasons = [(row[0], row[1]) for row in await session.execute(_REASONS, values)]
            teams = {row.name: row.label for row in await session.execute(select(Team.name, Team.label))}
        return Report(tuple(cells), tuple(reasons), teams)

    async def comments(
        self, actor: Actor, asked: Asked, *, before: str | None = None, limit: int = PAGE
    ) -> list[Answer]:
        """What customers wrote, the newest first.  Raises `BadQueryError`."""
        refuse_unless_leads(actor)
        asked.check()
        return await self._answers(_COMMENTS, actor, asked, before, limit)

    async def export(self, actor: Actor, asked: Asked) -> AsyncIterator[Sequence[Answer]]:
        """Every answer in portions, the newest first; that somebody took them along is kept."""
        refuse_unless_leads(actor)
        asked.check()
        chosen = {name: str(value) for name, value in vars(asked).items() if value}
        async with self._database.transaction() as session:
            audit.record_by(session, "satisfaction.exported", actor, at=self._clock(), wanted=chosen)
        return self._portions(actor, asked)

    async def _portions(self, actor: Actor, asked: Asked) -> AsyncIterator[Sequence[Answer]]:
        before, taken = None, 0
        while taken < MOST_EXPORTED:
            portion = await self._answers(_ANSWERS, actor, asked, before, _EXPORT_PAGE)
            if not portion:
                return
            yield portion
            before, taken = portion[-1].place, taken + len(portion)

    async def _answers(self, query: Any, actor: Actor, asked: Asked, before: str | None, limit: int) -> list[Answer]:
        at, conversation_id, seq = _place(before) if before else (None, UUID(int=0), 0)
        values = _values(actor, asked) | {"at": at, "id": conversation_id, "seq": seq, "limit": limit}
        async with self._database.transaction() as session:
            return [_answer(row) for row in await session.execute(query, values)]


def _values(actor: Actor, asked: Asked) -> dict[str, Any]:
    scope = Scope.of(actor)
    return {**vars(asked), "unit": scope.unit, "province": None if scope.unit else scope.province}


def _cell(row: Any) -> Cell:
    tally = Tally(row.offered, (row.s1, row.s2, row.s3, row.s4, row.s5))
    return Cell(row.day, row.channel, row.about, row.team, row.agent, row.agent_name, tally)


def _answer(row: Any) -> Answer:
    return Answer(
        conversation_id=row.conversation_id,
        seq=row.seq,
        channel=row.channel,
        about=row.about,
        team=row.team,
        agent=row.agent,
        agent_name=row.agent_name,
        score=row.score,
        reasons=tuple(row.reasons),
        comment=mask_text(row.comment),
        offered_at=row.offered_at,
    )


def _place(cursor: str) -> tuple[datetime, UUID, int]:
    try:
        at, conversation_id, seq = json.loads(base64.urlsafe_b64decode(cursor))
        return datetime.fromisoformat(at), UUID(conversation_id), int(seq)
    except (ValueError, TypeError, binascii.Error) as error:
        raise BadQueryError(str(refused("cursor"))) from error
