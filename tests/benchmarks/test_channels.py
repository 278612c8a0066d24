"""The judge of the storm of callbacks: what it must notice."""

from collections import Counter
from dataclasses import replace

import pytest

from benchmarks.channels.crowd import Question, crowd
from benchmarks.channels.judging import Bubble, Evidence, Stored, judge, percentile, plain
from benchmarks.channels.pusher import Pushed

ANN = "oAnn"


def make_evidence(**changes: object) -> Evidence:
    """Ann asks twice, is thanked at once and answered in order."""
    clean = Evidence(
        questions=[Question("1", ANN, "保价费", 0.0), Question("2", ANN, "你好", 1.0)],
        pushes=[Pushed("1", 100.0, 100.0, 1, 100.01), Pushed("2", 101.0, 101.0, 1, 101.01)],
        stored=[Stored("1", "c", 1, is_with_person=False), Stored("2", "c", 3, is_with_person=False)],
        bubbles=[make_bubble("1", 1, "按声明价值收"), make_bubble("2", 2, "您好")],
        screens={ANN: ["按声明价值收\n〔转人工〕", "您好"]},
    )
    return replace(clean, **changes)


def make_bubble(reply_to: str, number: int, text: str, state: str = "sent") -> Bubble:
    return Bubble(ANN, number, text, state, 102.0 if state == "sent" else None, reply_to)


def test_what_was_answered_once_in_order_is_clean() -> None:
    verdict = judge(make_evidence())
    assert verdict.is_clean
    assert verdict.in_time == 1.0
    assert verdict.answered_in == [1.0, 2.0]


def test_bubbles_that_went_out_as_one_message_are_each_there() -> None:
    assert judge(make_evidence(screens={ANN: ["按声明价值收\n\n您好"]})).is_clean


def test_a_question_without_an_answer_is_lost() -> None:
    first_alone = make_evidence(bubbles=[make_bubble("1", 1, "按声明价值收")], screens={ANN: ["按声明价值收"]})
    assert judge(first_alone).lost == ["2"]


def test_a_question_that_was_thanked_for_and_never_stored_is_lost() -> None:
    verdict = judge(make_evidence(stored=[Stored("1", "c", 1, is_with_person=False)]))
    assert verdict.lost == ["2"]


def test_a_letter_that_waits_is_not_lost() -> None:
    stored = [Stored("1", "c", 1, is_with_person=False)]
    bubbles = [make_bubble("1", 1, "按声明价值收")]
    screens = {ANN: ["按声明价值收"]}
    verdict = judge(make_evidence(stored=stored, bubbles=bubbles, screens=screens, unread=frozenset({"2"})))
    assert (verdict.waiting, verdict.lost) == (1, [])


def test_a_bubble_that_is_held_is_told_apart() -> None:
    bubbles = [make_bubble("1", 1, "按声明价值收"), make_bubble("2", 2, "您好", state="held")]
    verdict = judge(make_evidence(bubbles=bubbles, screens={ANN: ["按声明价值收"]}))
    assert (verdict.held, verdict.lost) == (1, [])


@pytest.mark.parametrize(
    ("screen", "found"),
    [
        (["按声明价值收", "按声明价值收", "您好"], (0, 1, 0)),
        (["按声明价值收"], (1, 0, 0)),
        (["您好", "按声明价值收"], (0, 0, 1)),
    ],
)
def test_the_phone_is_believed_before_the_database(screen: list[str], found: tuple[int, int, int]) -> None:
    verdict = judge(make_evidence(screens={ANN: screen}))
    assert (verdict.unseen, verdict.doubled, verdict.strange) == found
    assert not verdict.is_clean


def test_what_is_on_its_way_may_be_on_the_phone_already() -> None:
    bubbles = [make_bubble("1", 1, "按声明价值收"), make_bubble("2", 2, "您好", state="sending")]
    assert judge(make_evidence(bubbles=bubbles)).is_clean


def test_a_later_question_that_stands_first_is_out_of_order() -> None:
    stored = [Stored("1", "c", 3, is_with_person=False), Stored("2", "c", 1, is_with_person=False)]
    assert judge(make_evidence(stored=stored)).out_of_order == 1


def test_whoever_was_shown_that_nobody_is_there_was_not_thanked_in_time() -> None:
    refused = [Pushed("1", 100.0, 100.0, 3, None), Pushed("2", 101.0, 101.0, 2, 106.5)]
    verdict = judge(make_evidence(pushes=refused))
    assert (verdict.no_service, verdict.repeated, verdict.in_time) == (1, 2, 0.0)


def test_the_crowd_writes_evenly_and_nobody_asks_the_same_twice() -> None:
    questions = crowd(200, 3, 200)
    assert [each.at_s for each in questions] == [n / 200 for n in range(600)]
    assert len({each.msg_id for each in questions}) == 600
    assert max(Counter((each.openid, each.text) for each in questions).values()) == 1
    assert set(Counter(each.openid for each in questions).values()) == {3}


def test_the_crowd_is_the_same_every_time() -> None:
    assert crowd(50, 2, 30) == crowd(50, 2, 30)


def test_percentiles_of_few_values() -> None:
    assert percentile([], 0.99) == 0.0
    assert percentile([2.0], 0.5) == 2.0
    assert percentile([0.0, 1.0, 2.0], 0.5) == 1.0


def test_choices_are_no_words() -> None:
    assert plain("请 选择\n〔查件〕\n〔寄件〕") == "请选择"
