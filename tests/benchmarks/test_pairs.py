import random

from benchmarks.understanding.pairs import Pair, groups


def _same(*texts: str) -> list[Pair]:
    return [Pair(texts[0], other, is_same=True) for other in texts[1:]]


def test_questions_that_were_judged_the_same_through_a_third_are_one_group():
    pairs = [Pair("a", "b", is_same=True), Pair("b", "c", is_same=True)]

    assert groups(pairs) == [["a", "b", "c"]]


def test_a_group_with_two_questions_that_were_judged_different_is_dropped():
    pairs = [*_same("a", "b", "c"), Pair("b", "c", is_same=False)]

    assert groups(pairs) == []


def test_a_negative_pair_between_two_groups_harms_neither():
    pairs = [*_same("a", "b", "c"), *_same("x", "y", "z"), Pair("a", "x", is_same=False)]

    assert groups(pairs) == [["a", "b", "c"], ["x", "y", "z"]]


def test_two_questions_are_no_group_unless_pairs_are_wanted():
    assert groups(_same("a", "b")) == []
    assert groups(_same("a", "b"), smallest=2) == [["a", "b"]]


def test_a_large_group_keeps_fifteen():
    (group,) = groups(_same("a", *(f"b{number:02}" for number in range(30))))

    assert len(group) == 15


def test_a_question_paired_with_itself_adds_nothing():
    assert groups([Pair("a", "a", is_same=True)], smallest=1) == []


def test_the_order_of_pairs_does_not_matter():
    pairs = [*_same("a", "b", "c"), *_same("x", "y", "z"), Pair("y", "w", is_same=True)]
    mixed = random.Random(1).sample(pairs, len(pairs))

    assert groups(mixed) == groups(pairs)
