"""The periodic look at every waybill whose time has come: what no scan and no contact would show.

A sweep goes by numbers in portions of one transaction each, so that it can be killed at any point: what was committed
stands, the rest is still due.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.waybills.columns import StateColumns, due_states
from bot.waybills.conditions import Conditions
from bot.waybills.intake import Intake

PORTION = 50_000
EVERY = timedelta(minutes=1)
_LOCK = 2_077_003
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SweepReport:
    """How many waybills were looked at, and how many conditions changed."""

    seen: int = 0
    changed: int = 0


class Sweep:
    """Judges what is due.  Of several replicas one sweeps at a time."""

    def __init__(self, database: Database, clock: Clock, conditions: Conditions, intake: Intake) -> None:
        self._database = database
        self._clock = clock
        self._conditions = conditions
        self._intake = intake
        self._task: asyncio.Task[None] | None = None

    async def run(self, *, portion: int = PORTION, report: Callable[[SweepReport], None] | None = None) -> SweepReport:
        """Look at all that is due now; nothing when another replica is at it."""
        done, after = SweepReport(), ""
        now = self._clock()
        while True:
            async with self._database.transaction() as session:
                if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
                    return done
                states = await due_states(session, now=now, after=after, most=portion)
                if not len(states):
                    return done
                changed = await self._settle(session, states)
            after = str(states.waybill_no[-1])
            done = SweepReport(done.seen + len(states), done.changed + changed)
            if report:
                report(done)

    async def everything_is_due(self) -> None:
        """After the rules changed: the next sweep looks at every waybill that is not over."""
        async with self._database.transaction() as session:
            await session.execute(_ALL_DUE, {"now": self._clock()})

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep_sweeping())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _settle(self, session: AsyncSession, states: StateColumns) -> int:
        """States whose track nobody has read since they were brought over (version 0) are read first."""
        unread = states.waybill_no[states.version == 0].tolist()
        if unread:
            await self._intake.read_tracks(session, unread, trigger="sweep")
        return await self._conditions.settle(session, states, trigger="sweep", now=self._clock())

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                done = await self.run()
                if done.changed:
                    _log.info("sweep: %d waybills looked at, %d conditions changed", done.seen, done.changed)
            except Exception:
                _log.exception("the sweep failed and is tried again")
            await asyncio.sleep(EVERY.total_seconds())


_ALL_DUE = text(
    "UPDATE waybill_states SET next_check_at = :now WHERE leg <> 'finished' OR condition <> 'normal' "
    "OR next_check_at IS NOT NULL"
)
