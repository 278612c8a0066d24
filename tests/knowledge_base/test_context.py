from datetime import date

import pytest

from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context, prior
from knowledge_base.entries import FaqEntry
from knowledge_base.retriever import Retrieval
from tests.knowledge_base.builders import make_entry, make_retriever

TODAY = date(2026, 3, 4)
QUESTION = "寄充电宝多少运费"
DELIVERED = Context(waybill=WaybillStatus.delivered)


@pytest.fixture
def entry() -> FaqEntry:
    return make_entry(when={"waybill": ["delivered"], "after": ["query_price"]})


@pytest.mark.parametrize(
    "context", [Context(), Context(last_intent="query_eta"), Context(last_intent=None, waybill=None)]
)
def test_what_is_not_known_or_not_named_changes_nothing(entry: FaqEntry, context: Context) -> None:
    assert prior(entry, context) == 1


def test_an_entry_is_likelier_in_its_situation_and_unlikelier_in_another(entry: FaqEntry) -> None:
    assert prior(entry, Context(last_intent="query_price")) > 1
    assert prior(entry, DELIVERED) > 1 > prior(entry, Context(waybill=WaybillStatus.created))


def test_an_entry_for_every_situation_is_as_likely_in_all() -> None:
    assert prior(make_entry(), Context("query_price", WaybillStatus.delivered)) == 1


def test_context_moves_confidence_between_topics_and_not_whether_to_answer() -> None:
    delivered = make_entry("sending.batteries", when={"waybill": ["delivered"]})
    retriever = make_retriever(make_entry("price.how_charged"), delivered)

    plain = retriever.search(QUESTION, on=TODAY)
    in_context = retriever.search(QUESTION, on=TODAY, context=DELIVERED)

    assert confidence_in("sending.batteries", in_context) > confidence_in("sending.batteries", plain)
    assert confidence_in("price.how_charged", in_context) < confidence_in("price.how_charged", plain)
    assert in_context.in_scope == plain.in_scope
    assert sum(found.confidence for found in in_context.candidates) == pytest.approx(plain.in_scope)


def confidence_in(topic: str, found: Retrieval) -> float:
    return next(candidate.confidence for candidate in found.candidates if candidate.topic == topic)
