from datetime import date
from pathlib import Path

import pytest

from bot.errors import DataFileError
from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context
from knowledge_base.evaluation import FaqQuestion, FaqReport, evaluate_faq, read_questions
from knowledge_base.retriever import Candidate, Decision, Retrieval

TODAY = date(2026, 3, 4)


class ScriptedRetriever:
    """Says for each question what it was told to say."""

    def __init__(self, found: dict[str, tuple[Decision, list[str]]]) -> None:
        self._found = found

    def search(self, text: str, *, k: int = 3, on: date, context: Context | None = None) -> Retrieval:
        decision, topics = self._found[text]
        candidates = tuple(Candidate(topic, topic, 0.5) for topic in topics[:k])
        return Retrieval(candidates, decision, in_scope=0.5)


def test_ranks_count_whatever_was_decided() -> None:
    retriever = ScriptedRetriever(
        {
            "一": ("decline", ["price.how_charged", "price.volumetric"]),
            "二": ("answer", ["price.how_charged", "price.volumetric"]),
            "三": ("ask", ["price.how_charged"]),
            "天气": ("decline", ["price.how_charged"]),
            "股票": ("answer", ["price.how_charged"]),
        }
    )
    questions = [
        FaqQuestion(text="一", topic="price.how_charged"),
        FaqQuestion(text="二", topic="price.volumetric"),
        FaqQuestion(text="三", topic="price.volumetric", alt=("price.how_charged",)),
        FaqQuestion(text="天气", topic="none"),
        FaqQuestion(text="股票", topic="none"),
    ]

    report = evaluate_faq(retriever, questions, on=TODAY)

    assert report == FaqReport(
        n=5, hit1=0.6667, hit3=1.0, mrr=0.8333, declined_unanswerable=0.5, declined_answerable=0.3333
    )


def test_a_topic_that_is_not_found_has_rank_nowhere() -> None:
    retriever = ScriptedRetriever({"一": ("decline", [])})

    report = evaluate_faq(retriever, [FaqQuestion(text="一", topic="price.volumetric")], on=TODAY)

    assert (report.hit1, report.mrr) == (0.0, 0.0)


def test_a_question_is_asked_with_what_the_conversation_knew() -> None:
    alone = FaqQuestion(text="碎了", topic="none")
    later = FaqQuestion.model_validate({"text": "碎了", "topic": "none", "waybill": "delivered"})

    assert alone.context is None
    assert later.context == Context(None, WaybillStatus.delivered)


def test_questions_are_read_line_by_line(tmp_path: Path) -> None:
    file = tmp_path / "faq.jsonl"
    file.write_text('{"text": "贵吗", "topic": "price.how_charged", "alt": []}\n\n{"text": "天气", "topic": "none"}\n')

    assert read_questions(file) == [
        FaqQuestion(text="贵吗", topic="price.how_charged"),
        FaqQuestion(text="天气", topic="none"),
    ]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("{", "2: not valid JSON"),
        ('{"topic": "none"}', "2: text: Field required"),
        ('{"text": "", "topic": "none"}', "2: text: "),
        ("[]", "2: the line: "),
        ('{"text": "贵吗", "topic": "price.gold"}', "2: unknown topic price.gold"),
        ('{"text": "贵吗", "topic": "none", "alt": ["price.gold"]}', "2: unknown topic price.gold"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, sentence: str) -> None:
    file = tmp_path / "faq.jsonl"
    file.write_text('{"text": "天气", "topic": "none"}\n' + line + "\n", encoding="utf-8")

    with pytest.raises(DataFileError, match=f"faq.jsonl:{sentence}"):
        read_questions(file)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataFileError, match=r"missing\.jsonl:1: there is no such file"):
        read_questions(tmp_path / "missing.jsonl")


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").touch()

    with pytest.raises(DataFileError, match="no questions"):
        read_questions(tmp_path / "empty.jsonl")
