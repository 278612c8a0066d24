"""Taking in waybills and scans: stored, their facts read anew from the whole track, and judged, in one transaction.

Facts come from the set of scans and never from the order they arrived in, so late, repeated and shuffled scans end
in the same state.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.rules.model import RuleBook
from bot.waybills.arrays import literal
from bot.waybills.conditions import TRACK_COLUMNS, USUAL_LIFE, Conditions
from bot.waybills.facts import TrackFacts, facts_of
from bot.waybills.held import Held, held
from bot.waybills.model import Condition, Leg, WaybillStatus
from bot.waybills.promise import promised
from bot.waybills.schemas import CheckpointRecord, WaybillRecord
from bot.waybills.tables import StateRow, WaybillRow
from bot.waybills.tracks import tracks_of

TOLD = ("courier_name", "courier_phone", "pickup_place", "pickup_code", "signed_by")
_NEW_WAYBILLS = 2_077_002
BEFORE_PICKUP = timedelta(days=30)
"""Nothing is scanned earlier than this before a parcel was shipped."""


class Geography(Protocol):
    """What waybills need to know of places; the network knows it."""

    def zone(self, consignor: tuple[str, str, str], consignee: tuple[str, str, str]) -> str:
        """The tariff's zone between two places (province, city, district), "" where one is not recognised."""
        ...

    def distance(self, outlet: str, other: str) -> float | None:
        """Kilometres between two outlets, None where one is not on the map."""
        ...


class NoMap:
    """Nowhere is anywhere: for tests, and before outlets are known."""

    def zone(self, consignor: tuple[str, str, str], consignee: tuple[str, str, str]) -> str:  # noqa: ARG002
        return ""

    def distance(self, outlet: str, other: str) -> float | None:  # noqa: ARG002
        return None


@dataclass(frozen=True)
class Intake:
    """The one way into the tables of waybills."""

    conditions: Conditions
    book: Callable[[], RuleBook]
    geography: Geography
    clock: Clock

    async def waybills(self, session: AsyncSession, records: Iterable[WaybillRecord]) -> None:
        """Insert or update.  Of several with one number the last counts; facts of delivery are never blanked."""
        newest = {record.waybill_no: record for record in records}
        rows = [self._values(record) for _, record in sorted(newest.items())]
        await self._put(session, rows)
        await self.read_tracks(session, list(newest), trigger="waybill")

    async def scans(self, session: AsyncSession, records: Sequence[CheckpointRecord]) -> set[str]:
        """Add scans of known waybills; returns the numbers that nobody knows."""
        numbers = sorted({record.waybill_no for record in records})
        found = await held(session, numbers, young=self.clock() - USUAL_LIFE, lock=True)
        known = set(found.numbers)
        own = [record for record in records if record.waybill_no in known]
        if own:
            await session.execute(_ADD_SCANS, _scan_columns(own))
            await self._read(session, found, trigger="scan")
        return set(numbers) - known

    async def read_tracks(self, session: AsyncSession, numbers: Sequence[str], *, trigger: str) -> None:
        """Read the facts of these waybills from their tracks, and judge them."""
        found = await held(session, numbers, young=self.clock() - USUAL_LIFE, lock=False)
        await self._read(session, found, trigger=trigger)

    async def _read(self, session: AsyncSession, found: Held, *, trigger: str) -> None:
        if not found.journeys:
            return
        since = min(journey.shipped_at for journey in found.journeys) - BEFORE_PICKUP
        tracks = await tracks_of(session, found.numbers, since=since)
        distance = self.geography.distance
        facts = [facts_of(track.scans, own, distance) for track, own in zip(tracks, found.journeys, strict=True)]
        told = [json.dumps(track.told()) if track.words else "{}" for track in tracks]
        states = found.states.with_facts(facts)
        columns = _fact_columns(facts) | {"told": told}
        await self.conditions.settle(session, states, trigger=trigger, now=self.clock(), facts=columns)

    def _values(self, record: WaybillRecord) -> dict[str, Any]:
        plain = record.model_dump(exclude={"status"})
        values = {name: value for name, value in plain.items() if not name.startswith(("consignor_", "consignee_"))}
        zone = self.geography.zone(_place(plain, "consignor_"), _place(plain, "consignee_"))
        until = record.promised_at or promised(self.book(), record.shipped_at, record.product, zone)
        return values | {
            "product": record.product.value,
            "declared_status": (record.status or WaybillStatus.created).value,
            "zone": zone,
            "promised_at": until,
            "consignor": _party(plain, "consignor_"),
            "consignee": _party(plain, "consignee_"),
            "consignor_phone": record.consignor_phone,
            "consignee_phone": record.consignee_phone,
        }

    async def _put(self, session: AsyncSession, rows: list[dict[str, Any]]) -> None:
        """A number stands once, although the key has its month in it: who adds numbers waits for the others."""
        if not rows:
            return
        await session.execute(select(func.pg_advisory_xact_lock(_NEW_WAYBILLS)))
        moved = {"numbers": [row["waybill_no"] for row in rows], "shipped": [row["shipped_at"] for row in rows]}
        await session.execute(_MOVE_WAYBILLS, moved)
        await session.execute(_MOVE_STATES, moved)
        statement = insert(WaybillRow)
        given = statement.excluded
        updates: dict[str, Any] = {
            column.name: column for column in given if column.name not in {"waybill_no", "shipped_at", *TOLD}
        }
        updates |= {name: func.coalesce(given[name], getattr(WaybillRow, name)) for name in TOLD}
        await session.execute(
            statement.on_conflict_do_update(index_elements=["waybill_no", "shipped_at"], set_=updates), rows
        )
        await _put_states(session, rows)


