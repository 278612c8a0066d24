from datetime import date

from bot.evaluation.questions import Listening, QuestionsMeasured
from knowledge_base.context import Context
from knowledge_base.evaluation import FaqQuestion
from knowledge_base.retriever import Candidate, Decision, Retrieval

TODAY = date(2026, 11, 20)


def found(decision: Decision, *ranked: tuple[str, float]) -> Retrieval:
    candidates = tuple(Candidate(topic, "", confidence) for topic, confidence in ranked)
    return Retrieval(candidates, decision, sum(confidence for _, confidence in ranked))


class KnownAnswers:
    """Counts how often it is asked."""

    ANSWERS = {
        "运费": found("answer", ("price.how_charged", 0.9), ("price.volumetric", 0.05)),
        "抛货": found("answer", ("price.how_charged", 0.6), ("price.volumetric", 0.3)),
        "过年": found("decline", ("service.holiday", 0.3), ("price.how_charged", 0.1)),
        "天气": found("answer", ("service.holiday", 0.7)),
    }

    def __init__(self) -> None:
        self.asked: list[str] = []

    def search(self, text: str, *, k: int = 3, on: date, context: Context | None = None) -> Retrieval:
        self.asked.append(text)
        return self.ANSWERS[text]


QUESTIONS = [
    FaqQuestion(text="运费", topic="price.how_charged"),
    FaqQuestion(text="抛货", topic="price.volumetric"),
    FaqQuestion(text="过年", topic="service.holiday"),
    FaqQuestion(text="天气", topic="none"),
]


def test_groups_are_the_first_words_of_topics() -> None:
    groups = QuestionsMeasured.of(QUESTIONS, Listening(KnownAnswers()), TODAY).groups

    assert {name: (g.n, g.hit1, g.hit3, g.declined) for name, g in groups.items()} == {
        "price": (2, 0.5, 1.0, 0.0),
        "service": (1, 1.0, 1.0, 1.0),
    }


def test_confidence_in_an_answer_to_what_nothing_answers_is_always_wrong() -> None:
    measured = QuestionsMeasured.of(QUESTIONS[-1:], Listening(KnownAnswers()), TODAY)

    assert measured.calibration.error == 0.7


def test_wrong_answers_are_told_surest_first() -> None:
    told = QuestionsMeasured.of(QUESTIONS, Listening(KnownAnswers()), TODAY).worst()

    assert told == [
        "none taken for service.holiday (0.70, answer): 天气",
        "price.volumetric taken for price.how_charged (0.60, answer): 抛货",
    ]


def test_a_question_is_asked_once_for_its_set_and_for_all() -> None:
    answers = KnownAnswers()
    listening = Listening(answers)

    QuestionsMeasured.of(QUESTIONS, listening, TODAY)
    QuestionsMeasured.of(QUESTIONS, listening, TODAY)

    assert len(answers.asked) == len(QUESTIONS)
