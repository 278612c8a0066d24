from bot.evaluation import FALLBACK, Guess
from bot.evaluation.intents import NluMeasured
from tests.evaluation.builders import make_message, make_sentence

UNDERSTOOD = {
    "到哪了": make_message("到哪了", "query_waybill", 0.9),
    "几点到": make_message("几点到", "query_waybill", 0.6),
    "啥时候到": make_message("啥时候到", "query_waybill", 0.8),
    "晚上到吗": make_message("晚上到吗", "urge_delivery", 0.5),
    "写首诗": make_message("写首诗", FALLBACK, 0.3, None, Guess(name="chitchat", confidence=0.2)),
}
SENTENCES = [
    make_sentence("到哪了", "query_waybill"),
    make_sentence("几点到", "query_eta"),
    make_sentence("啥时候到", "query_eta"),
    make_sentence("晚上到吗", "query_eta", "urge_delivery"),
    make_sentence("写首诗", "out_of_scope"),
]


def test_confusions_are_counted_with_their_sentences_surest_first() -> None:
    [confusion] = NluMeasured.of(SENTENCES, UNDERSTOOD).confusions

    assert (confusion.truth, confusion.taken_for, confusion.n) == ("query_eta", "query_waybill", 2)
    assert [text for _, text in confusion.sentences] == ["啥时候到", "几点到"]


def test_what_is_also_right_is_no_confusion_and_a_fallback_is_out_of_scope() -> None:
    assert NluMeasured.of(SENTENCES, UNDERSTOOD).guesses[-2:] == ["query_eta", "out_of_scope"]


def test_confidence_is_the_classifiers_own_even_behind_a_fallback() -> None:
    measured = NluMeasured.of(SENTENCES[-1:], UNDERSTOOD)

    assert measured.report.accuracy == 1.0
    assert (measured.calibration.bins[0].confidence, measured.calibration.bins[0].right) == (0.2, 0.0)


def test_every_score_is_better_when_higher() -> None:
    scores = NluMeasured.of(SENTENCES, UNDERSTOOD).scores()

    assert scores["in_scope_kept"] == 1.0
    assert scores["accuracy"] == 0.6
