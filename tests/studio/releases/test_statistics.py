"""Intervals, against published values and against chance itself."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.studio.releases.statistics import Share, difference, is_higher


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17, 857), table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_intervals_are_those_of_the_literature(k: int, n: int, low: float, high: float) -> None:
    interval = Share(k, n).interval()

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("new", "old", "low", "high"),
    # Newcombe 1998 (Statistics in Medicine 17, 873), table II, method 10.
    [
        (Share(56, 70), Share(48, 80), 0.0524, 0.3339),
        (Share(9, 10), Share(3, 10), 0.1705, 0.8090),
        (Share(10, 10), Share(0, 20), 0.6791, 1.0),
    ],
)
def test_intervals_of_a_difference_are_those_of_the_literature(new: Share, old: Share, low: float, high: float) -> None:
    interval = difference(new, old)

    assert (interval.low, interval.high) == pytest.approx((low, high), abs=5e-5)


SHARES = st.integers(1, 500).flatmap(lambda n: st.integers(0, n).map(lambda k: Share(k, n)))


@given(SHARES, SHARES)
def test_an_interval_contains_its_share_and_a_difference_turns_with_its_sides(new: Share, old: Share) -> None:
    around = new.interval()
    assert around.low - 1e-9 <= new.value <= around.high + 1e-9

    one, other = difference(new, old), difference(old, new)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low))


@given(SHARES, SHARES)
def test_both_are_never_higher_than_each_other(new: Share, old: Share) -> None:
    sure = {"confidence": 0.99, "least": 1}

    assert not (is_higher(new, old, **sure) and is_higher(old, new, **sure))


def test_few_cases_decide_nothing() -> None:
    assert not is_higher(Share(40, 49), Share(0, 1000), confidence=0.99, least=50)
    assert is_higher(Share(40, 50), Share(0, 1000), confidence=0.99, least=50)


def test_a_single_look_at_equal_releases_cries_wolf_about_once_in_a_hundred() -> None:
    chance = random.Random(7)

    def draw(n: int) -> Share:
        return Share(sum(chance.random() < 0.2 for _ in range(n)), n)

    alarms = sum(is_higher(draw(200), draw(800), confidence=0.99, least=50) for _ in range(1500))
    assert alarms <= 1500 * 0.02
