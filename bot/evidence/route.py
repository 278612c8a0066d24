"""From a track to the outlets that have to answer, and the track as it stood."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, takewhile
from typing import Any

from bot.evidence.canonical import moment
from bot.waybills.model import Checkpoint, CheckpointKind, Waybill

_TURNED_BACK = {CheckpointKind.returning, CheckpointKind.returned}


@dataclass(frozen=True)
class Stop:
    """One outlet the parcel came through; an outlet passed twice is two stops."""

    outlet_code: str
    outlet_name: str


@dataclass(frozen=True)
class LateScan:
    """A scan that is not in the track as it stood.  ``backdated``: it claims to be from before that."""

    scan: Checkpoint
    backdated: bool


def route_of(waybill: Waybill) -> tuple[Stop, ...]:
    """Where the parcel was, in order, from the sending outlet on.

    Scans in a row at one outlet are one stop.  What was scanned before the sending outlet had the parcel does not
    count, nor does an order, which nobody holds yet.  The sending outlet comes first even if it never scanned:
    responsibility starts there.
    """
    scans = [scan for scan in waybill.track if scan.kind is not CheckpointKind.ordered and scan.outlet_code]
    outward = list(takewhile(lambda scan: scan.kind not in _TURNED_BACK, scans))
    sent = next((at for at, scan in enumerate(outward) if scan.outlet_code == waybill.origin_outlet), None)
    origin = [Stop(waybill.origin_outlet, waybill.origin_outlet)] if sent is None and waybill.origin_outlet else []
    return _without_repeats([*origin, *(Stop(scan.outlet_code, scan.outlet_name) for scan in scans[sent or 0 :])])


def snapshot_of(waybill: Waybill) -> dict[str, Any]:
    """The track as it stands, as a document that can be hashed."""
    return {"waybill_no": waybill.waybill_no, "track": [_document(scan) for scan in waybill.track]}


def late_scans(snapshot: Mapping[str, Any], waybill: Waybill, *, since: datetime) -> tuple[LateScan, ...]:
    """What the track says now and did not say in the snapshot of that moment, oldest first."""
    return tuple(
        LateScan(scan, backdated=scan.at <= since) for scan in waybill.track if _document(scan) not in snapshot["track"]
    )


def _without_repeats(stops: list[Stop]) -> tuple[Stop, ...]:
    """The names an outlet goes by may differ from scan to scan; its code does not."""
    return tuple(next(same) for _, same in groupby(stops, key=lambda stop: stop.outlet_code))


def _document(scan: Checkpoint) -> dict[str, str]:
    return {
        "at": moment(scan.at),
        "kind": scan.kind.value,
        "outlet_code": scan.outlet_code,
        "outlet_name": scan.outlet_name,
        "city": scan.city,
        "text": scan.text,
    }