_AGREED = ("product", "zone", "origin_outlet", "destination_outlet", "declared_status", "promised_at")


async def _put_states(session: AsyncSession, rows: list[dict[str, Any]]) -> None:
    statement = insert(StateRow)
    updates = {name: statement.excluded[name] for name in _AGREED} | {"version": StateRow.version + 1}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["waybill_no", "shipped_at"], set_=updates),
        [state_values(row) for row in rows],
    )


def state_values(row: dict[str, Any]) -> dict[str, Any]:
    """The state of a new waybill, out of the columns of its row, before anybody read its track."""
    return {name: row[name] for name in ("waybill_no", "shipped_at", *_AGREED)} | _blank(row)


def _blank(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "open_tickets": 0,
        "status": row["declared_status"],
        "leg": Leg.pickup.value,
        "leg_since": row["shipped_at"],
        "last_at": row["shipped_at"],
        "holding_outlet": row["origin_outlet"],
        "failed_attempts": 0,
        "loops": 0,
        "skipped_out_for_delivery": False,
        "station_without_consent": False,
        "refused_then_delivered": False,
        "heading_away": False,
        "told": {},
        "condition": Condition.normal.value,
        "because": [],
        "version": 0,
        "rules": "",
    }


def _party(values: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _place(values: dict[str, Any], prefix: str) -> tuple[str, str, str]:
    return values[f"{prefix}province"], values[f"{prefix}city"], values[f"{prefix}district"]


def _scan_columns(records: Sequence[CheckpointRecord]) -> dict[str, Any]:
    """As arrays.  Of the same scan told twice with other words, the greater words stand, whichever came first."""
    chosen: dict[tuple[Any, ...], tuple[str, ...]] = {}
    for record in records:
        told = {name: value for name in TOLD if (value := getattr(record, name))}
        key = (record.waybill_no, record.at, record.kind.value, record.outlet_code)
        words = (record.text, record.outlet_name, record.city, json.dumps(told, sort_keys=True) if told else "")
        chosen[key] = max(chosen.get(key, words), words)
    columns = zip(*((*key, *words) for key, words in chosen.items()), strict=True)
    names = ("numbers", "ats", "kinds", "codes", "texts", "names", "cities", "told")
    return {name: literal(column) for name, column in zip(names, columns, strict=True)}


def _fact_columns(found: list[TrackFacts]) -> dict[str, list[Any]]:
    names = [name for name in TRACK_COLUMNS if name != "told"]
    return {name: [getattr(facts, name) for facts in found] for name in names}


_MOVE = """
    UPDATE {table} AS old SET shipped_at = t.shipped
    FROM unnest(CAST(:numbers AS text[]), CAST(:shipped AS timestamptz[])) AS t(waybill_no, shipped)
    WHERE old.waybill_no = t.waybill_no AND old.shipped_at <> t.shipped
"""
_MOVE_WAYBILLS = text(_MOVE.format(table="waybills"))
_MOVE_STATES = text(_MOVE.format(table="waybill_states"))
_ADD_SCANS = text(
    """
    INSERT INTO checkpoints AS old (waybill_no, at, kind, outlet_code, text, outlet_name, city, told)
    SELECT waybill_no, at, kind, outlet_code, text, outlet_name, city, CAST(nullif(told, '') AS jsonb)
    FROM unnest(CAST(:numbers AS text[]), CAST(:ats AS timestamptz[]), CAST(:kinds AS text[]), CAST(:codes AS text[]),
                CAST(:texts AS text[]), CAST(:names AS text[]), CAST(:cities AS text[]), CAST(:told AS text[]))
         AS t(waybill_no, at, kind, outlet_code, text, outlet_name, city, told)
    ON CONFLICT (waybill_no, at, kind, outlet_code) DO UPDATE
    SET text = excluded.text, outlet_name = excluded.outlet_name, city = excluded.city, told = excluded.told
    WHERE (excluded.text, excluded.outlet_name, excluded.city, coalesce(excluded.told, '{}'))
        > (old.text, old.outlet_name, old.city, coalesce(old.told, '{}'))
    """
)
