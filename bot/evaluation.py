"""How well sentences are understood: parsed by the very model that serves, measured against people's labels."""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import SetupError
from bot.json_lines import read_json_lines
from bot.settings import PROJECT, Settings
from bot.training import current_encoder, current_model, intents_known, rasa_environment

FALLBACK = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"


class Entity(BaseModel):
    """``start`` and ``end`` are places in the text as the customer wrote it; ``value`` is in its normal form."""

    entity: str
    value: str
    start: int
    end: int


class Guess(BaseModel):
    name: str | None
    confidence: float


class ParsedMessage(BaseModel):
    """What the model made of one sentence."""

    text: str
    intent: Guess
    entities: list[Entity]
    intent_ranking: list[Guess] = []


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


def parse(settings: Settings, texts: Sequence[str]) -> list[ParsedMessage]:
    """Understand sentences with the trained model in Rasa's own interpreter; takes seconds to start.

    Raises SetupError if nothing is trained yet or the interpreter fails.
    """
    if not texts:
        return []
    command = [
        *(str(settings.rasa_python), "-m", "bot.dialogue.components.parse_lines"),
        str(current_model(settings)),
    ]
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    finished = subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command,
        input=lines,
        env=rasa_environment(current_encoder(settings)),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = finished.stdout.splitlines()
    if finished.returncode != 0 or len(answers) != len(texts):
        raise SetupError("the trained model could not be used:\n" + finished.stderr[-2000:])
    return [ParsedMessage.model_validate_json(answer) for answer in answers]


def evaluate_nlu(settings: Settings, file: Path, *, on_error: Callable[[str], None] | None = None) -> NluReport:
    """Measure the trained model on a file of JSON lines; DataFileError names the line that is wrong.

    ``on_error`` hears of each sentence that was misunderstood.
    """
    sentences = read_labelled(file, intents_known())
    parsed = parse(settings, [sentence.text for sentence in sentences])
    predicted = [message.intent.name or FALLBACK for message in parsed]
    if on_error:
        for line in misunderstood(sentences, parsed):
            on_error(line)
    return score(sentences, predicted)


def misunderstood(sentences: Sequence[LabelledSentence], parsed: Sequence[ParsedMessage]) -> Iterator[str]:
    """One line for each prediction that is neither the label nor in ``alt``."""
    for sentence, message in zip(sentences, parsed, strict=True):
        name = message.intent.name or FALLBACK
        if sentence.judged(_plain(name)) != sentence.intent:
            yield f"{sentence.intent} taken for {name} ({message.intent.confidence:.2f}): {sentence.text}"


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
