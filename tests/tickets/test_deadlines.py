"""Deadlines by class, in the working time of whoever has to act."""

from datetime import datetime, timezone

from bot.clock import CHINA
from bot.rules.shipped import shipped_rules
from bot.rules.working_time import shipped_working_time
from bot.tickets.deadlines import Deadlines, deadlines
from bot.tickets.kinds import ServiceClass, TicketKind
from bot.tickets.terms import terms
from tests.tickets.builders import NOW, hours

HOURS = shipped_working_time()


def _deadlines(service_class: ServiceClass, start: datetime, *, vip: bool = False, tier: str = "outlet") -> Deadlines:
    return deadlines(shipped_rules(), HOURS, service_class, vip=vip, tier=tier, start=start)


def _china(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(timezone.utc)


def test_an_urgent_matter_has_a_person_in_half_an_hour_and_a_solution_in_two_at_any_hour():
    midnight = _china("2026-03-04T00:10")
    clock = _deadlines(ServiceClass.urgent, midnight)

    assert (clock.respond_due_at, clock.due_at) == (midnight + hours(0.5), midnight + hours(2))
    assert clock.because == ("deadlines.urgent@v0",)


def test_a_key_account_has_the_deadlines_of_an_urgent_matter():
    assert _deadlines(ServiceClass.normal, NOW, vip=True).due_at == NOW + hours(2)


def test_four_hours_of_an_outlet_that_closes_at_eight_end_the_next_morning():
    assert _deadlines(ServiceClass.normal, _china("2026-03-04T18:00")).due_at == _china("2026-03-05T10:00")


def test_headquarters_does_not_work_on_a_holiday_but_on_a_make_up_workday():
    start = _china("2026-02-14T17:00")

    assert _deadlines(ServiceClass.normal, start, tier="headquarters").due_at == _china("2026-02-24T12:00")


def test_a_deadline_is_warned_of_before_it_comes():
    clock = _deadlines(ServiceClass.normal, NOW)

    assert clock.warn_at == NOW + hours(3)


def test_the_time_of_a_pause_does_not_count_whether_or_not_it_was_late_before():
    clock = _deadlines(ServiceClass.normal, NOW)

    assert clock.shifted(HOURS, NOW + hours(1), NOW + hours(3)).due_at == NOW + hours(6)
    late = clock.shifted(HOURS, NOW + hours(5), NOW + hours(6))
    assert late.due_at == NOW + hours(5)


def test_the_regulator_gives_seven_calendar_days_with_warnings_before_and_after():
    complaints = terms(shipped_rules(), TicketKind.complaint)
    clock = complaints.regulator(NOW)

    assert (clock.due_at, clock.warn_at) == (NOW + hours(7 * 24), NOW + hours(5 * 24))
    seen = [clock.warn_at]
    for _ in range(3):
        seen.append(complaints.next_warning(clock.due_at, seen[-1]))
    assert seen[1:] == [NOW + hours(6 * 24), NOW + hours(7 * 24), NOW + hours(8 * 24)]
