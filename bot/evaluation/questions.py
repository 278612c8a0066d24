"""Questions for the knowledge base, as `knowledge_base.evaluation` measures them, with what lies behind the figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pydantic import BaseModel

from bot.evaluation.calibration import Calibration, calibration
from knowledge_base.context import Context
from knowledge_base.evaluation import FaqQuestion, FaqReport, Searches, evaluate_faq
from knowledge_base.retriever import Retrieval


class GroupScore(BaseModel):
    """The questions whose topic is of one group, e.g. all of ``price.*``; ``declined`` is a share of them."""

    n: int
    hit1: float
    hit3: float
    declined: float


@dataclass(frozen=True)
class QuestionsMeasured:
    """One or more sets of questions, question by question; what was found has all candidates, best first."""

    report: FaqReport
    questions: tuple[FaqQuestion, ...]
    found: tuple[Retrieval, ...]

    @classmethod
    def of(cls, questions: Sequence[FaqQuestion], listening: "Listening", on: date) -> "QuestionsMeasured":
        """As customers would ask on that day."""
        report = evaluate_faq(listening, questions, on)
        return cls(
            report, tuple(questions), tuple(listening.found[question.text, question.context] for question in questions)
        )

    @property
    def n(self) -> int:
        return self.report.n

    @cached_property
    def groups(self) -> dict[str, GroupScore]:
        by_group: dict[str, list[tuple[FaqQuestion, Retrieval]]] = {}
        for question, found in self._pairs():
            if question.is_answerable:
                by_group.setdefault(question.topic.partition(".")[0], []).append((question, found))
        return {group: _group_score(pairs) for group, pairs in sorted(by_group.items())}

    @cached_property
    def calibration(self) -> Calibration:
        """Of the confidence in the best candidate; for a question that nothing answers it is never right."""
        return calibration(
            [
                (found.candidates[0].confidence if found.candidates else 0.0, _is_hit(question, found, 1))
                for question, found in self._pairs()
            ]
        )

    def scores(self) -> Mapping[str, float]:
        has_unanswerable = not all(question.is_answerable for question in self.questions)
        declined = {"declined_unanswerable": self.report.declined_unanswerable} if has_unanswerable else {}
        return {
            "hit1": self.report.hit1,
            "hit3": self.report.hit3,
            "mrr": self.report.mrr,
            **declined,
            "answerable_kept": round(1 - self.report.declined_answerable, 4),
            "calibration": self.calibration.score,
        }

    def worst(self) -> list[str]:
        """Wrong answers, surest first; with them what should have been declined and was not."""
        lines = []
        for question, found in self._pairs():
            best = found.candidates[0] if found.candidates else None
            if best and not _is_hit(question, found, 1) and (question.is_answerable or found.decision != "decline"):
                how = f"{best.confidence:.2f}, {found.decision}"
                lines.append((best.confidence, f"{question.topic} taken for {best.topic} ({how}): {question.text}"))
        return [line for _, line in sorted(lines, reverse=True)]

    def _pairs(self) -> Iterator[tuple[FaqQuestion, Retrieval]]:
        return zip(self.questions, self.found, strict=True)


class Listening:
    """A retriever that remembers what was found, so that a question is asked once; for one day and all candidates."""

    def __init__(self, retriever: Searches) -> None:
        self._retriever = retriever
        self.found: dict[tuple[str, Context | None], Retrieval] = {}

    def search(self, text: str, *, k: int = 3, on: date, context: Context | None = None) -> Retrieval:
        asked = text, context
        if asked not in self.found:
            self.found[asked] = self._retriever.search(text, k=k, on=on, context=context)
        return self.found[asked]


def _is_hit(question: FaqQuestion, found: Retrieval, k: int) -> bool:
    return any(candidate.topic in question.right_topics for candidate in found.candidates[:k])


def _group_score(pairs: Sequence[tuple[FaqQuestion, Retrieval]]) -> GroupScore:
    n = len(pairs)
    return GroupScore(
        n=n,
        hit1=sum(_is_hit(question, found, 1) for question, found in pairs) / n,
        hit3=sum(_is_hit(question, found, 3) for question, found in pairs) / n,
        declined=sum(found.decision == "decline" for _, found in pairs) / n,
    )
