from pathlib import Path

import numpy as np
import pytest

from knowledge_base import index as index_module
from knowledge_base.index import Phrasing, PhrasingIndex, VectorCache
from tests.knowledge_base.builders import DIM, NgramEncoder

TEXTS = ["运费怎么算", "充电宝能寄吗", "过年送不送"]


def build(texts: list[str] = TEXTS) -> PhrasingIndex:
    return PhrasingIndex.build(NgramEncoder().encode(texts), [Phrasing(text, "topic.0") for text in texts])


def nearest(index: PhrasingIndex, text: str, k: int = 1) -> list[str]:
    found = index.nearest(NgramEncoder().encode([text])[0], k)
    return [phrasing.text for row in found.rows if (phrasing := index.phrasings[row])]


@pytest.fixture
def graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "FLAT_UP_TO", 2)


def test_the_nearest_phrasing_comes_first() -> None:
    found = build().nearest(NgramEncoder().encode(["充电宝能寄不"])[0], 2)

    assert found.rows[0] == 1
    assert found.cosines[0] > found.cosines[1]


def test_an_index_is_the_same_after_a_restart(tmp_path: Path) -> None:
    build().save(tmp_path / "phrasings.faiss")

    loaded = PhrasingIndex.load(tmp_path / "phrasings.faiss", build().phrasings)  # type: ignore[arg-type]

    assert nearest(loaded, TEXTS[2], 3) == nearest(build(), TEXTS[2], 3)


@pytest.mark.usefixtures("graphs")
def test_a_big_index_is_a_graph_and_finds_the_same() -> None:
    big = build()

    assert len(big) == 3
    assert [nearest(big, text) for text in TEXTS] == [[text] for text in TEXTS]


@pytest.mark.usefixtures("graphs")
def test_a_graph_takes_in_an_edit_and_the_old_one_stays_as_it_was() -> None:
    old, edited = build(), [TEXTS[0], "无人机电池怎么寄", TEXTS[2]]

    new = old.updated(
        [Phrasing(text, "topic.0") for text in edited],
        lambda rows: NgramEncoder().encode([edited[row] for row in rows]),
    )

    assert len(new) == 3
    assert nearest(new, "无人机电池怎么寄") == ["无人机电池怎么寄"]
    assert TEXTS[1] not in nearest(new, TEXTS[1], 4)
    assert nearest(old, TEXTS[1]) == [TEXTS[1]]


def fill(folder: Path) -> None:
    cache = VectorCache(NgramEncoder(), folder)
    cache.vectors(TEXTS, kind="query")
    cache.save()


def test_a_sentence_is_encoded_once_even_across_restarts(tmp_path: Path) -> None:
    fill(tmp_path)
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
    fill(tmp_path)
    other = NgramEncoder()
    other.hash = "other"

    VectorCache(other, tmp_path).vectors(TEXTS, kind="query")

    assert other.encoded == TEXTS


def test_no_sentences_have_no_vectors() -> None:
    assert VectorCache(NgramEncoder()).vectors([], kind="query").shape == (0, DIM)
