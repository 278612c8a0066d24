from pathlib import Path

import numpy as np
import pytest

from knowledge_base import index as index_module
from knowledge_base.index import PhrasingIndex, VectorCache
from tests.knowledge_base.builders import DIM, NgramEncoder

TEXTS = ["运费怎么算", "充电宝能寄吗", "过年送不送"]


def test_the_nearest_phrasing_comes_first() -> None:
    vectors = NgramEncoder().encode(TEXTS)

    assert PhrasingIndex.build(vectors).nearest(NgramEncoder().encode(["充电宝能寄不"])[0], 2)[0] == 1


def test_an_index_is_the_same_after_a_restart(tmp_path: Path) -> None:
    vectors = NgramEncoder().encode(TEXTS)
    PhrasingIndex.build(vectors).save(tmp_path / "phrasings.faiss")

    loaded = PhrasingIndex.load(tmp_path / "phrasings.faiss")

    assert loaded.nearest(vectors[2], 3) == PhrasingIndex.build(vectors).nearest(vectors[2], 3)


def test_a_big_index_is_a_graph_and_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "FLAT_UP_TO", 2)
    vectors = NgramEncoder().encode(TEXTS)

    big = PhrasingIndex.build(vectors)

    assert len(big) == 3
    assert [big.nearest(vector, 1) for vector in vectors] == [[0], [1], [2]]


def test_a_sentence_is_encoded_once_even_across_restarts(tmp_path: Path) -> None:
    VectorCache(NgramEncoder(), tmp_path).vectors(TEXTS, kind="query")
    encoder = NgramEncoder()

    vectors = VectorCache(encoder, tmp_path).vectors([*TEXTS, "新的问题"], kind="query")

    assert encoder.encoded == ["新的问题"]
    assert np.allclose(vectors, NgramEncoder().encode([*TEXTS, "新的问题"]))


def test_the_same_words_are_another_sentence_in_an_answer() -> None:
    encoder = NgramEncoder()
    cache = VectorCache(encoder)

    cache.vectors(["运费"], kind="query")
    cache.vectors(["运费"], kind="passage")

    assert encoder.encoded == ["运费", "运费"]


def test_another_encoder_does_not_share_vectors(tmp_path: Path) -> None:
    VectorCache(NgramEncoder(), tmp_path).vectors(TEXTS, kind="query")
    other = NgramEncoder()
    other.hash = "other"

    VectorCache(other, tmp_path).vectors(TEXTS, kind="query")

    assert other.encoded == TEXTS


def test_no_sentences_have_no_vectors() -> None:
    assert VectorCache(NgramEncoder()).vectors([], kind="query").shape == (0, DIM)
