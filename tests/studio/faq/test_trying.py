from datetime import date
from pathlib import Path

import numpy as np
import pytest

from bot.errors import BadQueryError
from bot.studio.faq.trying import MOST_TEXTS, FaqTrial
from bot.studio.faq.vectors import SAVED_AFTER, KeptEncoder
from knowledge_base.retriever import Retriever, Thresholds
from tests.knowledge_base.builders import QUESTIONS, UNANSWERABLE, NgramEncoder, make_entry, make_factory
from tests.studio.faq.builders import make_snapshot

TODAY = date(2026, 3, 4)
ENTRIES = [make_entry(topic) for topic in QUESTIONS]
NEW_WAY = "端午节有人来收件吗"


@pytest.fixture
def encoder() -> NgramEncoder:
    return NgramEncoder()


@pytest.fixture
def published(encoder: NgramEncoder) -> Retriever:
    return make_factory(encoder).make(ENTRIES)


@pytest.fixture
def trial(encoder: NgramEncoder, published: Retriever) -> FaqTrial:
    thresholds = Thresholds(answer=0.5, ask=0.5)
    return FaqTrial(lambda: encoder, lambda: published, thresholds, unanswerable=lambda: UNANSWERABLE)


def edited(commit: str = "c2"):
    changed = make_entry("service.holiday", phrasings=(*QUESTIONS["service.holiday"][1:], NEW_WAY))
    return make_snapshot(*ENTRIES[:-1], changed, commit=commit)


async def test_the_draft_knows_what_the_published_does_not_yet(trial: FaqTrial, published: Retriever) -> None:
    tried = await trial.ask(NEW_WAY, edited(), on=TODAY)

    assert tried.draft.best is not None
    assert tried.published.best is not None
    assert (tried.draft.best.topic, tried.draft.best.matched) == ("service.holiday", NEW_WAY)
    assert tried.draft.best.confidence > tried.published.best.confidence
    assert NEW_WAY not in published.entries["service.holiday"].phrasings


async def test_a_draft_that_is_as_published_needs_no_retriever_of_its_own(
    trial: FaqTrial, published: Retriever
) -> None:
    assert await trial.draft(make_snapshot(*ENTRIES)) is published
    assert (await trial.ask("春节送不送", make_snapshot(*ENTRIES), on=TODAY)).is_same


async def test_the_same_entries_are_made_ready_once_whatever_else_the_draft_changed(trial: FaqTrial) -> None:
    first = await trial.draft(edited())

    assert await trial.draft(edited("c3")) is first
    assert await trial.draft(make_snapshot(*ENTRIES[:-1], commit="c4")) is not first


async def test_only_what_is_new_is_encoded(trial: FaqTrial, encoder: NgramEncoder) -> None:
    await trial.draft(edited())
    encoder.encoded.clear()

    await trial.draft(
        make_snapshot(*edited().entries[:-1], make_entry("service.holiday", question="清明呢"), commit="c4")
    )

    assert encoder.encoded == ["清明呢"]


async def test_both_sides_ask_on_the_same_day(trial: FaqTrial) -> None:
    over = make_entry("service.holiday", valid_until=date(2026, 3, 3))
    tried = await trial.ask("春节送不送", make_snapshot(*ENTRIES[:-1], over), on=TODAY)

    assert tried.published.best is not None
    assert tried.published.best.topic == "service.holiday"
    assert "service.holiday" not in [one.topic for one in tried.draft.candidates]
    assert not tried.is_same


async def test_a_phrasing_of_another_topic_is_told_of_and_ones_own_is_not(trial: FaqTrial) -> None:
    snapshot = make_snapshot(*ENTRIES)

    found = await trial.alike(
        ["充电宝能寄吗？", "充电宝能寄吗？", "完全另一回事哦"], snapshot, topic="price.how_charged"
    )
    own = await trial.alike(["充电宝能寄吗？"], snapshot, topic="sending.batteries")

    assert [(one.text, one.topic, one.phrasing) for one in found[:1]] == [
        ("充电宝能寄吗？", "sending.batteries", "充电宝能寄吗")
    ]
    assert all(one.text != "完全另一回事哦" for one in found)
    assert all(one.topic != "sending.batteries" for one in own)


async def test_a_question_that_another_entry_answers_is_found(trial: FaqTrial) -> None:
    snapshot = make_snapshot(*ENTRIES)

    found = await trial.covered("春节送不送", snapshot, on=TODAY)

    assert found is not None
    assert found.topic == "service.holiday"
    assert await trial.covered("春节送不送", snapshot, on=TODAY, topic="service.holiday") is None


async def test_words_of_nothing_are_like_nothing(trial: FaqTrial) -> None:
    assert await trial.alike(["", "  "], make_snapshot(*ENTRIES)) == []


async def test_a_paste_of_thousands_is_refused(trial: FaqTrial) -> None:
    with pytest.raises(BadQueryError, match=str(MOST_TEXTS)):
        await trial.alike(["一"] * (MOST_TEXTS + 1), make_snapshot(*ENTRIES))


async def test_another_encoder_makes_the_draft_anew(published: Retriever) -> None:
    class Other(NgramEncoder):
        hash = "others"

    serving: list[NgramEncoder] = [NgramEncoder()]
    trial = FaqTrial(
        lambda: serving[0], lambda: published, Thresholds(answer=0.5, ask=0.5), unanswerable=lambda: UNANSWERABLE
    )
    before = await trial.draft(edited())
    serving[0] = Other()

    assert await trial.draft(edited()) is not before
    assert NEW_WAY in serving[0].encoded


def test_what_was_encoded_in_bulk_is_known_after_a_restart(tmp_path: Path) -> None:
    texts = [f"问法{number}" for number in range(SAVED_AFTER)]
    first = KeptEncoder(NgramEncoder(), tmp_path).encode(texts)
    inner = NgramEncoder()

    again = KeptEncoder(inner, tmp_path).encode(texts)

    assert np.allclose(first, again)
    assert inner.encoded == []
