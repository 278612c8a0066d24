from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from knowledge_base.retriever import Retriever, Thresholds
from tests.knowledge_base.builders import QUESTIONS, make_entry, make_retriever

TODAY = date(2026, 3, 4)


@pytest.fixture(scope="module")
def retriever() -> Retriever:
    return make_retriever()


def test_a_phrasing_leads_to_its_topic_and_is_named(retriever: Retriever) -> None:
    best = retriever.search("充电宝能寄吗?", on=TODAY).candidates[0]

    assert (best.topic, best.question, best.matched) == ("sending.batteries", "充电宝能寄吗", "充电宝能寄吗")


def test_candidates_come_surest_first_and_at_most_k(retriever: Retriever) -> None:
    confidences = [candidate.confidence for candidate in retriever.search("运费", k=2, on=TODAY).candidates]

    assert len(confidences) == 2
    assert confidences == sorted(confidences, reverse=True)


def test_spelling_does_not_matter(retriever: Retriever) -> None:
    assert retriever.search("過年放假嗎", on=TODAY) == retriever.search("过年放假吗", on=TODAY)


def test_what_nobody_asks_a_courier_is_declined(retriever: Retriever) -> None:
    assert retriever.search("今天天气怎么样啊", on=TODAY).decision == "decline"


@pytest.mark.parametrize("text", ["", "   ", "\u200b", "\x00"])
def test_nothing_readable_is_declined_without_candidates(retriever: Retriever, text: str) -> None:
    found = retriever.search(text, on=TODAY)

    assert (found.decision, found.candidates) == ("decline", ())


@pytest.mark.parametrize("text", ["😀😀😀", "运费" * 25_000, "<script>alert(1)</script>", "' OR 1=1 --"])
def test_hostile_input_is_searched_like_any_other(retriever: Retriever, text: str) -> None:
    assert retriever.search(text, on=TODAY).candidates


def test_an_entry_out_of_season_is_no_candidate() -> None:
    seasonal = make_entry("service.holiday", valid_from=date(2027, 1, 1))
    retriever = make_retriever(make_entry("price.how_charged"), make_entry("sending.batteries"), seasonal)

    topics = [candidate.topic for candidate in retriever.search("过年放假吗", on=TODAY).candidates]

    assert "service.holiday" not in topics
    assert retriever.search("过年放假吗", on=date(2027, 1, 1)).candidates[0].topic == "service.holiday"


@pytest.mark.parametrize(
    ("best", "in_scope", "decision"), [(0.6, 0.9, "answer"), (0.4, 0.9, "ask"), (0.3, 0.3, "decline")]
)
def test_the_decision_follows_the_thresholds(best: float, in_scope: float, decision: str) -> None:
    assert Thresholds(answer=0.5, ask=0.6).decide(best=best, in_scope=in_scope) == decision


def test_threads_may_share_it(retriever: Retriever) -> None:
    texts = [text for same in QUESTIONS.values() for text in same] * 5

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda text: retriever.search(text, on=TODAY), texts))

    assert found == [retriever.search(text, on=TODAY) for text in texts]


async def test_it_can_be_awaited(retriever: Retriever) -> None:
    assert await retriever.asearch("运费怎么算", on=TODAY) == retriever.search("运费怎么算", on=TODAY)
