"""The ports on our own tables: units out of the outlets, tracks out of the waybills' scans."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.tickets.owners import TrackFacts, TrackPoint, Unit
from bot.waybills.model import Waybill
from bot.waybills.tables import CheckpointRow, WaybillRow


class OutletUnits:
    """Units as the table of outlets has them."""

    async def many(self, session: AsyncSession, codes: Iterable[str]) -> Mapping[str, Unit]:
        query = select(OutletRow).where(OutletRow.code.in_(set(codes)))
        return {row.code: _unit(row) for row in await session.scalars(query)}

    async def headquarters(self, session: AsyncSession) -> Unit | None:
        return await _first(session, Tier.headquarters)

    async def center_of(self, session: AsyncSession, province: str) -> Unit | None:
        return await _first(session, Tier.provincial_center, province)


class WaybillTracks:
    """Tracks as the tables of waybills and scans have them."""

    async def of(self, session: AsyncSession, waybill_no: str) -> TrackFacts | None:
        return (await self.many(session, [waybill_no])).get(waybill_no)

    async def many(self, session: AsyncSession, waybill_nos: Sequence[str]) -> Mapping[str, TrackFacts]:
        scans = select(CheckpointRow.waybill_no, CheckpointRow.outlet_code, CheckpointRow.at, CheckpointRow.kind)
        mine = CheckpointRow.waybill_no.in_(waybill_nos)
        tracks: dict[str, list[TrackPoint]] = defaultdict(list)
        for number, outlet, at, kind in await session.execute(scans.where(mine).order_by(CheckpointRow.at)):
            tracks[number].append(TrackPoint(outlet, at, kind))
        ends = select(WaybillRow.waybill_no, WaybillRow.origin_outlet, WaybillRow.destination_outlet)
        rows = await session.execute(ends.where(WaybillRow.waybill_no.in_(waybill_nos)))
        return {number: TrackFacts(origin, goal, tuple(tracks[number])) for number, origin, goal in rows}


def track_facts(waybill: Waybill) -> TrackFacts:
    """What dispatch needs of a waybill from whatever source."""
    points = (TrackPoint(scan.outlet_code, scan.at, scan.kind.value) for scan in waybill.track)
    return TrackFacts(waybill.origin_outlet, waybill.destination_outlet, tuple(points))


async def _first(session: AsyncSession, tier: Tier, province: str | None = None) -> Unit | None:
    query = select(OutletRow).where(OutletRow.tier == tier.value).order_by(OutletRow.code).limit(1)
    if province is not None:
        query = query.where(OutletRow.province == province)
    row = (await session.scalars(query)).first()
    return _unit(row) if row else None


def _unit(row: OutletRow) -> Unit:
    return Unit(row.code, Tier(row.tier), row.province, row.parent_code, row.name)
