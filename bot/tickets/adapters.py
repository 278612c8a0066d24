"""The ports on our own tables: units out of the outlets, tracks out of the waybills' scans."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import load_only

from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.tickets.owners import TrackFacts, TrackPoint, Unit
from bot.waybills.conditions import USUAL_LIFE
from bot.waybills.facts import in_order
from bot.waybills.intake import BEFORE_PICKUP
from bot.waybills.model import Checkpoint, CheckpointKind
from bot.waybills.tables import CheckpointRow, StateRow


class OutletUnits:
    """Units as the table of outlets has them."""

    async def around(self, session: AsyncSession, codes: Iterable[str]) -> tuple[Mapping[str, Unit], Unit | None]:
        """In one statement, because every ticket that is opened asks for it."""
        found = await session.execute(_AROUND, {"codes": list(set(codes)), "top": Tier.headquarters.value})
        units = {row.code: Unit(row.code, Tier(row.tier), row.province, row.parent_code, row.name) for row in found}
        tops = sorted(code for code, unit in units.items() if unit.tier is Tier.headquarters)
        return units, units[tops[0]] if tops else None

    async def many(self, session: AsyncSession, codes: Iterable[str]) -> Mapping[str, Unit]:
        query = select(OutletRow).where(OutletRow.code.in_(set(codes)))
        return {row.code: _unit(row) for row in await session.scalars(query)}

    async def headquarters(self, session: AsyncSession) -> Unit | None:
        return await _first(session, Tier.headquarters)

    async def center_of(self, session: AsyncSession, province: str) -> Unit | None:
        return await _first(session, Tier.provincial_center, province)


class WaybillTracks:
    """Tracks as the tables of waybills and scans have them.

    Both are partitioned by month, so every look is bound in time: the young are looked for first, and scans from a
    month before the oldest pickup on.
    """

    async def of(self, session: AsyncSession, waybill_no: str) -> TrackFacts | None:
        return (await self.many(session, [waybill_no])).get(waybill_no)

    async def many(self, session: AsyncSession, waybill_nos: Sequence[str]) -> Mapping[str, TrackFacts]:
        young = StateRow.shipped_at >= func.now() - USUAL_LIFE
        states = await self._states(session, waybill_nos, young)
        missing = [number for number in waybill_nos if number not in states]
        if missing:
            states |= await self._states(session, missing)
        if not states:
            return {}
        tracks = await self._tracks(session, list(states), since=min(state.shipped_at for state in states.values()))
        return {
            number: track_facts(state.origin_outlet, state.destination_outlet, tracks[number])
            for number, state in states.items()
        }

    async def _states(
        self, session: AsyncSession, waybill_nos: Sequence[str], *bound: ColumnElement[bool]
    ) -> dict[str, StateRow]:
        query = select(StateRow).where(StateRow.waybill_no.in_(waybill_nos), *bound)
        return {state.waybill_no: state for state in await session.scalars(query.options(load_only(*_NEEDED)))}

    async def _tracks(
        self, session: AsyncSession, waybill_nos: Sequence[str], *, since: datetime
    ) -> Mapping[str, list[Checkpoint]]:
        scans = select(CheckpointRow.waybill_no, CheckpointRow.at, CheckpointRow.kind, CheckpointRow.outlet_code)
        mine = scans.where(CheckpointRow.waybill_no.in_(waybill_nos), CheckpointRow.at >= since - BEFORE_PICKUP)
        tracks: dict[str, list[Checkpoint]] = defaultdict(list)
        for number, at, kind, outlet in await session.execute(mine):
            tracks[number].append(Checkpoint(at, CheckpointKind(kind), outlet, "", "", ""))
        return tracks


_AROUND = text(
    "SELECT code, tier, province, parent_code, name FROM outlets WHERE code = ANY(:codes) OR tier = :top "
    "OR code IN (SELECT parent_code FROM outlets WHERE code = ANY(:codes))"
)
_NEEDED = (StateRow.waybill_no, StateRow.shipped_at, StateRow.origin_outlet, StateRow.destination_outlet)


def track_facts(origin: str, destination: str, track: Iterable[Checkpoint]) -> TrackFacts:
    """What dispatch needs of a waybill from whatever source; an order is no scan, nobody holds the parcel yet."""
    held = (scan for scan in in_order(track) if scan.kind is not CheckpointKind.ordered and scan.outlet_code)
    points = (TrackPoint(scan.outlet_code, scan.at, scan.kind.value) for scan in held)
    return TrackFacts(origin, destination, tuple(points))


async def _first(session: AsyncSession, tier: Tier, province: str | None = None) -> Unit | None:
    query = select(OutletRow).where(OutletRow.tier == tier.value).order_by(OutletRow.code).limit(1)
    if province is not None:
        query = query.where(OutletRow.province == province)
    row = (await session.scalars(query)).first()
    return _unit(row) if row else None


def _unit(row: OutletRow) -> Unit:
    return Unit(row.code, Tier(row.tier), row.province, row.parent_code, row.name)
