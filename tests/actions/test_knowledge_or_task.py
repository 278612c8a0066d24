"""A sentence that could open a form, or be a question of policy."""

import pytest

from tests.actions.test_reports import tickets_of
from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeCandidate, FakeRetrieval

QUESTION = "没保价摔坏了赔多少"


@pytest.fixture
def sure_faq(faq):
    """The knowledge base knows the question, with a probability of 0.8."""
    faq.found[QUESTION] = FakeRetrieval("answer", [FakeCandidate("claims.uninsured", "没保价怎么赔", 0.8)])
    faq.answers["claims.uninsured"] = FakeAnswer("未保价按运费的倍数赔。")
    return faq


async def test_a_likelier_question_of_policy_is_answered_and_the_task_is_one_tap_away(chat, sure_faq):
    (said,) = await chat.hear(QUESTION, "apply_claim", confidence=0.6)

    assert said.text == "未保价按运费的倍数赔。"
    assert "/apply_claim" in said.payloads
    assert chat.form is None


async def test_a_likelier_task_starts_its_form(chat, sure_faq):
    sure_faq.found["东西坏了我要理赔"] = sure_faq.found[QUESTION]

    await chat.hear("东西坏了我要理赔", "apply_claim", confidence=0.9)

    assert chat.form == "apply_claim_form"


async def test_who_asks_how_much_is_paid_has_not_asked_for_it_yet(chat, sure_faq):
    [said] = await chat.hear(QUESTION, "apply_claim", confidence=0.99)

    assert said.text == "未保价按运费的倍数赔。"
    assert chat.form is None


async def test_a_question_of_terms_with_several_answers_is_a_choice(chat, faq):
    faq.found["保价了是全赔吗"] = FakeRetrieval("ask", [FakeCandidate("claims.insured", "保价怎么赔", 0.4)])

    [said] = await chat.hear("保价了是全赔吗", "apply_claim", confidence=0.9)

    assert said.response == "utter_did_you_mean"
    assert said.payloads[-1] == "/apply_claim"


async def test_a_sentence_with_a_waybill_number_is_about_that_waybill(chat, sure_faq, waybills):
    waybills.add(make_waybill())
    text = f"YD2026000000011{QUESTION}"
    sure_faq.found[text] = sure_faq.found[QUESTION]

    await chat.hear(text, "apply_claim", confidence=0.6, waybill_no="YD2026000000011")

    assert chat.form == "apply_claim_form"


async def test_a_tapped_task_is_not_doubted(chat, sure_faq):
    await chat.hear("/apply_claim", "apply_claim", confidence=0.6)

    assert chat.form == "apply_claim_form"


async def test_a_form_that_was_interrupted_by_the_question_goes_on(chat, sure_faq):
    await chat.hear("我要改地址", "change_address")

    said = await chat.hear(QUESTION, "apply_claim", confidence=0.6)

    assert said[0].text == "未保价按运费的倍数赔。"
    assert chat.form == "change_address_form"
    assert said[-1].response == "utter_need_waybill_no"


async def test_a_likelier_question_is_no_request_about_personal_data(chat, services, faq):
    asked = "怎么查我的单号"
    faq.found[asked] = FakeRetrieval("answer", [FakeCandidate("tracking.how_to", "怎么查快递", 0.9)])
    faq.answers["tracking.how_to"] = FakeAnswer("把运单号发给我就能查。")

    [said] = await chat.hear(asked, "privacy_request", confidence=0.7)

    assert said.text == "把运单号发给我就能查。"
    assert said.payloads[-1] == "/privacy_request"
    assert await tickets_of(chat, services) == []

    await chat.hear("/privacy_request", "privacy_request", confidence=1.0)
    [ticket] = await tickets_of(chat, services)
    assert (ticket.category, ticket.text) == ("privacy", asked)


async def test_a_likelier_request_about_personal_data_is_recorded(chat, services, faq):
    faq.found["我的信息安全吗"] = FakeRetrieval("answer", [FakeCandidate("account.privacy_policy", "信息保护", 0.8)])

    [said] = await chat.hear("我的信息安全吗", "privacy_request", confidence=0.95)

    assert said.response == "utter_privacy_request_done"
