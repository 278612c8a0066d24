from datetime import date
from uuid import UUID

import pytest

from bot.studio.drafts.model import TopicLine
from bot.studio.insight.kinds import HintKind
from bot.studio.insight.model import Contacts, EntryUse, Heard
from bot.studio.insight.ports import Expiring, Trouble
from bot.studio.insight.ranking import Facts, rank
from bot.studio.sets.agreement import Agreement
from bot.studio.sets.findings import Finding

WEEK = {"contacts": Contacts(resolved=600, given_up=100, handed={"asked": 300}), "heard": Heard(n=2000, unsure=100)}
"""40 % of contacts end badly."""
SET = UUID(int=7)


def make_trouble(**changes):
    values = {"group_id": 3, "name": "能寄酒吗", "open": 20, "week": 30, "people": 8, "upset": 4, "lost": 10}
    return Trouble(**values | {"target": "intent:query_price", "agree": 9, "asked": 10} | changes)


def make_topic(topic="price.upstairs_fee", question=None):
    return TopicLine(topic, "送货上楼收费", question, 0, changed=False)


def make_finding(**changes):
    agreement = Agreement(100, 0.9, 0.85, 0.9, 0.9, (), ())
    values = {"set_id": SET, "name": "三月", "until": date(2026, 3, 3), "n": 100, "confused": (), "topics": {}}
    return Finding(**values | {"agreement": agreement, "disputed": 0} | changes)


def hints(**facts):
    return rank(Facts(**WEEK | facts))


def test_the_gain_is_what_it_costs_times_how_surely_it_can_be_mended():
    [hint] = hints(troubles=[make_trouble()])

    assert (hint.kind, hint.cost) == (HintKind.misses, 10)
    assert hint.odds == pytest.approx(0.2 + 0.8 * 9 / 11)
    assert hint.gain == pytest.approx(10 * hint.odds)
    assert hint.href == "/studio/misses?group=3"
    assert "30 条" in hint.why
    assert "8 条最后转了人工" in hint.why


def test_what_gains_most_comes_first_not_what_is_greatest():
    vague = make_trouble(group_id=1, name="说不清", lost=30, target=None, agree=0, asked=0)
    clear = make_trouble(group_id=2, name="说得清", lost=10)

    assert [hint.title for hint in hints(troubles=[vague, clear])] == ["说得清", "说不清"]


def test_one_sentence_that_is_like_something_is_no_certainty():
    [alone] = hints(troubles=[make_trouble(agree=1, asked=1)])
    [many] = hints(troubles=[make_trouble(agree=18, asked=20)])

    assert alone.odds == pytest.approx(0.6)
    assert "把握较大" not in alone.why
    assert "把握较大" in many.why


def test_what_costs_nothing_is_not_in_the_list():
    assert hints(troubles=[make_trouble(lost=0)]) == []
    assert rank(Facts()) == []


def test_intents_taken_for_each_other_cost_their_share_of_messages_that_end_badly():
    confused = (("urge_delivery", "query_waybill", 0.05, 7), ("faq", "greet", 0.01, 1))
    [hint] = hints(findings=[make_finding(confused=confused)], intents={"urge_delivery": "催派送"})

    assert hint.kind is HintKind.confusable
    assert hint.cost == pytest.approx(0.05 * 2000 * 0.4)
    assert hint.odds == pytest.approx(0.6 * 7 / 10)
    assert hint.title == "“催派送”被当成“query_waybill”"
    assert hint.href == "/studio/intents?intent=urge_delivery"


def test_a_pair_is_told_once_by_the_newest_set():
    newer, older = (("a", "b", 0.02, 4),), (("a", "b", 0.5, 4),)
    [hint] = hints(findings=[make_finding(confused=newer), make_finding(name="二月", confused=older)])

    assert hint.cost == pytest.approx(0.02 * 2000 * 0.4)


def test_a_set_too_small_says_nothing_of_messages():
    assert hints(findings=[make_finding(n=5, confused=(("a", "b", 0.5, 3),), topics={"x": 0.5})]) == []


def test_a_topic_that_is_asked_for_and_not_written_is_a_gap():
    gap = make_topic()
    [hint] = hints(
        topics={gap.id: gap},
        troubles=[make_trouble(target=f"topic:{gap.id}")],
        findings=[make_finding(topics={gap.id: 0.02, "none": 0.1})],
    )

    assert (hint.kind, hint.cost) == (HintKind.faq_gap, pytest.approx(16))
    assert hint.href == "/studio/faq/price.upstairs_fee"


def test_misses_of_a_topic_that_is_written_are_still_misses():
    written = make_topic(question="送货上楼要钱吗？")
    [hint] = hints(topics={written.id: written}, troubles=[make_trouble(target=f"topic:{written.id}")])

    assert hint.kind is HintKind.misses
    assert "送货上楼要钱吗" in hint.why


def test_answers_that_do_not_help_or_that_agents_change_are_told():
    poor = EntryUse("a.poor", 40, 20)
    edited = EntryUse("a.edited", 50, 0, used=2, edited=6, ignored=4)
    good, rare = EntryUse("a.good", 50, 5, used=20), EntryUse("a.rare", 4, 4, edited=5)
    found = hints(entries=[poor, edited, good, rare])

    assert [(hint.kind, hint.title, round(hint.cost, 2)) for hint in found] == [
        (HintKind.faq_poor, "a.poor", 20),
        (HintKind.faq_edited, "a.edited", 16.67),
    ]


def test_an_answer_that_ends_soon_costs_what_it_answers_now():
    expiring = Expiring("a.soon", "双十一涨价吗", date(2026, 3, 11))
    [hint] = hints(expiring=[expiring], entries=[EntryUse("a.soon", 30, 0)])

    assert (hint.kind, hint.cost) == (HintKind.faq_expiring, pytest.approx(12))
    assert "3 月 11 日" in hint.why


def test_questions_without_an_answer_are_told():
    [hint] = hints(unanswered=50)

    assert (hint.kind, hint.cost) == (HintKind.faq_unanswered, pytest.approx(20))


def test_people_who_do_not_agree_are_sent_to_what_they_disagree_on():
    agreement = Agreement(50, 0.7, 0.5, 0.9, 0.9, (), (("a", "b", 9),))
    found = hints(findings=[make_finding(agreement=agreement, disputed=10)])

    assert [(hint.kind, hint.href) for hint in found] == [
        (HintKind.agreement, f"/studio/sets/{SET}/agreement"),
        (HintKind.disputes, f"/studio/sets/{SET}/disputes"),
    ]


def test_every_number_is_explained_in_a_sentence():
    gap = make_topic()
    found = hints(
        troubles=[make_trouble(), make_trouble(target=None)],
        unanswered=9,
        topics={gap.id: gap},
        findings=[make_finding(topics={gap.id: 0.1}, confused=(("a", "b", 0.1, 4),), disputed=3)],
        entries=[EntryUse("a.poor", 40, 20, edited=11)],
        expiring=[Expiring("a.poor", "x", date(2026, 3, 5))],
    )

    assert len({hint.kind for hint in found}) == 8
    assert all("{" not in hint.why + hint.title and hint.why.endswith("。") for hint in found)
