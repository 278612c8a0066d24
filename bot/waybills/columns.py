"""Many waybill states at once: read from PostgreSQL as one block of bytes, held as columns.

A row-by-row reader needs a minute for 700,000 states; as one binary block they take about two seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.waybills.facts import TrackFacts
from bot.waybills.model import Condition, Leg, Product, WaybillStatus, Zone

Strings = npt.NDArray[np.str_]
Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

NUMBER_WIDTH = 16
_EPOCH_2000 = 946_684_800
"""PostgreSQL counts microseconds from the year 2000."""
_NAMES: dict[str, type[StrEnum]] = {
    "product": Product,
    "zone": Zone,
    "status": WaybillStatus,
    "leg": Leg,
    "condition": Condition,
}
_MOMENTS = (
    *("shipped_at", "promised_at", "agreed_at", "contacted_at"),
    *("settled_at", "leg_since", "last_at", "delivered_at", "warn_at"),
)
_COUNTS = ("open_tickets", "failed_attempts", "loops")
_FLAGS = ("skipped_out_for_delivery", "station_without_consent", "refused_then_delivered", "heading_away")
_LAYOUT = np.dtype(
    [("waybill_no", f"S{NUMBER_WIDTH}")]
    + [(name, ">i8") for name in _MOMENTS]
    + [(name, ">i2") for name in (*_NAMES, *_COUNTS)]
    + [(name, "i1") for name in _FLAGS]
    + [("version", ">i4")]
)


@dataclass(frozen=True)
class StateColumns:
    """States of ``n`` waybills, every field an array of length ``n``.

    Moments are seconds since 1970 as float64, NaN where there is none; names are enum values, "" where unknown.
    """

    waybill_no: Strings
    names: dict[str, Strings]
    moments: dict[str, Numbers]
    counts: dict[str, Numbers]
    flags: dict[str, Flags]
    version: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.waybill_no)

    def with_facts(self, facts: Sequence[TrackFacts]) -> "StateColumns":
        """The same waybills with these facts of their tracks, one for each."""
        return replace(
            self,
            names=self.names | {name: _of(facts, name, "U20") for name in ("status", "leg")},
            moments=self.moments
            | {name: _moments_of(facts, name) for name in ("leg_since", "last_at", "delivered_at")},
            counts=self.counts | {name: _of(facts, name, np.float64) for name in ("failed_attempts", "loops")},
            flags={name: _of(facts, name, bool) for name in _FLAGS},
        )


SEND = " || ".join(
    [f"convert_to(rpad(waybill_no, {NUMBER_WIDTH}), 'UTF8')"]
    + [f"timestamptz_send(coalesce({name}, '-infinity'))" for name in _MOMENTS]
    + [f"int2send(coalesce(array_position(CAST(:{name}s AS text[]), {name}), 0)::int2)" for name in _NAMES]
    + [f"int2send({name})" for name in _COUNTS]
    + [f"boolsend({name})" for name in _FLAGS]
    + ["int4send(version)"]
)
LISTS = {f"{name}s": [member.value for member in kind] for name, kind in _NAMES.items()}
_OF_NUMBERS = text(
    f"SELECT string_agg({SEND}, '' ORDER BY waybill_no) FROM waybill_states "  # noqa: S608
    "WHERE waybill_no = ANY(:numbers) AND shipped_at >= :oldest"
)
_DUE = text(
    f"SELECT string_agg({SEND}, '') FROM (SELECT * FROM waybill_states "  # noqa: S608
    "WHERE next_check_at <= :now AND waybill_no > :after "
    "ORDER BY waybill_no LIMIT :most FOR UPDATE SKIP LOCKED) AS due"
)
_IS_OUTDATED = "(leg <> 'finished' OR condition <> 'normal' OR next_check_at IS NOT NULL) AND rules <> :rules"
_OUTDATED = text(
    f"SELECT string_agg({SEND}, '') FROM (SELECT * FROM waybill_states "  # noqa: S608
    f"WHERE {_IS_OUTDATED} AND waybill_no > :after "
    "ORDER BY waybill_no LIMIT :most FOR UPDATE SKIP LOCKED) AS outdated"
)
_ANY_OUTDATED = text(f"SELECT EXISTS (SELECT FROM waybill_states WHERE {_IS_OUTDATED})")  # noqa: S608


async def states_of(session: AsyncSession, numbers: list[str], *, oldest: datetime) -> StateColumns:
    """The states of these waybills, as far as they are known and were shipped at ``oldest`` or later."""
    block = await session.scalar(_OF_NUMBERS, {"numbers": numbers, "oldest": oldest, **LISTS})
    return columns_from(block or b"")


_ACTIVE = text(
    f"SELECT string_agg({SEND}, '') FROM (SELECT * FROM waybill_states "  # noqa: S608
    "WHERE (next_check_at IS NOT NULL OR condition <> 'normal') AND waybill_no > :after "
    "ORDER BY waybill_no LIMIT :most) AS active"
)


async def active_states(session: AsyncSession, *, after: str, most: int) -> StateColumns:
    """The next states that are not over, by number, beginning after ``after``."""
    block = await session.scalar(_ACTIVE, {"after": after, "most": most, **LISTS})
    return columns_from(block or b"")


async def due_states(session: AsyncSession, *, now: datetime, after: str, most: int) -> StateColumns:
    """The next states whose time has come, by number, beginning after ``after``.

    They are locked until the transaction ends.  Those that somebody else holds are passed over: whoever holds them
    judges them, and to wait for many rows while others do would end in a circle.
    """
    block = await session.scalar(_DUE, {"now": now, "after": after, "most": most, **LISTS})
    return columns_from(block or b"")


async def outdated_states(session: AsyncSession, *, rules: str, after: str, most: int) -> StateColumns:
    """The next states that are not over and were judged by rules of another digest; locked like due ones."""
    block = await session.scalar(_OUTDATED, {"rules": rules, "after": after, "most": most, **LISTS})
    return columns_from(block or b"")


async def any_outdated(session: AsyncSession, *, rules: str) -> bool:
    """Whether there is such a state at all, held by somebody or not."""
    return bool(await session.scalar(_ANY_OUTDATED, {"rules": rules}))


def columns_from(block: bytes) -> StateColumns:
    """Read what ``SEND`` wrote."""
    rows = np.frombuffer(block, dtype=_LAYOUT)
    return StateColumns(
        waybill_no=np.char.rstrip(rows["waybill_no"].astype(f"U{NUMBER_WIDTH}")),
        names={name: np.array(["", *kind], dtype="U20")[rows[name]] for name, kind in _NAMES.items()},
        moments={name: _seconds(rows[name]) for name in _MOMENTS},
        counts={name: rows[name].astype(np.float64) for name in _COUNTS},
        flags={name: rows[name].astype(bool) for name in _FLAGS},
        version=rows["version"].astype(np.int32),
    )


def _of(facts: Sequence[TrackFacts], name: str, kind: Any) -> Any:
    return np.array([getattr(each, name) for each in facts], dtype=kind)


def _moments_of(facts: Sequence[TrackFacts], name: str) -> Numbers:
    moments = (getattr(each, name) for each in facts)
    return np.array([np.nan if moment is None else moment.timestamp() for moment in moments])


def _seconds(microseconds: Any) -> Numbers:
    seconds: Numbers = microseconds.astype(np.float64) / 1e6 + _EPOCH_2000
    seconds[microseconds == np.iinfo(np.int64).min] = np.nan
    return seconds
