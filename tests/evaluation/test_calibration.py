import pytest

from bot.evaluation.calibration import calibration


def test_bins_hold_equally_many_answers() -> None:
    measured = calibration([(n / 100, True) for n in range(100)])

    assert [one.n for one in measured.bins] == [10] * 10
    assert (measured.bins[0].lowest, measured.bins[-1].highest) == (0.0, 0.99)


def test_a_confidence_that_comes_true_has_no_error() -> None:
    answers = [(0.8, n % 5 != 0) for n in range(100)]

    assert calibration(answers, bins=2).error == pytest.approx(0.0, abs=1e-9)


def test_boasting_and_modesty_are_errors_alike() -> None:
    assert calibration([(0.9, False)] * 10).error == pytest.approx(0.9)
    assert calibration([(0.1, True)] * 10).error == pytest.approx(0.9)
    assert calibration([(0.1, True)] * 10).score == pytest.approx(0.1)


def test_nothing_answered_is_no_error() -> None:
    assert calibration([]).error == 0.0
