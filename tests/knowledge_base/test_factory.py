import shutil
from datetime import date
from pathlib import Path

from knowledge_base.factory import KEPT, MOST_SMALL_TALK, unanswerable_sentences
from tests.knowledge_base.builders import QUESTIONS, NgramEncoder, make_entry, make_factory

TODAY = date(2026, 3, 4)
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


def test_an_edit_is_taken_in_quickly_and_nothing_is_saved_yet(tmp_path: Path) -> None:
    encoder = NgramEncoder()
    factory = make_factory(encoder, cache=tmp_path)
    previous = factory.make(ENTRIES)
    encoder.encoded.clear()
    edited = [*ENTRIES[:-1], make_entry("service.holiday", question="端午节有人来收件吗")]

    found = factory.make_quickly(edited, previous).search("端午节有人来收件吗", on=TODAY).candidates[0]

    assert (found.topic, found.matched) == ("service.holiday", "端午节有人来收件吗")
    assert encoder.encoded == ["端午节有人来收件吗", "端午节有人来收件吗"]  # taught, then asked
    assert len(models_in(tmp_path)) == 1


def test_small_talk_does_not_outnumber_what_is_out_of_scope(tmp_path: Path) -> None:
    for intent, count in (("out_of_scope", 100), ("greet", 100), ("query_eta", 100)):
        lines = "".join(f"    - {intent} {number}\n" for number in range(count))
        (tmp_path / f"{intent}.yml").write_text(f"nlu:\n- intent: {intent}\n  examples: |\n{lines}", encoding="utf-8")

    texts = unanswerable_sentences(tmp_path)

    assert [sum(text.startswith(intent) for text in texts) for intent in ("out_of_scope", "greet", "query_eta")] == [
        100,
        MOST_SMALL_TALK,
        0,
    ]


def test_the_shipped_examples_teach_what_no_entry_answers() -> None:
    assert len(unanswerable_sentences()) > 100
