import logging
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from bot.clock import CHINA
from bot.errors import SettingsError
from bot.rules.working_time import (
    CALENDARS,
    WorkingTime,
    _warn_of_unknown,
    day_kind,
    shipped_working_time,
)

TIME = shipped_working_time()
NAMES = sorted(TIME.calendars.calendars)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=CHINA)


moments = st.timedeltas(timedelta(0), timedelta(days=6 * 365)).map(lambda passed: at("2023-01-01 00:00") + passed)
amounts = st.timedeltas(timedelta(0), timedelta(days=40))


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "end"),
    [
        # An ordinary week.
        ("headquarters", "2026-03-04 17:00", 2, "2026-03-05 10:00"),
        ("headquarters", "2026-03-06 17:00", 4, "2026-03-09 12:00"),
        ("provincial_center", "2026-03-06 17:00", 4, "2026-03-07 12:00"),
        ("outlet", "2026-03-06 19:00", 4, "2026-03-07 11:00"),
        ("always", "2026-03-06 23:00", 4, "2026-03-07 03:00"),
        # Before opening, exactly at opening and at closing.
        ("headquarters", "2026-03-05 03:00", 1, "2026-03-05 10:00"),
        ("headquarters", "2026-03-05 09:00", 9, "2026-03-05 18:00"),
        ("headquarters", "2026-03-05 18:00", 1, "2026-03-06 10:00"),
        # National Day and Mid-Autumn 2025: 1-8 October off, Sunday 28 September and Saturday 11 October worked.
        ("headquarters", "2025-09-27 12:00", 1, "2025-09-28 10:00"),
        ("headquarters", "2025-09-30 17:00", 4, "2025-10-09 12:00"),
        ("headquarters", "2025-10-10 17:00", 4, "2025-10-11 12:00"),
        ("headquarters", "2025-10-11 17:00", 4, "2025-10-13 12:00"),
        ("provincial_center", "2025-09-30 17:00", 4, "2025-10-09 11:30"),
        ("outlet", "2025-09-30 19:00", 4, "2025-10-01 11:00"),
        # National Day 2026: 1-7 October off, Sunday 20 September and Saturday 10 October worked.
        ("headquarters", "2026-09-18 17:00", 4, "2026-09-20 12:00"),
        ("headquarters", "2026-09-30 17:00", 4, "2026-10-08 12:00"),
        ("headquarters", "2026-10-09 17:00", 4, "2026-10-10 12:00"),
        # Spring Festival 2026: 15-23 February off, Saturdays 14 and 28 February worked; outlets close 16-19.
        ("headquarters", "2026-02-14 17:00", 4, "2026-02-24 12:00"),
        ("headquarters", "2026-02-27 17:00", 4, "2026-02-28 12:00"),
        ("provincial_center", "2026-02-14 17:00", 4, "2026-02-24 11:30"),
        ("outlet", "2026-02-15 19:00", 4, "2026-02-20 11:00"),
        ("always", "2026-02-16 23:00", 4, "2026-02-17 03:00"),
        # Spring Festival 2025: 28 January to 4 February off, Sunday 26 January and Saturday 8 February worked.
        ("headquarters", "2025-01-26 17:00", 10, "2025-01-27 18:00"),
        ("headquarters", "2025-01-27 17:00", 4, "2025-02-05 12:00"),
        ("headquarters", "2025-02-07 17:00", 4, "2025-02-08 12:00"),
        ("outlet", "2025-01-27 19:00", 4, "2025-02-01 11:00"),
    ],
)
def test_deadlines_around_nights_weekends_and_holidays(calendar, start, hours, end):
    assert TIME.add(calendar, at(start), timedelta(hours=hours)) == at(end)
    assert TIME.between(calendar, at(start), at(end)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("calendar", "moment", "is_open"),
    [
        ("headquarters", "2026-03-04 09:00", True),
        ("headquarters", "2026-03-04 08:59", False),
        ("headquarters", "2026-03-04 18:00", False),
        ("headquarters", "2026-03-07 12:00", False),
        ("provincial_center", "2026-03-07 12:00", True),
        ("provincial_center", "2026-03-07 08:45", False),
        ("provincial_center", "2026-10-03 12:00", False),
        ("provincial_center", "2026-10-10 17:30", True),
        ("outlet", "2026-10-01 12:00", True),
        ("outlet", "2026-02-16 12:00", False),
        ("outlet", "2026-02-15 12:00", True),
        ("outlet", "2026-02-20 12:00", True),
        ("always", "2026-02-17 00:00", True),
    ],
)
def test_whether_a_calendar_is_open(calendar, moment, is_open):
    assert TIME.is_open(calendar, at(moment)) is is_open


@pytest.mark.parametrize("calendar", NAMES)
@settings(max_examples=60, deadline=None)
@given(start=moments, amount=amounts)
def test_what_was_added_is_what_lies_between(calendar, start, amount):
    assert TIME.between(calendar, start, TIME.add(calendar, start, amount)) == amount


