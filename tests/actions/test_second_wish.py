"""Two wishes in one message: the second is remembered, and offered once the first is settled."""

from uuid import UUID

from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeCandidate, FakeRetrieval

PRICE = {"intent": "query_price", "text": "顺便问下寄到郑州多少钱"}
INVOICE = {"intent": "faq", "text": "另外发票怎么开"}


async def test_the_second_wish_is_offered_after_the_first_is_answered(chat):
    said = await chat.hear("我之前的工单怎么样了，顺便问下寄到郑州多少钱", "query_ticket", also=PRICE)

    assert said[-1].response == "utter_also_wanted"
    assert said[-1].payloads[0] == PRICE["text"]


async def test_saying_yes_takes_the_second_wish_up(chat):
    await chat.hear("我之前的工单怎么样了，顺便问下寄到郑州多少钱", "query_ticket", also=PRICE)

    await chat.hear("好的", "affirm")

    assert chat.form == "query_price_form"


async def test_a_question_of_policy_is_answered_from_the_words_it_was_put_in(chat, faq):
    faq.found[INVOICE["text"]] = FakeRetrieval("answer", [FakeCandidate("sending.invoice", "怎么开发票", 0.9)])
    faq.answers["sending.invoice"] = FakeAnswer("签收后在线开票。")
    await chat.hear("我的工单呢？另外发票怎么开", "query_ticket", also=INVOICE)

    (said,) = await chat.hear("好", "affirm")

    assert said.text == "签收后在线开票。"


async def test_it_waits_until_the_form_of_the_first_wish_has_ended(chat, waybills):
    waybills.add(make_waybill())
    opening = await chat.hear("包裹摔碎了，顺便问下寄到郑州多少钱", "report_damage", also=PRICE)

    ending = await chat.hear("算了", "cancel_flow")

    assert "utter_also_wanted" not in [said.response for said in opening]
    assert ending[-1].response == "utter_also_wanted"


async def test_a_no_drops_it(chat):
    await chat.hear("我之前的工单怎么样了，顺便问下寄到郑州多少钱", "query_ticket", also=PRICE)

    said = await chat.hear("暂时不用", "deny")

    assert "utter_also_wanted" not in [one.response for one in said]


async def test_it_is_not_offered_when_the_customer_asked_for_it_anyway(chat):
    await chat.hear("包裹摔碎了，顺便问下寄到郑州多少钱", "report_damage", also=PRICE)

    said = await chat.hear("寄到郑州多少钱", "query_price")
    said += await chat.hear("算了", "cancel_flow")

    assert "utter_also_wanted" not in [one.response for one in said]


async def test_nothing_is_offered_when_a_person_takes_over(chat):
    said = await chat.hear("转人工，顺便问下寄到郑州多少钱", "request_human", also=PRICE)

    assert "utter_also_wanted" not in [one.response for one in said]


async def test_the_person_who_takes_over_is_told_of_it(chat, services):
    await chat.hear("转人工，顺便问下寄到郑州多少钱", "request_human", also=PRICE)

    view = await services.conversations.view(UUID(chat.metadata["conversation_id"]))
    assert PRICE["text"] in (view.hand_off_summary or "")
