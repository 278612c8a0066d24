"""From answers to figures."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

from benchmarks.understanding.rasa_models import Answer
from benchmarks.understanding.sets import FaqSet, IntentSet
from benchmarks.understanding.store import Cost
from bot.clock import local, system_clock
from bot.evaluation import FALLBACK, score
from knowledge_base.evaluation import Searches, evaluate_faq
from knowledge_base.retriever import Candidate, Retrieval

FALLBACK_BELOW = 0.3
FALLBACK_WITHIN = 0.1
"""Rasa's FallbackClassifier in its default pipeline: too unsure, or too near to the runner-up."""


class Row(BaseModel):
    """One contender on one set; None where a measure means nothing for it or was not taken.

    ``wall_s`` and ``cpu_s``: what training took.
    """

    contender: str
    taught: str
    wall_s: float | None = None
    cpu_s: float | None = None

    @property
    def quality(self) -> dict[str, float]:
        """The measures that every contender has."""
        return {}


class IntentRow(Row):
    accuracy: float
    macro_f1: float
    out_of_scope_recall: float | None = None
    false_rejection: float | None = None

    @property
    def quality(self) -> dict[str, float]:
        return {"accuracy": self.accuracy, "macro-F1": self.macro_f1}


class FaqRow(Row):
    hit1: float
    hit3: float
    mrr: float
    declined_unanswerable: float | None = None
    declined_answerable: float | None = None

    @property
    def quality(self) -> dict[str, float]:
        return {"hit1": self.hit1, "hit3": self.hit3}


AnyRow = TypeVar("AnyRow", IntentRow, FaqRow)


def intent_row(contender: str, taught: str, cost: Cost, data: IntentSet, predicted: Sequence[str]) -> IntentRow:
    report = score(data.asked, predicted)
    return IntentRow(
        contender=contender,
        taught=taught,
        wall_s=_seconds(cost.wall_s),
        cpu_s=_seconds(cost.cpu_s),
        accuracy=report.accuracy,
        macro_f1=report.macro_f1,
        out_of_scope_recall=report.out_of_scope_recall if data.has_outside else None,
        false_rejection=report.false_reject_rate if data.has_outside else None,
    )


def faq_row(contender: str, taught: str, cost: Cost, data: FaqSet, searches: Searches, *, declines: bool) -> FaqRow:
    """``declines``: it has a way to say that nothing answers a question."""
    report = evaluate_faq(searches, data.asked, local(system_clock()).date())
    has_choice = declines and data.is_ours
    return FaqRow(
        contender=contender,
        taught=taught,
        wall_s=_seconds(cost.wall_s),
        cpu_s=_seconds(cost.cpu_s),
        hit1=report.hit1,
        hit3=report.hit3,
        mrr=report.mrr,
        declined_unanswerable=report.declined_unanswerable if has_choice else None,
        declined_answerable=report.declined_answerable if has_choice else None,
    )


class RankedTopics:
    """A retriever that gives what was found before, question by question."""

    def __init__(self, texts: Sequence[str], rankings: Sequence[Sequence[str]], declined: Sequence[bool] = ()) -> None:
        self._found = dict(zip(texts, rankings, strict=True))
        self._declined = {text for text, is_declined in zip(texts, declined, strict=False) if is_declined}

    def search(self, text: str, *, k: int = 3, **_: object) -> Retrieval:
        candidates = tuple(Candidate(topic, "", 0.0) for topic in self._found[text][:k])
        is_declined = text in self._declined
        return Retrieval(candidates, "decline" if is_declined else "answer", float(not is_declined))


def likeliest(answer: Answer) -> str:
    """The first intent of the ranking, whether or not the model dared to decide for it."""
    return next((ranked.name for ranked in answer.intents if ranked.name != FALLBACK), FALLBACK)


def with_default_fallback(answer: Answer) -> str:
    """The first intent, or the fallback where Rasa's default pipeline would take it."""
    sure = [ranked.confidence for ranked in answer.intents if ranked.name != FALLBACK]
    if not sure or sure[0] < FALLBACK_BELOW or (len(sure) > 1 and sure[0] - sure[1] < FALLBACK_WITHIN):
        return FALLBACK
    return likeliest(answer)


def _seconds(value: float) -> float | None:
    return round(value, 1) or None
