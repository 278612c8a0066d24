import shutil
from pathlib import Path

from knowledge_base.factory import KEPT, unanswerable_sentences
from tests.knowledge_base.builders import QUESTIONS, NgramEncoder, make_entry, make_factory

ENTRIES = [make_entry(topic) for topic in QUESTIONS]


def models_in(cache: Path) -> list[Path]:
    return list(cache.glob("*/model.npz"))


def test_the_same_entries_are_fitted_once(tmp_path: Path) -> None:
    make_factory(cache=tmp_path).make(ENTRIES)
    first = models_in(tmp_path)[0].stat().st_mtime_ns

    make_factory(cache=tmp_path).make(ENTRIES)

    assert [path.stat().st_mtime_ns for path in models_in(tmp_path)] == [first]


def test_a_model_that_was_deleted_is_made_again_from_known_vectors(tmp_path: Path) -> None:
    make_factory(cache=tmp_path).make(ENTRIES)
    shutil.rmtree(models_in(tmp_path)[0].parent)
    encoder = NgramEncoder()

    make_factory(encoder, cache=tmp_path).make(ENTRIES)

    assert len(models_in(tmp_path)) == 1
    assert encoder.encoded == []


def test_only_the_latest_states_stay_on_disk(tmp_path: Path) -> None:
    factory = make_factory(cache=tmp_path)

    for number in range(KEPT + 2):
        factory.make([make_entry("price.how_charged", answer=f"这是第 {number} 版的运费说明"), *ENTRIES[1:]])

    assert len(models_in(tmp_path)) == KEPT


def test_the_shipped_examples_teach_what_no_entry_answers() -> None:
    assert len(unanswerable_sentences()) > 100
