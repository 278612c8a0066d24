import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue.components.ngrams import NgramOptions, NgramWeights, as_written

SENTENCES = ["我的快递到哪了", "快递怎么还没到", "我要寄快递", "快递快递快递", "到哪了到哪了"]


@pytest.fixture(scope="module")
def fitted() -> tuple[object, NgramWeights]:
    vectorizer = NgramOptions(longest=3, min_count=1).vectorizer()
    vectorizer.fit([as_written(sentence) for sentence in SENTENCES])
    return vectorizer, NgramWeights(3, vectorizer.vocabulary_, vectorizer.idf_)


@given(text=st.text(alphabet="我的快递到哪了^$寄x", max_size=30))
def test_a_row_is_what_the_vectorizer_makes_of_the_sentence(fitted: tuple[object, NgramWeights], text: str) -> None:
    vectorizer, weights = fitted
    expected = vectorizer.transform([text]).toarray()  # type: ignore[attr-defined]  # scikit-learn has no types
    assert np.allclose(weights.row(text).toarray(), expected)


def test_a_sentence_of_unknown_characters_has_no_features(fitted: tuple[object, NgramWeights]) -> None:
    assert fitted[1].row("abc").nnz == 0
