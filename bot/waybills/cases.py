"""Waybills on their way as cases to try changed rules on."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from bot.clock import Clock
from bot.db import Database
from bot.rules.cases import Cases
from bot.rules.model import RuleBook
from bot.rules.table import Table
from bot.waybills.columns import StateColumns, active_states
from bot.waybills.judging import judge

_PORTION = 50_000


class LiveWaybills:
    """The facts that the tables ``risk``, ``condition`` and ``leg_warning`` would judge now; none for other tables."""

    name = "waybills"

    def __init__(self, database: Database, clock: Clock, book: Callable[[], RuleBook]) -> None:
        self._database = database
        self._clock = clock
        self._book = book

    async def cases(self, table: Table) -> AsyncIterator[Cases]:
        after = ""
        while True:
            async with self._database.transaction() as session:
                states = await active_states(session, after=after, most=_PORTION)
            if not len(states):
                return
            after = str(states.waybill_no[-1])
            facts = self._facts(states)
            if any(column.name not in facts for column in table.inputs):
                return
            yield Cases(states.waybill_no.tolist(), {column.name: facts[column.name] for column in table.inputs})

    def _facts(self, states: StateColumns) -> dict[str, Any]:
        judged = judge(states, self._book(), now_s=self._clock().timestamp())
        return states.names | judged.facts
