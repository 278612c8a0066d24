"""Waybills about to be judged: their states as columns, with what a track has to be read with, in one statement.

To find a row of many months costs as much as to read it, so whatever a scan needs of a state is fetched at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.waybills.columns import LISTS, SEND, StateColumns, columns_from
from bot.waybills.facts import Journey
from bot.waybills.model import WaybillStatus

LONG_AGO = datetime(2000, 1, 1, tzinfo=timezone.utc)
_JOURNEY = ("shipped_at", "origin_outlet", "destination_outlet", "station_consent", "declared_status")
_STATUSES = {status.value: status for status in WaybillStatus}


@dataclass(frozen=True)
class Held:
    """States of ``n`` waybills and, in the same order, the journey of each."""

    states: StateColumns
    journeys: list[Journey]

    @property
    def numbers(self) -> list[str]:
        found: list[str] = self.states.waybill_no.tolist()
        return found


async def held(session: AsyncSession, numbers: Sequence[str], *, young: datetime, lock: bool) -> Held:
    """These waybills, as far as they are known; those shipped since ``young`` are looked for first.

    ``lock``: each is kept from others until the transaction ends, in the order of their numbers.
    """
    block, columns = await _read(session, list(numbers), young, lock=lock)
    missing = set(numbers).difference(columns_from(block).waybill_no.tolist())
    if missing:
        older, more = await _read(session, sorted(missing), LONG_AGO, lock=lock)
        block, columns = block + older, [[*first, *rest] for first, rest in zip(columns, more, strict=True)]
    return Held(columns_from(block), [_journey(*values) for values in zip(*columns, strict=True)])


async def _read(
    session: AsyncSession, numbers: list[str], oldest: datetime, *, lock: bool
) -> tuple[bytes, list[Sequence[Any]]]:
    statement = _LOCKED if lock else _SEEN
    row = (await session.execute(statement, {"numbers": numbers, "oldest": oldest, **LISTS})).one()
    block, *columns = row
    return block or b"", [column or [] for column in columns]


def _journey(shipped_at: datetime, origin: str, destination: str, consent: bool | None, declared: str) -> Journey:
    return Journey(shipped_at, origin, destination, consent, _STATUSES[declared])


def _statement(suffix: str) -> Any:
    columns = ", ".join(f"array_agg({name})" for name in _JOURNEY)
    return text(
        f"SELECT string_agg({SEND}, ''), {columns} FROM (SELECT * FROM waybill_states "  # noqa: S608
        f"WHERE waybill_no = ANY(:numbers) AND shipped_at >= :oldest ORDER BY waybill_no {suffix}) AS held"
    )


_LOCKED, _SEEN = _statement("FOR UPDATE"), _statement("")
