"""What trainers wrote is fit to teach; `bot check data` tells more, and where."""

import pytest
import yaml

from bot.checking.balance import CONVERSATION, OUTSIDE, WIDEST, Counts
from bot.checking.examples import Example, read_examples
from bot.checking.likeness import Twins, duplicates, near_duplicates
from bot.settings import PROJECT

FEWEST_PHRASINGS = 20


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return read_examples()


def _told(twins: list[Twins]) -> list[str]:
    return [f"{t.second.place} {t.second.text} = {t.first.place} {t.first.text}" for t in twins]


def test_every_intent_has_enough_examples(examples):
    assert Counts.of(examples).too_few() == []


def test_every_intent_of_the_domain_has_examples_and_no_other(examples):
    domain = yaml.safe_load((PROJECT / "nlu_data" / "domain" / "intents.yml").read_text(encoding="utf-8"))

    assert {example.intent for example in examples} == set(domain["intents"]) - {"nlu_fallback"}


def test_conversation_intents_are_intents(examples):
    assert {example.intent for example in examples} >= CONVERSATION | {OUTSIDE}


def test_no_task_has_many_times_the_examples_of_another(examples):
    assert Counts.of(examples).spread <= WIDEST


def test_no_sentence_stands_under_two_intents(examples):
    assert _told([twins for twins in duplicates(examples) if twins.is_across]) == []


def test_no_sentence_stands_twice(examples):
    assert _told(duplicates(examples)) == []


def test_no_two_intents_have_nearly_the_same_sentence(examples):
    assert _told([twins for twins in near_duplicates(examples) if twins.is_across]) == []


def test_an_example_stands_where_its_place_says(examples):
    for example in examples[:: len(examples) // 50]:
        file, _, line = example.place.rpartition(":")
        lines = (PROJECT / file).read_text(encoding="utf-8").splitlines()
        assert lines[int(line) - 1].strip() == f"- {example.text}"


@pytest.mark.parametrize("path", sorted((PROJECT / "knowledge_base" / "faq").glob("*.yml")), ids=lambda path: path.stem)
def test_every_topic_has_enough_phrasings(path):
    entries = yaml.load(path.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))

    assert [e["id"] for e in entries if len(e["phrasings"]) < FEWEST_PHRASINGS] == []
