from datetime import timedelta

from bot.waybills.model import CheckpointKind, WaybillStatus
from bot.waybills.progress import progress_of
from tests.builders import NOW, make_checkpoint, make_waybill


def test_on_schedule_it_is_expected_when_promised():
    progress = progress_of(make_waybill(), now=NOW)

    assert (progress.expected_at, progress.is_late, progress.stalled_for) == (NOW + timedelta(days=1), False, None)


def test_past_its_promise_it_is_late_and_expected_later_than_now():
    progress = progress_of(make_waybill(promised_at=NOW - timedelta(hours=30)), now=NOW)

    assert progress.late_by == timedelta(hours=30)
    assert progress.expected_at > NOW


def test_four_days_without_a_scan_is_stalled():
    waybill = make_waybill(track=(make_checkpoint(hours_ago=96),))

    assert progress_of(waybill, now=NOW).stalled_for == timedelta(hours=96)


def test_waiting_at_a_station_is_not_stalled():
    waybill = make_waybill(
        status=WaybillStatus.at_station, track=(make_checkpoint(CheckpointKind.at_station, hours_ago=96),)
    )

    assert progress_of(waybill, now=NOW).stalled_for is None


def test_another_delivery_that_was_agreed_is_the_promise_and_no_scan_is_missed_until_then():
    agreed = NOW + timedelta(hours=9)
    waybill = make_waybill(
        status=WaybillStatus.delivery_failed,
        promised_at=NOW - timedelta(hours=30),
        agreed_at=agreed,
        track=(make_checkpoint(CheckpointKind.delivery_failed, hours_ago=40),),
    )

    before = progress_of(waybill, now=NOW)
    after = progress_of(waybill, now=agreed + timedelta(hours=2))

    assert (before.expected_at, before.is_late, before.stalled_for) == (agreed, False, None)
    assert (after.late_by, after.stalled_for) == (timedelta(hours=2), timedelta(hours=51))


def test_a_delivered_parcel_is_as_late_as_it_was_when_delivered():
    waybill = make_waybill(
        status=WaybillStatus.delivered,
        promised_at=NOW - timedelta(days=9),
        delivered_at=NOW - timedelta(days=8),
    )

    progress = progress_of(waybill, now=NOW)

    assert (progress.late_by, progress.expected_at) == (timedelta(days=1), None)


def test_delivered_without_going_out_for_delivery_is_noticed():
    waybill = make_waybill(status=WaybillStatus.delivered, track=(make_checkpoint(CheckpointKind.delivered),))

    assert progress_of(waybill, now=NOW).skipped_delivery_scan
