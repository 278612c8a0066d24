"""The periodic look at every waybill whose time has come: what no scan and no contact would show.

A sweep goes by numbers in portions of one transaction each, so that it can be killed at any point: what was committed
stands, the rest is still due.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.waybills.columns import StateColumns, any_outdated, due_states, outdated_states
from bot.waybills.conditions import Conditions
from bot.waybills.intake import Intake

PORTION = 50_000
EVERY = timedelta(minutes=1)
MAKE_SURE_EVERY = timedelta(hours=1)
PLANS_FOR_MANY = text("SET LOCAL plan_cache_mode = force_custom_plan")
"""For a transaction that writes many thousand rows.

PostgreSQL checks a foreign key by a plan it made once; made while the table was nearly empty, as the queue of jobs
mostly is, it reads the whole table for every row.
"""
_LOCK = 2_077_003
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SweepReport:
    """How many waybills were looked at, and how many conditions changed."""

    seen: int = 0
    changed: int = 0

    def __add__(self, more: "SweepReport") -> "SweepReport":
        return SweepReport(self.seen + more.seen, self.changed + more.changed)


class _Read(Protocol):
    """Reads the next portion of states, beginning after a number, and locks them."""

    async def __call__(self, session: AsyncSession, *, after: str, most: int) -> StateColumns: ...


class Sweep:
    """Judges what is due.  Of several replicas one sweeps at a time.

    Whatever other rules judged is due as well, be they published, taken back, or come with a new program.  By which
    rules a state was judged stands in the state itself, so neither a process that dies after a publication nor one that
    hears of it late leaves anything behind.
    """

    def __init__(self, database: Database, clock: Clock, conditions: Conditions, intake: Intake) -> None:
        self._database = database
        self._clock = clock
        self._conditions = conditions
        self._intake = intake
        self._task: asyncio.Task[None] | None = None
        self._followed: tuple[str, datetime] | None = None

    async def run(self, *, portion: int = PORTION, report: Callable[[SweepReport], None] | None = None) -> SweepReport:
        """Look at all that is due now; nothing when another replica is at it."""
        done = await self._follow_rules(portion, report)
        due = partial(due_states, now=self._clock())
        return done + await self._pass(due, "sweep", portion, report)

    async def start(self) -> None:
        self._task = asyncio.create_task(self._keep_sweeping())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _follow_rules(self, portion: int, report: Callable[[SweepReport], None] | None) -> SweepReport:
        """Until a pass finds nothing more: a moment ago others may still have judged as before.

        From time to time it is made sure of, because an older program may go on for a while beside a new one.
        """
        rules, now = self._conditions.rules, self._clock()
        if self._followed is not None and self._followed[0] == rules and now < self._followed[1] + MAKE_SURE_EVERY:
            return SweepReport()
        done = await self._pass(partial(outdated_states, rules=rules), "rules", portion, report)
        async with self._database.transaction() as session:
            if not done.seen and not await any_outdated(session, rules=rules):
                self._followed = (rules, now)
        return done

    async def _pass(
        self, read: _Read, trigger: str, portion: int, report: Callable[[SweepReport], None] | None
    ) -> SweepReport:
        done, after = SweepReport(), ""
        while True:
            async with self._database.transaction() as session:
                if not await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOCK}):
                    return done
                await session.execute(PLANS_FOR_MANY)
                states = await read(session, after=after, most=portion)
                if not len(states):
                    return done
                changed = await self._settle(session, states, trigger)
            after = str(states.waybill_no[-1])
            done += SweepReport(len(states), changed)
            if report:
                report(done)

    async def _settle(self, session: AsyncSession, states: StateColumns, trigger: str) -> int:
        """States whose track nobody has read since they were brought over (version 0) are read first."""
        unread = states.waybill_no[states.version == 0].tolist()
        if unread:
            await self._intake.read_tracks(session, unread, trigger=trigger)
        return await self._conditions.settle(session, states, trigger=trigger, now=self._clock())

    async def _keep_sweeping(self) -> None:
        while True:
            try:
                done = await self.run()
                if done.changed:
                    _log.info("sweep: %d waybills looked at, %d conditions changed", done.seen, done.changed)
            except Exception:
                _log.exception("the sweep failed and is tried again")
            await asyncio.sleep(EVERY.total_seconds())
