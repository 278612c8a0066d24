import numpy as np
import pytest

from knowledge_base.calibration import Calibration
from knowledge_base.evidence import Evidence

COLUMNS = [0] * 40 + [1] * 40 + [None] * 40


def make_evidence(noise: float) -> list[Evidence]:
    """Of two topics the true one gets about 0.5 more; what no topic answers lags behind no topic."""
    random = np.random.default_rng(7)
    found = []
    for column in COLUMNS:
        topics = random.normal(0, noise, 2).astype(np.float32)
        if column is not None:
            topics[column] += 0.5
        lead = random.normal(-0.3 if column is None else 0.3, 0.05)
        found.append(Evidence(topics, float(lead), coverage=0.3))
    return found


def test_confidences_and_the_chance_of_no_answer_add_up_to_one() -> None:
    evidence = Evidence(np.array([0.4, 0.1], dtype=np.float32), lead=0.0, coverage=0.0)

    confidences = Calibration(bias=0.0, temperature=0.1).confidences(evidence)

    assert confidences.sum() == pytest.approx(0.5)
    assert confidences[0] > confidences[1]


def test_confidence_is_how_often_it_is_right() -> None:
    evidence = make_evidence(noise=0.4)
    calibration = Calibration.fit(evidence, COLUMNS)

    asked = [(found, column) for found, column in zip(evidence, COLUMNS, strict=True) if column is not None]
    confidences = np.array([calibration.confidences(found) for found, _ in asked])
    right = confidences.argmax(axis=1) == np.array([column for _, column in asked])

    assert confidences.max(axis=1).mean() == pytest.approx(right.mean(), abs=0.15)


def test_scope_separates_what_can_be_answered() -> None:
    evidence = make_evidence(noise=0.05)
    calibration = Calibration.fit(evidence, COLUMNS)

    in_scope = np.array([calibration.confidences(found).sum() for found in evidence])

    assert in_scope[:80].min() > 0.5 > in_scope[80:].max()


def test_what_is_written_about_counts_for_scope() -> None:
    random = np.random.default_rng(7)
    evidence = [
        Evidence(np.zeros(2, np.float32), lead=0.0, coverage=float(random.normal(0.1 if column is None else 0.4, 0.05)))
        for column in COLUMNS
    ]

    calibration = Calibration.fit(evidence, COLUMNS)

    assert calibration.confidences(evidence[0]).sum() > 0.5 > calibration.confidences(evidence[-1]).sum()


def test_too_few_sentences_leave_the_defaults() -> None:
    assert Calibration.fit(make_evidence(noise=0.1)[:5], COLUMNS[:5]) == Calibration()
