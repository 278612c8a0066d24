"""What a track says, as facts that rules can judge.  Pure: the same scans in any order give the same facts."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol, TypeVar

from bot.waybills.model import CheckpointKind, Leg, WaybillStatus

Distance = Callable[[str, str], float | None]
"""Kilometres between two outlets by their codes, None where one of them is not on the map."""

FAR_ASTRAY_KM = 150
"""A parcel may go back to a hub, but not this much farther from its destination than it has been."""

_STATUS = {
    CheckpointKind.ordered: WaybillStatus.created,
    CheckpointKind.picked_up: WaybillStatus.picked_up,
    CheckpointKind.departed: WaybillStatus.in_transit,
    CheckpointKind.arrived: WaybillStatus.in_transit,
    CheckpointKind.customs_held: WaybillStatus.in_customs,
    CheckpointKind.customs_cleared: WaybillStatus.in_transit,
    CheckpointKind.out_for_delivery: WaybillStatus.out_for_delivery,
    CheckpointKind.delivery_failed: WaybillStatus.delivery_failed,
    CheckpointKind.at_station: WaybillStatus.at_station,
    CheckpointKind.delivered: WaybillStatus.delivered,
    CheckpointKind.refused: WaybillStatus.refused,
    CheckpointKind.returning: WaybillStatus.returning,
    CheckpointKind.returned: WaybillStatus.returned,
}
_LEG = {
    CheckpointKind.ordered: Leg.pickup,
    CheckpointKind.picked_up: Leg.first_mile,
    CheckpointKind.departed: Leg.line_haul,
    CheckpointKind.arrived: Leg.sorting,
    CheckpointKind.customs_held: Leg.customs,
    CheckpointKind.customs_cleared: Leg.sorting,
    CheckpointKind.out_for_delivery: Leg.delivery,
    CheckpointKind.delivery_failed: Leg.retry,
    CheckpointKind.at_station: Leg.station,
    CheckpointKind.delivered: Leg.finished,
    CheckpointKind.refused: Leg.returning,
    CheckpointKind.returning: Leg.returning,
    CheckpointKind.returned: Leg.finished,
}
_FINISHED = {WaybillStatus.delivered, WaybillStatus.returned}
_ON_ITS_WAY = {WaybillStatus.in_transit, WaybillStatus.in_customs}
_ORDER = {kind: place for place, kind in enumerate(CheckpointKind)}
_PLACED = {CheckpointKind.picked_up, CheckpointKind.arrived, CheckpointKind.departed}


class Seen(Protocol):
    """What the facts need of a scan; a `bot.waybills.model.Checkpoint` has it, and `Scan` has nothing else."""

    @property
    def at(self) -> datetime: ...

    @property
    def kind(self) -> CheckpointKind: ...

    @property
    def outlet_code(self) -> str: ...


class Scan(NamedTuple):
    """A scan without its words: quick to make, for those who read many thousand tracks."""

    at: datetime
    kind: CheckpointKind
    outlet_code: str


AnyScan = TypeVar("AnyScan", bound=Seen)


@dataclass(frozen=True)
class Journey:
    """What has to be known of a waybill besides its scans.

    ``station_consent``: whether the consignee agreed to a locker or station; None when nobody said.
    """

    shipped_at: datetime
    origin_outlet: str
    destination_outlet: str
    station_consent: bool | None = None
    declared: WaybillStatus = WaybillStatus.created


@dataclass(frozen=True)
class TrackFacts:
    """Facts of one track.  Where nothing was scanned, ``leg_since`` and ``last_at`` are when it was picked up."""

    status: WaybillStatus
    leg: Leg
    leg_since: datetime
    last_at: datetime
    holding_outlet: str
    failed_attempts: int = 0
    loops: int = 0
    skipped_out_for_delivery: bool = False
    station_without_consent: bool = False
    refused_then_delivered: bool = False
    heading_away: bool = False
    delivered_at: datetime | None = None


def in_order(track: Iterable[AnyScan]) -> list[AnyScan]:
    """Oldest first; scans of one moment stand in the order of a journey, whatever order they came in."""
    return sorted(track, key=lambda scan: (scan.at, _ORDER[scan.kind], scan.outlet_code))


def status_from_track(track: Iterable[Seen]) -> WaybillStatus:
    """Where a parcel stands by its newest scan, whatever order the scans come in.

    Damage seen on the way changes nothing about where it is, and a parcel once sent back stays so while it travels.
    """
    return _status(in_order(track), WaybillStatus.created)


def facts_of(track: Sequence[Seen], journey: Journey, distance: Distance | None = None) -> TrackFacts:
    """All facts of a track, given in any order."""
    scans = in_order(track)
    leg, since = _leg(scans, journey)
    kinds = [scan.kind for scan in scans]
    status = _status(scans, journey.declared)
    delivered = [scan.at for scan in scans if scan.kind is CheckpointKind.delivered]
    is_delivered = status is WaybillStatus.delivered
    return TrackFacts(
        status=status,
        leg=leg,
        leg_since=since,
        last_at=scans[-1].at if scans else journey.shipped_at,
        holding_outlet=scans[-1].outlet_code if scans else journey.origin_outlet,
        failed_attempts=kinds.count(CheckpointKind.delivery_failed),
        loops=_loops(scans),
        skipped_out_for_delivery=CheckpointKind.delivered in kinds and CheckpointKind.out_for_delivery not in kinds,
        station_without_consent=CheckpointKind.at_station in kinds and journey.station_consent is False,
        refused_then_delivered=is_delivered and CheckpointKind.refused in kinds,
        heading_away=leg not in (Leg.returning, Leg.finished) and _heads_away(scans, journey, distance),
        delivered_at=delivered[-1] if is_delivered and delivered else None,
    )


def _status(scans: Sequence[Seen], declared: WaybillStatus) -> WaybillStatus:
    if not scans:
        return declared
    status = WaybillStatus.created
    for scan in scans:
        new = _STATUS.get(scan.kind, status)
        if status is WaybillStatus.returning and new in _ON_ITS_WAY:
            continue
        status = new
    return status


def _leg(scans: Sequence[Seen], journey: Journey) -> tuple[Leg, datetime]:
    """The leg, and the scan it began with; on the way back there is only one."""
    is_over = not scans and journey.declared in _FINISHED
    leg, since = Leg.finished if is_over else Leg.pickup, journey.shipped_at
    for scan in scans:
        new = _LEG.get(scan.kind)
        if new is None or (leg is Leg.returning and new is not Leg.finished):
            continue
        if new is Leg.sorting and scan.outlet_code == journey.destination_outlet:
            new = Leg.last_mile
        leg, since = new, scan.at
    return leg, since


def _loops(scans: Sequence[Seen]) -> int:
    """How often the parcel came back to the outlet before the last one: A, B, A is once, A, B, A, B twice."""
    visited: list[str] = []
    for scan in scans:
        if scan.kind in (CheckpointKind.refused, CheckpointKind.returning):
            visited.clear()
        if scan.kind in _PLACED and (not visited or visited[-1] != scan.outlet_code):
            visited.append(scan.outlet_code)
    return sum(visited[place] == visited[place - 2] for place in range(2, len(visited)))


def _heads_away(scans: Sequence[Seen], journey: Journey, distance: Distance | None) -> bool:
    """Whether the parcel is much farther from its destination than it was at some time before."""
    if distance is None or not journey.destination_outlet:
        return False
    codes = dict.fromkeys([journey.origin_outlet, *(scan.outlet_code for scan in scans if scan.kind in _PLACED)])
    known = [km for code in codes if (km := distance(code, journey.destination_outlet)) is not None]
    if len(known) < 2:
        return False
    here = distance(scans[-1].outlet_code, journey.destination_outlet)
    return here is not None and here - min(known) > FAR_ASTRAY_KM
