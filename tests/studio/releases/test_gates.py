"""What is kept from customers, and what is not."""

import random
from pathlib import Path
from typing import Any

import pytest

from bot.checking.examples import Example
from bot.checking.noise import doubts_about
from bot.studio.releases.gates import Gate, judge
from bot.studio.releases.report import (
    Added,
    CalibrationCompared,
    ClassCompared,
    DoubtTold,
    ReleaseReport,
    Replay,
    ScoreCompared,
    SetCompared,
    Side,
)
from bot.studio.releases.rules import release_rules
from bot.studio.releases.words import release_words
from tests.knowledge_base.builders import NgramEncoder

RULES = release_rules().gates


def make_report(**changes: Any) -> ReleaseReport:
    """Nothing is worse than before."""
    values: dict[str, Any] = {
        "old": Side(release="old", model="a", encoder="e"),
        "new": Side(release="new", model="b", encoder="e"),
        "sets": (make_set(),),
        "intents": (ClassCompared(name="greet", n=20, old=0.9, new=0.9),),
        "topics": (ClassCompared(name="price.how", n=20, old=0.9, new=0.9),),
        "newly_right": (),
        "newly_wrong": (),
        "newly_right_n": 0,
        "newly_wrong_n": 0,
        "calibration": CalibrationCompared(old=0.02, new=0.02, bins=()),
        "replay": Replay(days=7, n=0),
        "added": Added(n=0, doubtful=0),
        "data": (),
        **changes,
    }
    return ReleaseReport(**values)


def make_set(old: float = 0.95, new: float = 0.95, floor: float | None = 0.9) -> SetCompared:
    score = ScoreCompared(score="accuracy", old=old, new=new, floor=floor)
    return SetCompared(name="nlu", part="nlu", n=100, is_ours=False, scores=(score,))


def closed(report: ReleaseReport) -> list[str]:
    return [gate.gate for gate in judge(report, RULES).gates if not gate.passed]


def test_what_is_no_worse_passes() -> None:
    report = judge(make_report(), RULES)

    assert report.passed
    assert [gate.gate for gate in report.gates] == list(Gate)


@pytest.mark.parametrize(
    ("changes", "gate"),
    [
        ({"sets": (make_set(new=0.91),)}, Gate.set_fall),
        ({"intents": (ClassCompared(name="greet", n=10, old=0.9, new=0.7),)}, Gate.intent_fall),
        ({"topics": (ClassCompared(name="price.how", n=10, old=0.9, new=0.6),)}, Gate.topic_fall),
        ({"calibration": CalibrationCompared(old=0.02, new=0.2, bins=())}, Gate.calibration),
        ({"data": ("“你好”同时在 greet 和 thank 里",)}, Gate.data),
        ({"sets": (make_set(old=0.9, new=0.885),)}, Gate.floors),
    ],
)
def test_what_is_worse_closes_its_gate_and_says_why(changes: dict[str, Any], gate: Gate) -> None:
    report = make_report(**changes)

    assert closed(report) == [gate]
    assert next(each for each in judge(report, RULES).gates if each.gate == gate).told


def test_an_intent_of_few_sentences_may_fall_by_chance() -> None:
    assert closed(make_report(intents=(ClassCompared(name="greet", n=9, old=1.0, new=0.5),))) == []


def test_a_fall_of_two_sentences_is_chance() -> None:
    small = make_set(new=0.92).model_copy(update={"n": 60})

    assert closed(make_report(sets=(small,))) == []


def test_a_score_of_some_sentences_of_a_set_is_judged_by_those() -> None:
    both = ScoreCompared(score="both", old=40 / 60, new=38 / 60, floor=0.64, n=60)
    wishes = SetCompared(name="two_wishes", part="two", n=100, is_ours=False, scores=(both,))
    worse = wishes.model_copy(update={"scores": (both.model_copy(update={"new": 37 / 60}),)})

    assert closed(make_report(sets=(wishes,))) == []
    assert closed(make_report(sets=(worse,))) == [Gate.set_fall, Gate.floors]


def test_a_fall_within_the_allowance_passes() -> None:
    assert closed(make_report(sets=(make_set(old=0.95, new=0.941),))) == []


def test_every_gate_has_a_name_for_people() -> None:
    assert set(Gate) <= set(release_words().gates)


MATTERS = {
    "query_price": ["寄到{}多少钱", "去{}运费多少", "到{}要几块钱", "发{}怎么收费", "{}的运费贵吗"],
    "query_waybill": [
        "{}的件到哪了",
        "发{}的包裹在哪里",
        "去{}的快递走到哪",
        "到{}的件签收没",
        "{}的物流查一下",
        "{}那票查下",
    ],
    "change_address": ["改寄到{}", "地址换成{}", "收件地址改{}", "别送原来的送{}", "帮我转寄{}"],
    "report_damage": [
        "{}寄来的碎了",
        "{}的件破损",
        "{}发的东西压坏了",
        "{}来的箱子烂了",
        "{}的杯子摔裂",
        "从{}来的变形了",
    ],
}
PLACES = [f"{one}{other}" for one in "上广成西武杭南长青济" for other in "海州都安汉京沙岛南阳"][:80]


def make_examples(places: list[str]) -> list[Example]:
    return [
        Example(form.format(place), intent, "x.yml:1")
        for intent, forms in MATTERS.items()
        for place in places
        for form in forms[: 2 + len(place) % 2]
    ]


def added_of(new: list[Example], known: list[Example], cache: Path) -> Added:
    doubts = doubts_about(new, known, NgramEncoder(), cache)
    told = [
        DoubtTold(text=d.example.text, intent=d.example.intent, given=0, other=d.other, sure=d.sure) for d in doubts
    ]
    return Added(n=len(new), doubtful=len(doubts), doubts=tuple(told))


def test_a_batch_of_two_hundred_wrong_labels_is_stopped_and_an_honest_one_is_not(tmp_path: Path) -> None:
    chance = random.Random(7)
    known, rest = make_examples(PLACES[:50]), make_examples(PLACES[50:])
    honest = chance.sample(rest, 200)
    poisoned = [
        Example(each.text, chance.choice([name for name in MATTERS if name != each.intent]), each.place)
        for each in honest
    ]

    good, bad = added_of(honest, known, tmp_path), added_of(poisoned, known, tmp_path)

    assert closed(make_report(added=good)) == []
    assert closed(make_report(added=bad)) == [Gate.doubts]
    assert bad.share > 0.6


def test_a_batch_that_is_wrong_in_one_and_the_same_way_cannot_vouch_for_itself(tmp_path: Path) -> None:
    known, rest = make_examples(PLACES[:50]), make_examples(PLACES[50:])
    poisoned = [Example(each.text, "report_damage", each.place) for each in rest if each.intent == "query_price"][:200]

    assert closed(make_report(added=added_of(poisoned, known, tmp_path))) == [Gate.doubts]
