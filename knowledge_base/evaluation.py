"""How good the retriever is, on questions that others wrote."""

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError

from bot.json_lines import read_json_lines
from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context
from knowledge_base.entries import KnownIds
from knowledge_base.retriever import Retrieval

NONE = "none"
"""The topic of a question that should be declined."""

_ALL = 10_000


class FaqQuestion(BaseModel):
    """One line of an evaluation file; ``alt`` are topics that would be right as well.

    ``waybill`` and ``last_intent`` say what the conversation knew (`Context`), where it did.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    text: Annotated[str, StringConstraints(min_length=1)]
    topic: str
    alt: tuple[str, ...] = ()
    waybill: WaybillStatus | None = None
    last_intent: str | None = None

    @property
    def context(self) -> Context | None:
        if self.waybill is None and self.last_intent is None:
            return None
        return Context(self.last_intent, self.waybill)

    @property
    def is_answerable(self) -> bool:
        return self.topic != NONE

    @property
    def right_topics(self) -> frozenset[str]:
        return frozenset({self.topic, *self.alt})


class FaqReport(BaseModel):
    """``hit1``, ``hit3`` and ``mrr`` over answerable questions, by the order of candidates whatever was decided.

    ``declined_*`` are shares of the unanswerable and of the answerable questions; a share of nothing is 0.
    """

    n: int
    hit1: float
    hit3: float
    mrr: float
    declined_unanswerable: float
    declined_answerable: float


class Searches(Protocol):
    """A `Retriever`, or whatever stands in for one."""

    def search(self, text: str, *, k: int = 3, on: date, context: Context | None = None) -> Retrieval: ...


def read_questions(file: Path, *, known: KnownIds | None = None) -> list[FaqQuestion]:
    """Lines of JSON; blank lines are skipped.  Raises DataFileError with every bad line at once."""
    known = known or KnownIds.read()
    return read_json_lines(file, lambda line: _question(line, known), if_empty="there are no questions in this file")


def evaluate_faq(retriever: Searches, questions: Sequence[FaqQuestion], on: date) -> FaqReport:
    """Asks every question once, as a customer would on that day."""
    ranks: list[int | None] = []
    declined: dict[bool, list[bool]] = {True: [], False: []}
    for question in questions:
        found = retriever.search(question.text, k=_ALL, on=on, context=question.context)
        declined[question.is_answerable].append(found.decision == "decline")
        if question.is_answerable:
            ranks.append(_rank(found, question.right_topics))
    return FaqReport(
        n=len(questions),
        hit1=_share(rank == 1 for rank in ranks),
        hit3=_share(rank is not None and rank <= 3 for rank in ranks),
        mrr=_share(1 / rank if rank else 0.0 for rank in ranks),
        declined_unanswerable=_share(declined[False]),
        declined_answerable=_share(declined[True]),
    )


def _question(line: str, known: KnownIds) -> FaqQuestion:
    """Raises ValueError with one sentence about what is wrong."""
    try:
        question = FaqQuestion.model_validate(json.loads(line))
    except json.JSONDecodeError as error:
        raise ValueError(f"not valid JSON: {error.msg} at column {error.colno}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise ValueError(f"{where}: {first['msg']}") from error
    unknown = sorted(question.right_topics - known.topics - {NONE})
    if unknown:
        raise ValueError(f"unknown topic {', '.join(unknown)}")
    return question


def _rank(found: Retrieval, right: frozenset[str]) -> int | None:
    topics = [candidate.topic for candidate in found.candidates]
    return next((number for number, topic in enumerate(topics, start=1) if topic in right), None)


def _share(values: Iterable[float]) -> float:
    numbers = list(values)
    return round(sum(numbers) / len(numbers), 4) if numbers else 0.0
