from pathlib import Path

import pytest

from bot.conversations.mood import Mood, Sentiment, Urgency
from bot.errors import DataFileError
from bot.mood_evaluation import (
    MoodSentence,
    calibration_error,
    evaluate_moods,
    macro_f1,
    polarity,
    read_mood_sentences,
)

PROJECT = Path(__file__).resolve().parent.parent


def _sentence(text: str, sentiment: Sentiment, urgency: Urgency = Urgency.routine) -> MoodSentence:
    return MoodSentence(text=text, sentiment=sentiment, urgency=urgency)


def test_angry_taken_for_negative_is_wrong_among_four_and_right_among_three() -> None:
    sentences = [_sentence("滚", Sentiment.angry), _sentence("唉", Sentiment.negative)]
    read = {s.text: Mood(Sentiment.negative, 0.8, Urgency.routine, 1.0) for s in sentences}

    report = evaluate_moods(lambda texts: [read[text] for text in texts], sentences)

    assert report.polarity_macro_f1 == 1.0
    assert report.sentiment.macro_f1 == pytest.approx(1 / 3, abs=1e-4)
    assert report.sentiment.confusion["angry"]["negative"] == 1
    assert report.urgency.accuracy == 1.0


def test_each_misread_sentence_is_told() -> None:
    sentences = [_sentence("滚", Sentiment.angry), _sentence("你好", Sentiment.neutral)]
    told: list[str] = []

    evaluate_moods(
        lambda texts: [Mood(Sentiment.neutral, 0.7, Urgency.routine, 0.9) for _ in texts],
        sentences,
        on_error=told.append,
    )

    assert told == ["angry routine read as neutral (0.70) routine (0.90): 滚"]


def test_confidence_that_keeps_its_word_has_no_error() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == 0.0
    assert calibration_error([1.0] * 4, [True, True, False, False]) == 0.5


def test_macro_f1_weighs_labels_alike() -> None:
    assert macro_f1(["a", "a", "a", "b"], ["a", "a", "a", "a"]) == pytest.approx(0.4286, abs=1e-4)


def test_a_line_with_an_unknown_mood_is_named(tmp_path: Path) -> None:
    path = tmp_path / "set.jsonl"
    path.write_text('{"text": "滚", "sentiment": "cross", "urgency": "routine"}\n', encoding="utf-8")

    with pytest.raises(DataFileError, match=r"set\.jsonl:1: sentiment"):
        read_mood_sentences(path)


def test_three_ways_of_feeling() -> None:
    assert {polarity(sentiment) for sentiment in Sentiment} == {"positive", "neutral", "negative"}


def test_the_evaluation_set_is_in_order() -> None:
    assert len(read_mood_sentences(PROJECT / "tests" / "evaluation" / "sentiment.jsonl")) >= 290
