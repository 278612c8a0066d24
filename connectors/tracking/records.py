"""Scans and tracks as they are stored: JSON, moments in ISO 8601 with their offset."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bot.waybills.model import Checkpoint, CheckpointKind, WaybillStatus
from connectors.tracking.track import ForeignTrack, TrackKey, checkpoint_of


def scans_to_json(checkpoints: Iterable[Checkpoint]) -> list[dict[str, Any]]:
    """Scans of other carriers: their outlets have no codes or names."""
    return [
        {"at": scan.at.isoformat(), "kind": scan.kind.value, "city": scan.city, "text": scan.text}
        for scan in checkpoints
    ]


def scans_of_json(records: Iterable[dict[str, Any]]) -> tuple[Checkpoint, ...]:
    return tuple(
        checkpoint_of(datetime.fromisoformat(each["at"]), CheckpointKind(each["kind"]), each["city"], each["text"])
        for each in records
    )


def track_to_json(track: ForeignTrack) -> dict[str, Any]:
    """Without number and carrier, which stand beside it."""
    return {
        "status": track.status.value,
        "asked_at": track.asked_at.isoformat(),
        "checkpoints": scans_to_json(track.checkpoints),
    }


def track_of_json(key: TrackKey, record: dict[str, Any]) -> ForeignTrack:
    return ForeignTrack(
        key.waybill_no,
        key.carrier,
        WaybillStatus(record["status"]),
        scans_of_json(record["checkpoints"]),
        datetime.fromisoformat(record["asked_at"]),
    )
