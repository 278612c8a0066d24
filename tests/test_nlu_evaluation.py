from pathlib import Path

import pytest

from bot.errors import DataFileError
from bot.evaluation import LabelledSentence, read_labelled, score

KNOWN = {"greet", "faq", "out_of_scope"}


def labelled(intent: str, *alt: str) -> LabelledSentence:
    return LabelledSentence(text="x", intent=intent, alt=list(alt))


def test_a_prediction_that_is_also_acceptable_counts_as_right() -> None:
    assert score([labelled("greet", "faq")], ["faq"]).accuracy == 1.0


def test_a_fallback_counts_as_out_of_scope() -> None:
    report = score([labelled("out_of_scope"), labelled("greet")], ["nlu_fallback", "nlu_fallback"])

    assert report.out_of_scope_recall == 1.0
    assert report.false_reject_rate == 1.0
    assert report.accuracy == 0.5


def test_scores_of_an_intent_know_precision_and_recall() -> None:
    truths = [labelled("greet"), labelled("greet"), labelled("faq")]

    greet = score(truths, ["greet", "faq", "faq"]).per_intent["greet"]

    assert (greet.n, greet.precision, greet.recall) == (2, 1.0, 0.5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("not json", ":2: line: Invalid JSON"),
        ('{"text": "x"}', ":2: intent: Field required"),
        ('{"text": "x", "intent": "nonsense"}', ":2: intent: 'nonsense' is not an intent"),
        ('{"text": "x", "intent": "greet", "alt": ["nonsense"]}', ":2: intent: 'nonsense' is not an intent"),
        ('{"text": "", "intent": "greet"}', ":2: text:"),
    ],
)
def test_a_bad_line_is_named(line: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "sentences.jsonl"
    file.write_text('{"text": "你好", "intent": "greet"}\n' + line + "\n", encoding="utf-8")

    with pytest.raises(DataFileError) as refusal:
        read_labelled(file, KNOWN)

    assert f"{file}{said}" in str(refusal.value)


def test_a_missing_and_an_empty_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")

    with pytest.raises(DataFileError, match="no such file"):
        read_labelled(tmp_path / "missing.jsonl", KNOWN)
    with pytest.raises(DataFileError, match="no sentences"):
        read_labelled(tmp_path / "empty.jsonl", KNOWN)
