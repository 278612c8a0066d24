from collections import Counter

import pytest

from bot.studio.sets.agreement import cohen_kappa, confused, per_intent
from bot.studio.sets.reading import Pair, agreement_of
from bot.studio.sets.scores import Judged, accuracy, confusions, wilson
from tests.studio.sets.builders import make_label


@pytest.mark.parametrize(
    ("table", "kappa"),
    [
        # Cohen's own kind of table: 20 and 15 agree, 5 and 10 differ of 50.
        ({("y", "y"): 20, ("y", "n"): 5, ("n", "y"): 10, ("n", "n"): 15}, 0.4),
        # Two tables of Sim and Wright (2005): the same share of agreement, other kappas.
        ({("y", "y"): 45, ("y", "n"): 15, ("n", "y"): 25, ("n", "n"): 15}, 0.1304),
        ({("y", "y"): 25, ("y", "n"): 35, ("n", "y"): 5, ("n", "n"): 35}, 0.2593),
        ({("a", "a"): 4, ("b", "b"): 4}, 1.0),
        ({("a", "b"): 4, ("b", "a"): 4}, -1.0),
    ],
)
def test_kappa_has_the_values_of_the_literature(table, kappa):
    assert cohen_kappa(table) == pytest.approx(kappa, abs=1e-4)


def test_kappa_says_what_scikit_learn_says():
    from sklearn.metrics import cohen_kappa_score

    one, other = [3, 1, 2, 2, 1, 3, 3, 1, 2, 1], [3, 1, 2, 1, 1, 3, 2, 1, 2, 2]

    assert cohen_kappa(Counter(zip(one, other, strict=True))) == pytest.approx(cohen_kappa_score(one, other))


def test_there_is_no_kappa_where_nothing_was_compared_or_only_one_thing_ever_said():
    assert cohen_kappa({}) is None
    assert cohen_kappa({("a", "a"): 2}) is None


def test_the_intent_least_agreed_upon_comes_first():
    pairs = [({"a"}, {"a"}), ({"a"}, {"a"}), ({"b"}, {"c"}), ({"b"}, {"b"})]
    found = per_intent(Counter((frozenset(one), frozenset(other)) for one, other in pairs))

    assert [(one.intent, one.n, one.both) for one in found] == [("c", 1, 0), ("b", 2, 1), ("a", 2, 2)]


def test_what_is_confused_is_the_same_whoever_said_which():
    pairs = [({"a"}, {"b"}), ({"b"}, {"a"}), ({"a", "c"}, {"a"})]

    assert confused(Counter((frozenset(one), frozenset(other)) for one, other in pairs)) == (("a", "b", 2),)


def test_two_intents_in_another_order_are_the_same():
    one, other = make_label("query_waybill", "urge_delivery"), make_label("urge_delivery", "query_waybill")

    assert one.same_as(other)
    assert agreement_of([Pair.of(one, other)]).same == 1


def test_accuracy_is_of_all_messages_not_of_the_sentences():
    judged = [Judged(("a",), "a", 90.0), Judged(("b",), "a", 10.0)]
    found = accuracy(judged)

    assert found.share == pytest.approx(0.9)
    assert found.low < 0.9 < found.high
    assert confusions(judged) == [("b", "a", pytest.approx(0.1))]


def test_saying_nothing_to_what_is_out_of_scope_is_right():
    assert accuracy([Judged(("out_of_scope",), "nlu_fallback", 1.0)]).share == 1


def test_wilson_has_the_values_of_the_literature():
    # Newcombe (1998), table I: 81 of 263 and 15 of 148.
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15 / 148, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
