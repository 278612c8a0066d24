"""Intents, and with them what is out of scope: what the model decided, against labels that may allow another too."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.evaluation.calibration import Calibration, calibration
from bot.evaluation.parsing import FALLBACK, ParsedMessage, Understood, understand
from bot.json_lines import read_json_lines
from bot.settings import Settings
from bot.training import intents_known

OUT_OF_SCOPE = "out_of_scope"


class IntentScore(BaseModel):
    n: int
    precision: float
    recall: float
    f1: float


class NluReport(BaseModel):
    """``accuracy`` counts a prediction in ``alt`` as right; ``false_reject_rate`` is over in-scope sentences."""

    n: int
    accuracy: float
    macro_f1: float
    out_of_scope_recall: float
    false_reject_rate: float
    per_intent: dict[str, IntentScore]


class LabelledSentence(BaseModel):
    """One line of an evaluation file."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1)
    intent: str
    alt: list[str] = []

    def judged(self, predicted: str) -> str:
        """The label under which a prediction is counted: the main one if the prediction is acceptable."""
        return self.intent if predicted in self.alt else predicted


class Confusion(BaseModel):
    """Sentences of one intent that were taken for another, surest first, each with its confidence."""

    truth: str
    taken_for: str
    sentences: list[tuple[float, str]]

    @property
    def n(self) -> int:
        return len(self.sentences)


@dataclass(frozen=True)
class NluMeasured:
    """One or more sets of intents, sentence by sentence."""

    sentences: tuple[LabelledSentence, ...]
    messages: tuple[ParsedMessage, ...]

    @classmethod
    def of(cls, sentences: Sequence[LabelledSentence], understood: Understood) -> "NluMeasured":
        return cls(tuple(sentences), tuple(understood[sentence.text] for sentence in sentences))

    @property
    def n(self) -> int:
        return len(self.sentences)

    @cached_property
    def guesses(self) -> list[str]:
        """The label under which each prediction is counted."""
        pairs = zip(self.sentences, self.messages, strict=True)
        return [sentence.judged(_plain(message.decided)) for sentence, message in pairs]

    @cached_property
    def report(self) -> NluReport:
        return score(self.sentences, [message.decided for message in self.messages])

    @cached_property
    def calibration(self) -> Calibration:
        """Of the classifier's own confidence in its first guess, before any fallback."""
        pairs = zip(self.sentences, (message.likeliest for message in self.messages), strict=True)
        return calibration(
            [
                (guess.confidence, sentence.judged(_plain(guess.name or FALLBACK)) == sentence.intent)
                for sentence, guess in pairs
            ]
        )

    @cached_property
    def confusions(self) -> list[Confusion]:
        """Most frequent first."""
        found: dict[tuple[str, str], list[tuple[float, str]]] = {}
        for sentence, message, guess in zip(self.sentences, self.messages, self.guesses, strict=True):
            if guess != sentence.intent:
                found.setdefault((sentence.intent, guess), []).append((message.likeliest.confidence, sentence.text))
        confusions = [
            Confusion(truth=truth, taken_for=guess, sentences=sorted(sentences, reverse=True))
            for (truth, guess), sentences in found.items()
        ]
        return sorted(confusions, key=lambda confusion: (-confusion.n, -confusion.sentences[0][0]))

    def scores(self) -> Mapping[str, float]:
        report = self.report
        outside = {"out_of_scope_recall": report.out_of_scope_recall} if OUT_OF_SCOPE in report.per_intent else {}
        return {
            "accuracy": report.accuracy,
            "macro_f1": report.macro_f1,
            **outside,
            "in_scope_kept": round(1 - report.false_reject_rate, 4),
            "calibration": self.calibration.score,
        }

    def worst(self) -> list[str]:
        """What was misunderstood, surest first."""
        wrong = [(sure, one.truth, one.taken_for, text) for one in self.confusions for sure, text in one.sentences]
        return [
            f"{truth} taken for {guess} ({sure:.2f}): {text}"
            for sure, truth, guess, text in sorted(wrong, reverse=True)
        ]


def evaluate_nlu(settings: Settings, file: Path) -> NluReport:
    """Measure the trained model on a file of JSON lines; DataFileError names the line that is wrong."""
    sentences = read_labelled(file, intents_known())
    return NluMeasured.of(sentences, understand(settings, [sentence.text for sentence in sentences])).report


def read_labelled(file: Path, known: set[str]) -> list[LabelledSentence]:
    """All lines, or DataFileError with every line that is not JSON, lacks a field or names an unknown intent."""
    return read_json_lines(file, lambda line: _labelled(line, known), if_empty="the file has no sentences")


def score(sentences: Sequence[LabelledSentence], predicted: Sequence[str]) -> NluReport:
    """Compare predictions with labels; a fallback counts as out of scope."""
    guesses = [sentence.judged(_plain(name)) for sentence, name in zip(sentences, predicted, strict=True)]
    truths = [sentence.intent for sentence in sentences]
    per_intent = {name: _intent_score(name, truths, guesses) for name in sorted(set(truths))}
    in_scope = [guess for truth, guess in zip(truths, guesses, strict=True) if truth != OUT_OF_SCOPE]
    outside = per_intent.get(OUT_OF_SCOPE)
    return NluReport(
        n=len(truths),
        accuracy=_share(sum(t == g for t, g in zip(truths, guesses, strict=True)), len(truths)),
        macro_f1=_share(sum(s.f1 for s in per_intent.values()), len(per_intent)),
        out_of_scope_recall=outside.recall if outside else 0.0,
        false_reject_rate=_share(in_scope.count(OUT_OF_SCOPE), len(in_scope)),
        per_intent=per_intent,
    )


def _plain(predicted: str) -> str:
    return OUT_OF_SCOPE if predicted == FALLBACK else predicted


def _labelled(line: str, known: set[str]) -> LabelledSentence:
    try:
        sentence = LabelledSentence.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise ValueError(f"{place}: {first['msg']}") from error
    for intent in [sentence.intent, *sentence.alt]:
        if intent not in known:
            raise ValueError(f"intent: {intent!r} is not an intent of this bot")
    return sentence


def _intent_score(name: str, truths: Sequence[str], guesses: Sequence[str]) -> IntentScore:
    right = sum(t == g == name for t, g in zip(truths, guesses, strict=True))
    precision, recall = _share(right, guesses.count(name)), _share(right, truths.count(name))
    f1 = _share(2 * precision * recall, precision + recall)
    return IntentScore(n=truths.count(name), precision=precision, recall=recall, f1=f1)


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
