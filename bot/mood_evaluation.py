"""How well the mood of messages is read, against people's labels.

A line is ``{"text": ..., "sentiment": "angry", "urgency": "pressing"}`` with the members of `Sentiment` and `Urgency`.
"""

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.conversations.mood import Mood, Sentiment, Urgency
from bot.json_lines import read_json_lines
from bot.settings import Settings
from bot.training import current_encoder
from knowledge_base.encoder import Encoder
from knowledge_base.mood import TrainedMoodReader

ReadMoods: TypeAlias = Callable[[Sequence[str]], Sequence[Mood]]

BINS = 10
ThreeWay: TypeAlias = str
"""``positive``, ``neutral`` or ``negative``: angry counts as negative."""


class MoodSentence(BaseModel):
    """One line of an evaluation file."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1)
    sentiment: Sentiment
    urgency: Urgency


class LabelScore(BaseModel):
    n: int
    precision: float
    recall: float
    f1: float


class ReadingReport(BaseModel):
    """Of one of the two readings.

    ``calibration_error`` is the expected difference of confidence and accuracy over ten bins; ``confusion`` counts
    predictions by true label.
    """

    accuracy: float
    macro_f1: float
    calibration_error: float
    per_label: dict[str, LabelScore]
    confusion: dict[str, dict[str, int]]


class MoodReport(BaseModel):
    """``polarity_macro_f1`` is over positive, neutral and negative, with angry counted as negative."""

    n: int
    sentiment: ReadingReport
    urgency: ReadingReport
    polarity_macro_f1: float


def evaluate_mood(settings: Settings, file: Path, *, on_error: Callable[[str], None] | None = None) -> MoodReport:
    """Measure the model that serves on a file of JSON lines; `DataFileError` names the lines that are wrong.

    ``on_error`` hears of each sentence whose mood was misread.  Raises `SetupError` if no encoder is built.
    """
    reader = TrainedMoodReader(Encoder(current_encoder(settings)), settings.cache_dir / "mood")
    return evaluate_moods(reader.read_all, read_mood_sentences(file), on_error=on_error)


def evaluate_moods(
    read: ReadMoods, sentences: Sequence[MoodSentence], *, on_error: Callable[[str], None] | None = None
) -> MoodReport:
    """Compare what a reader makes of sentences with their labels."""
    moods = read([sentence.text for sentence in sentences])
    for sentence, mood in zip(sentences, moods, strict=True):
        if on_error and (sentence.sentiment, sentence.urgency) != (mood.sentiment, mood.urgency):
            on_error(_misread(sentence, mood))
    true_feelings, felt = [s.sentiment for s in sentences], [m.sentiment for m in moods]
    return MoodReport(
        n=len(sentences),
        sentiment=_reading(Sentiment, true_feelings, felt, [m.sentiment_confidence for m in moods]),
        urgency=_reading(
            Urgency, [s.urgency for s in sentences], [m.urgency for m in moods], [m.urgency_confidence for m in moods]
        ),
        polarity_macro_f1=macro_f1([polarity(one) for one in true_feelings], [polarity(one) for one in felt]),
    )


def read_mood_sentences(file: Path) -> list[MoodSentence]:
    """All lines, or `DataFileError` with every line that is not in order."""
    return read_json_lines(file, _parsed, if_empty="the file has no sentences")


def polarity(sentiment: Sentiment) -> ThreeWay:
    return "negative" if sentiment is Sentiment.angry else sentiment.value


def macro_f1(truths: Sequence[str], guesses: Sequence[str]) -> float:
    """The mean F1 over the labels that occur among the truths."""
    scores = [_label_score(label, truths, guesses).f1 for label in sorted(set(truths))]
    return round(sum(scores) / len(scores), 4) if scores else 0.0


def calibration_error(confidences: Sequence[float], right: Sequence[bool]) -> float:
    """Expected calibration error over ten bins of equal width."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for confidence, is_right in zip(confidences, right, strict=True):
        bins.setdefault(min(int(confidence * BINS), BINS - 1), []).append((confidence, is_right))
    gaps = (abs(sum(confidence for confidence, _ in one) - sum(ok for _, ok in one)) for one in bins.values())
    return round(sum(gaps) / len(confidences), 4) if confidences else 0.0


def _reading(
    labels: type[StrEnum], truths: Sequence[str], guesses: Sequence[str], confidences: Sequence[float]
) -> ReadingReport:
    right = [truth == guess for truth, guess in zip(truths, guesses, strict=True)]
    pairs = list(zip(truths, guesses, strict=True))
    return ReadingReport(
        accuracy=_share(sum(right), len(right)),
        macro_f1=macro_f1(truths, guesses),
        calibration_error=calibration_error(confidences, right),
        per_label={label: _label_score(label, truths, guesses) for label in labels},
        confusion={true: {guess: pairs.count((true, guess)) for guess in labels} for true in labels},
    )


def _label_score(label: str, truths: Sequence[str], guesses: Sequence[str]) -> LabelScore:
    right = sum(truth == guess == label for truth, guess in zip(truths, guesses, strict=True))
    n, found = sum(truth == label for truth in truths), sum(guess == label for guess in guesses)
    return LabelScore(n=n, precision=_share(right, found), recall=_share(right, n), f1=_share(2 * right, n + found))


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0


def _misread(sentence: MoodSentence, mood: Mood) -> str:
    return (
        f"{sentence.sentiment} {sentence.urgency} read as {mood.sentiment} ({mood.sentiment_confidence:.2f}) "
        f"{mood.urgency} ({mood.urgency_confidence:.2f}): {sentence.text}"
    )


def _parsed(line: str) -> MoodSentence:
    try:
        return MoodSentence.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise ValueError(f"{place}: {first['msg']}") from error
