"""What a track means to the customer: where it is, since when, what comes next, when it should arrive, how late."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.waybills.model import Checkpoint, CheckpointKind, Waybill, WaybillStatus

STALLED_AFTER = timedelta(hours=36)
_WAITS_ELSEWHERE = {WaybillStatus.at_station, WaybillStatus.in_customs}


@dataclass(frozen=True)
class Progress:
    """The honest state of a parcel at one moment.

    Parameters
    ----------
    last: newest scan, None before the first.
    expected_at: when it should arrive: the promise, or later when that can no longer hold; None when it has
        arrived, or nobody knows of a promise.
    late_by: how long past the promise it is (or was when delivered); zero when on time.
    stalled_for: time without any scan, when that is long enough to worry; else None.
    """

    waybill: Waybill
    last: Checkpoint | None
    expected_at: datetime | None
    late_by: timedelta
    stalled_for: timedelta | None

    @property
    def is_late(self) -> bool:
        return self.late_by > timedelta(0)

    @property
    def skipped_delivery_scan(self) -> bool:
        """Signed for without ever having been taken out for delivery: the mark of a false delivery."""
        kinds = [scan.kind for scan in self.waybill.track]
        return CheckpointKind.delivered in kinds and CheckpointKind.out_for_delivery not in kinds


def progress_of(waybill: Waybill, *, now: datetime) -> Progress:
    """Judge a waybill's track at a moment; pure."""
    end = waybill.delivered_at if waybill.is_finished else now
    late_by = max((end or now) - waybill.due_at, timedelta(0)) if waybill.due_at else timedelta(0)
    last = waybill.last
    quiet = now - last.at if last and not waybill.is_finished else timedelta(0)
    is_stalled = quiet > STALLED_AFTER and not _waits(waybill, now)
    return Progress(
        waybill=waybill,
        last=last,
        expected_at=None if waybill.is_finished else _expected(waybill, now),
        late_by=late_by,
        stalled_for=quiet if is_stalled else None,
    )


def _waits(waybill: Waybill, now: datetime) -> bool:
    """Whether no scan is to be expected: it is for others to move, or kept for the day that was agreed."""
    is_kept = waybill.agreed_at is not None and now <= waybill.agreed_at
    return is_kept or waybill.status in _WAITS_ELSEWHERE


def _expected(waybill: Waybill, now: datetime) -> datetime | None:
    """The promise while it can hold; once broken, what the place of the last scan allows.  None without a promise."""
    if waybill.due_at is None:
        return None
    if now <= waybill.due_at:
        return waybill.due_at
    needs = {
        WaybillStatus.out_for_delivery: timedelta(hours=8),
        WaybillStatus.at_station: timedelta(0),
        WaybillStatus.delivery_failed: timedelta(days=1),
    }
    return now + needs.get(waybill.status, timedelta(days=2))
