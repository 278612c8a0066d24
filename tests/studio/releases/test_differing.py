"""Two measurements of the same sentences, set side by side."""

from datetime import date

from bot.evaluation.everything import Evaluation, Results
from bot.evaluation.intents import LabelledSentence, NluMeasured
from bot.evaluation.parsing import FALLBACK
from bot.studio.releases.differing import Measurement, compare
from bot.studio.releases.report import Added, ReleaseReport, Replay, Replayed, Side
from tests.evaluation.builders import make_message, make_sentence

SENTENCES = [
    make_sentence("你好", "greet"),
    make_sentence("多少钱", "query_price"),
    make_sentence("到哪了", "query_waybill"),
    make_sentence("今天天气", "out_of_scope"),
]


def measured(sentences: list[LabelledSentence], said: list[str], confidence: float) -> NluMeasured:
    messages = [
        make_message(sentence.text, intent, confidence) for sentence, intent in zip(sentences, said, strict=True)
    ]
    return NluMeasured(tuple(sentences), tuple(messages))


def make_measurement(release: str, said: list[str], confidence: float = 0.9) -> Measurement:
    nlu = Results.of({"nlu": SENTENCES}, lambda rows: measured(list(rows), said, confidence))
    side = Side(release=release, model=release, encoder="e")
    evaluation = Evaluation(date(2026, 3, 4), release, "e", nlu, None, None, None, None, None)
    return Measurement(side, evaluation)


def report_of(old: list[str], new: list[str], ours: set[str] | None = None) -> ReleaseReport:
    return compare(
        make_measurement("old", old),
        make_measurement("new", new),
        floors={"nlu": {"accuracy": 0.9}},
        ours=ours or set(),
        replay=Replay(days=7, n=0),
        added=Added(n=0, doubtful=0),
        data=(),
    )


RIGHT = ["greet", "query_price", "query_waybill", FALLBACK]


def test_sentences_that_are_judged_another_way_are_listed_with_both_answers() -> None:
    report = report_of(["greet", "complain", "query_waybill", FALLBACK], ["thank", "query_price", *RIGHT[2:]])

    right, wrong = report.newly_right[0], report.newly_wrong[0]
    assert (right.text, right.old, right.new) == ("多少钱", "complain", "query_price")
    assert (wrong.text, wrong.old, wrong.new) == ("你好", "greet", "thank")
    assert (report.newly_right_n, report.newly_wrong_n) == (1, 1)


def test_what_is_right_in_another_way_has_not_turned() -> None:
    report = report_of(RIGHT, [*RIGHT[:3], "out_of_scope"])

    assert (report.newly_right, report.newly_wrong) == ((), ())


def test_scores_stand_beside_their_floors_and_intents_are_sorted_by_what_they_lost() -> None:
    report = report_of(RIGHT, ["thank", *RIGHT[1:]])

    accuracy = report.sets[0].score("accuracy")
    assert (accuracy.old, accuracy.new, accuracy.floor) == (1.0, 0.75, 0.9)
    assert (report.intents[0].name, report.intents[0].change) == ("greet", -1.0)
    assert report.calibration is not None


def test_sets_of_the_studio_go_by_the_name_they_were_given() -> None:
    nlu = Results.of({"nlu_2-三月抽样": SENTENCES}, lambda rows: measured(list(rows), RIGHT, 0.9))
    evaluation = Evaluation(date(2026, 3, 4), "m", "e", nlu, None, None, None, None, None)
    side = Measurement(Side(release="r", model="m", encoder="e"), evaluation)

    report = compare(
        side,
        side,
        floors={},
        ours={"nlu_2-三月抽样"},
        replay=Replay(days=7, n=0),
        added=Added(n=0, doubtful=0),
        data=(),
    )

    assert (report.sets[0].name, report.sets[0].is_ours) == ("三月抽样", True)


def test_a_replayed_message_is_better_only_by_what_a_person_decided() -> None:
    def judged(old: str, new: str, person: str | None) -> str:
        return Replayed(text="x", channel="web", old=old, new=new, person=person).verdict

    assert judged("greet", "faq:answer:price.x", "faq") == "better"
    assert judged("faq:ask", "greet", "faq") == "worse"
    assert judged("faq:ask", "faq:decline", "faq") == "unknown"
    assert judged("greet", "thank", None) == "unknown"