@pytest.mark.parametrize("calendar", NAMES)
@settings(max_examples=60, deadline=None)
@given(start=moments, amount=amounts, more=amounts)
def test_adding_piece_by_piece_ends_at_the_same_moment(calendar, start, amount, more):
    once = TIME.add(calendar, start, amount + more)
    twice = TIME.add(calendar, TIME.add(calendar, start, amount), more)

    assert once == twice or (more == timedelta(0) and TIME.between(calendar, once, twice) == timedelta(0))


@pytest.mark.parametrize("calendar", NAMES)
@settings(max_examples=60, deadline=None)
@given(start=moments, later=amounts, amount=amounts, more=amounts)
def test_a_later_start_or_a_longer_time_never_ends_earlier(calendar, start, later, amount, more):
    end = TIME.add(calendar, start, amount)

    assert end >= start
    assert TIME.add(calendar, start + later, amount) >= end
    assert TIME.add(calendar, start, amount + more) >= end


@pytest.mark.parametrize("calendar", NAMES)
@settings(max_examples=60, deadline=None)
@given(first=moments, gaps=st.tuples(amounts, amounts))
def test_times_between_add_up_and_turn_round(calendar, first, gaps):
    second, third = first + gaps[0], first + gaps[0] + gaps[1]

    parts = TIME.between(calendar, first, second) + TIME.between(calendar, second, third)
    assert TIME.between(calendar, first, third) == parts
    assert TIME.between(calendar, third, first) == -parts
    assert timedelta(0) <= parts <= third - first


@given(start=moments, amount=amounts)
def test_round_the_clock_is_the_plain_clock(start, amount):
    assert TIME.add("always", start, amount) == start + amount


def test_the_hours_of_an_ordinary_week():
    monday, next_monday = at("2026-03-02 00:00"), at("2026-03-09 00:00")
    hours = {name: TIME.between(name, monday, next_monday) / HOUR for name in NAMES}

    assert hours == {"always": 168, "headquarters": 45, "provincial_center": 63.5, "outlet": 84}


def test_the_answer_is_in_the_time_zone_of_the_question():
    start = datetime(2026, 3, 4, 9, 0, tzinfo=timezone.utc)
    end = TIME.add("headquarters", start, 2 * HOUR)

    assert end == at("2026-03-05 10:00")
    assert end.utcoffset() == timedelta(0)


def test_working_time_is_not_taken_back():
    with pytest.raises(ValueError, match="taken back"):
        TIME.add("always", at("2026-03-04 09:00"), -HOUR)


def test_an_unknown_calendar_is_refused():
    with pytest.raises(SettingsError, match="moon"):
        TIME.is_open("moon", at("2026-03-04 09:00"))


def test_a_year_without_a_notice_has_weekdays_only_and_says_so_once(caplog):
    day_kind.cache_clear()
    _warn_of_unknown.cache_clear()
    with caplog.at_level(logging.WARNING):
        start = at("2037-09-30 17:00")
        assert TIME.add("headquarters", start, 4 * HOUR) == at("2037-10-01 12:00")
        assert day_kind(at("2037-10-03 00:00").date()) == "weekend"

    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "2037" in caplog.text


def test_spring_festival_is_known_where_the_notices_end():
    assert TIME.add("outlet", at("2030-02-01 19:00"), 4 * HOUR) == at("2030-02-06 11:00")


@pytest.mark.parametrize(
    "hours",
    ["[08:00-12:00]", "['12:00-08:00']", "['08:00-12:00', '11:00-13:00']", "['08:00']", "['8-12']", "nine"],
)
def test_calendars_with_senseless_hours_are_refused(tmp_path, hours):
    path = tmp_path / "calendars.yml"
    text = f"calendars: {{x: {{title: 甲, hours: {{workday: {hours}, weekend: [], holiday: []}}}}}}\nnew_years: []\n"
    path.write_text(text, encoding="utf-8")

    if hours == "[08:00-12:00]":
        assert WorkingTime.load(path).is_open("x", at("2026-03-04 09:00"))
        return
    with pytest.raises(ValidationError):
        WorkingTime.load(path)


def test_a_calendar_that_never_opens_does_not_keep_anybody_waiting(tmp_path):
    path = tmp_path / "calendars.yml"
    path.write_text(
        "calendars: {x: {title: 甲, hours: {workday: [], weekend: [], holiday: []}}}\nnew_years: []\n", encoding="utf-8"
    )

    with pytest.raises(SettingsError, match="does not open"):
        WorkingTime.load(path).add("x", at("2026-03-04 09:00"), HOUR)


def test_every_tier_of_the_network_has_a_calendar():
    from bot.network.model import Tier

    assert CALENDARS.exists()
    assert {*Tier, "always"} <= set(NAMES)
