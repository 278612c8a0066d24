import numpy as np

from knowledge_base.evidence import Evidence, Votes
from knowledge_base.index import Neighbours, Phrasing, PhrasingIndex
from knowledge_base.topic_words import WordScores
from tests.knowledge_base.builders import NgramEncoder

PHRASINGS = [Phrasing("一", "a"), Phrasing("二", "a"), Phrasing("三", "b")]


def votes_of(rows: list[int], cosines: list[float], *, without: int | None = None) -> list[float]:
    vectors = NgramEncoder().encode([phrasing.text for phrasing in PHRASINGS])
    votes = Votes(PhrasingIndex.build(vectors, PHRASINGS), ["a", "b"])
    neighbours = Neighbours(np.array(rows), np.array(cosines, dtype=np.float32))
    return [float(vote) for vote in votes.of(neighbours, without=without)]


def test_the_nearer_topic_has_more_votes() -> None:
    a, b = votes_of([0, 2], [0.9, 0.3])

    assert a > b


def test_a_topic_has_no_more_votes_for_having_more_phrasings() -> None:
    a, b = votes_of([0, 1, 2], [0.9, 0.9, 0.9])

    assert a == b


def test_a_row_without_a_vote_does_not_count() -> None:
    assert votes_of([0, 2], [0.9, 0.3], without=0) == votes_of([2], [0.3])


def test_the_lead_is_over_no_topic() -> None:
    regression = np.array([0.2, 0.6, 0.5], dtype=np.float32)

    found = Evidence.of(regression, np.zeros(2, np.float32), WordScores(np.zeros(2, np.float32), 0.4))

    assert round(found.lead, 3) == 0.1
    assert found.coverage == 0.4


def test_witnesses_outvote_one_another_by_weight() -> None:
    towards_a, towards_b = np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)
    regression = np.array([1, 0, 0], dtype=np.float32)

    by_words = Evidence.of(regression, towards_b, WordScores(towards_b, 0.4))
    by_regression = Evidence.of(regression, towards_a, WordScores(np.array([0, 0], dtype=np.float32), 0.4))

    assert by_words.topics.argmax() == 1
    assert by_regression.topics.argmax() == 0
