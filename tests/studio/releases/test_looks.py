"""Many looks at one comparison: few false alarms, and a bad release is still found."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.studio.releases.looks import Looks
from bot.studio.releases.rules import release_rules
from bot.studio.releases.statistics import Share, is_higher

RULES = release_rules().rollback
LOOKS = Looks(least=RULES.least, growth=RULES.growth, alarm=RULES.alarm / 2)
FIFTY = [int(np.ceil(RULES.least * RULES.growth**number)) for number in range(50)]


def alarmed(looks: Looks, new: float, old: float, *, trials: int, seed: int, each: bool = True) -> list[int]:
    """The look at which each trial raised an alarm for one of two measures; 0 where none of fifty did.

    Parameters
    ----------
    each: whether the confidence follows the number of the look.
    """
    chance = np.random.default_rng(seed)
    steps = np.diff([0, *FIFTY])
    drawn = {
        name: chance.binomial(steps, share, (2, trials, 50)).cumsum(2) for name, share in (("new", new), ("old", old))
    }
    return [_first_alarm(looks, drawn["new"][:, trial], drawn["old"][:, trial], each) for trial in range(trials)]


def _first_alarm(looks: Looks, new: np.ndarray, old: np.ndarray, each: bool) -> int:
    for look, n in enumerate(FIFTY, start=1):
        confidence = looks.confidence(look if each else 1)
        for measure in range(2):
            k, was = int(new[measure, look - 1]), int(old[measure, look - 1])
            if k > was and is_higher(Share(k, n), Share(was, n), confidence=confidence, least=looks.least):
                return look
    return 0


def test_fifty_looks_at_equal_releases_raise_a_false_alarm_in_less_than_one_of_twenty() -> None:
    alarms = alarmed(LOOKS, 0.15, 0.15, trials=600, seed=1)

    assert sum(map(bool, alarms)) < 600 * 0.05


def test_without_sharing_they_would_cry_wolf_far_more_often() -> None:
    alarms = alarmed(LOOKS, 0.15, 0.15, trials=300, seed=1, each=False)

    assert sum(map(bool, alarms)) > 300 * 0.08


def test_a_release_that_is_much_worse_is_found_within_some_hundred_conversations() -> None:
    looks = alarmed(LOOKS, 0.35, 0.15, trials=200, seed=2)

    assert all(looks)
    assert FIFTY[int(np.median(looks)) - 1] <= 150
    assert max(FIFTY[look - 1] for look in looks) <= 700


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_more_conversations_are_never_an_earlier_look(one: int, other: int) -> None:
    few, many = sorted((one, other))

    assert LOOKS.due(few) <= LOOKS.due(many)


@pytest.mark.parametrize(("n", "look"), [(0, 0), (49, 0), (50, 1), (62, 1), (63, 2), (100, 4)])
def test_a_look_is_due_when_there_are_a_quarter_more_conversations(n: int, look: int) -> None:
    assert LOOKS.due(n) == look


def test_all_looks_together_spend_no_more_than_there_is() -> None:
    assert sum(1 - LOOKS.confidence(look) for look in range(1, 100_000)) <= LOOKS.alarm
