from benchmarks.understanding.lessons import Lessons
from benchmarks.understanding.measures import (
    RankedTopics,
    faq_row,
    intent_row,
    likeliest,
    with_default_fallback,
)
from benchmarks.understanding.rasa_models import Answer, Ranked
from benchmarks.understanding.sets import FaqSet, IntentSet, label_noise
from benchmarks.understanding.store import NOTHING, Cost
from bot.evaluation import FALLBACK, LabelledSentence
from knowledge_base.building.sentences import Sentence
from knowledge_base.evaluation import NONE, FaqQuestion


def _answer(**confidences: float) -> Answer:
    ranked = [Ranked(name=name, confidence=confidence) for name, confidence in confidences.items()]
    return Answer(intent=ranked[0].name, intents=ranked)


def test_the_likeliest_intent_is_read_past_a_fallback():
    assert likeliest(_answer(nlu_fallback=0.8, greet=0.2)) == "greet"


def test_the_default_fallback_takes_what_is_unsure_or_ambiguous():
    assert with_default_fallback(_answer(greet=0.9, thank=0.1)) == "greet"
    assert with_default_fallback(_answer(greet=0.29, thank=0.01)) == FALLBACK
    assert with_default_fallback(_answer(greet=0.50, thank=0.45)) == FALLBACK
    assert with_default_fallback(_answer(greet=0.9)) == "greet"


def test_rejection_is_measured_only_where_something_is_out_of_scope():
    asked = (LabelledSentence(text="hi", intent="greet"), LabelledSentence(text="?", intent="out_of_scope"))

    outside = intent_row(
        "x", "all", NOTHING, IntentSet("s", "S", Lessons(()), asked, has_outside=True), ["greet", FALLBACK]
    )
    inside = intent_row("x", "all", Cost(9.96, 3), IntentSet("s", "S", Lessons(()), asked), ["greet", "greet"])

    assert (outside.accuracy, outside.out_of_scope_recall, outside.false_rejection) == (1.0, 1.0, 0.0)
    assert outside.wall_s is None
    assert (inside.accuracy, inside.out_of_scope_recall, inside.wall_s) == (0.5, None, 10.0)


def test_rankings_are_judged_as_a_retriever_is():
    asked = (
        FaqQuestion(text="a", topic="price"),
        FaqQuestion(text="b", topic="price"),
        FaqQuestion(text="c", topic=NONE),
    )
    data = FaqSet("s", "S", Lessons(()), asked, is_ours=True)
    searches = RankedTopics(["a", "b", "c"], [["price"], ["time", "price"], ["time"]], [False, True, True])

    row = faq_row("x", "all", NOTHING, data, searches, declines=True)

    assert (row.hit1, row.hit3, row.mrr) == (0.5, 1.0, 0.75)
    assert (row.declined_unanswerable, row.declined_answerable) == (1.0, 0.5)


def test_a_contender_that_cannot_decline_has_no_share_of_declined():
    data = FaqSet("s", "S", Lessons(()), (FaqQuestion(text="a", topic="price"),), is_ours=True)

    row = faq_row("x", "all", NOTHING, data, RankedTopics(["a"], [["price"]]), declines=False)

    assert row.declined_unanswerable is None


def test_label_noise_is_the_share_of_near_twins_with_different_labels():
    sentences = [
        Sentence("我的快递什么时候到", "eta"),
        Sentence("我的快递什么时候到呀", "waybill"),
        Sentence("帮我转人工客服", "human"),
    ]

    assert label_noise(sentences) == (1, 1.0)
