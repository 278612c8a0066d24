"""No score of what serves falls below its floor; docs/evaluation.md says what each score is."""

import pytest

from bot.errors import SetupError
from bot.evaluation.everything import Evaluation, EvaluationSets, measure
from bot.evaluation.floors import read_floors, shortfalls
from bot.settings import get_settings

FLOORS = read_floors()


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    try:
        return measure(get_settings(), EvaluationSets.read(), print)
    except SetupError as error:
        pytest.skip(f"nothing to measure: {error}")


@pytest.mark.rasa
@pytest.mark.parametrize("name", FLOORS)
def test_no_score_is_below_its_floor(evaluation, name):
    assert [str(short) for short in shortfalls(evaluation.by_set(), {name: FLOORS[name]})] == []
