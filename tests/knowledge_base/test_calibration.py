import numpy as np
import pytest

from knowledge_base.calibration import Calibration

COLUMNS = np.array([0] * 40 + [1] * 40 + [2] * 40)


def scores_with(noise: float) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Two topics and no topic; the true column gets about 0.5."""
    random = np.random.default_rng(7)
    scores = random.normal(0, noise, (len(COLUMNS), 3))
    scores[np.arange(len(COLUMNS)), COLUMNS] += 0.5
    return scores.astype(np.float32)


def test_confidences_and_the_chance_of_no_answer_add_up_to_one() -> None:
    scores = np.array([0.4, 0.1, 0.4], dtype=np.float32)

    confidences = Calibration(bias=0.0, slope=5.0, temperature=0.1).confidences(scores)

    assert confidences.sum() == pytest.approx(0.5)
    assert confidences[0] > confidences[1]


def test_confidence_is_how_often_it_is_right() -> None:
    scores = scores_with(noise=0.2)
    calibration = Calibration.fit(scores, COLUMNS)
    answerable = COLUMNS != 2

    confidences = np.array([calibration.confidences(row) for row in scores[answerable]])
    right = confidences.argmax(axis=1) == COLUMNS[answerable]

    assert confidences.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.15)


def test_scope_separates_what_can_be_answered() -> None:
    scores = scores_with(noise=0.05)
    calibration = Calibration.fit(scores, COLUMNS)

    in_scope = np.array([calibration.confidences(row).sum() for row in scores])

    assert in_scope[COLUMNS != 2].min() > 0.5 > in_scope[COLUMNS == 2].max()


def test_too_few_sentences_leave_the_defaults() -> None:
    assert Calibration.fit(scores_with(noise=0.1)[:5], COLUMNS[:5]) == Calibration()
