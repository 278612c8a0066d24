"""Being unsure, dissatisfied or abused, knowledge, small talk, and the way to a person."""

from uuid import UUID

import pytest

from actions import Services
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeCandidate, FakeFaq, FakeRetrieval, LittleRasa

NO = "YD2026000000011"
INSURED = FakeCandidate("claims.insured", "保价是什么？")


async def reason_of(chat: LittleRasa, services: Services) -> str | None:
    return (await services.conversations.view(UUID(chat.metadata["conversation_id"]))).hand_off_reason


async def test_a_sure_answer_comes_with_its_button_and_two_related_questions(chat: LittleRasa, faq: FakeFaq) -> None:
    faq.found["保价怎么收费"] = FakeRetrieval("answer", [INSURED])
    related = [("claims.standard", "赔多少？"), ("claims.uninsured", "没保价怎么赔？"), ("claims.how_long", "多久？")]
    faq.answers["claims.insured"] = FakeAnswer("按声明价值收取。", ("申请理赔", "apply_claim"), related)
    [said] = await chat.hear("保价怎么收费", "faq")
    assert said.text == "按声明价值收取。"
    assert said.payloads == [
        "/apply_claim",
        '/faq{"faq_topic": "claims.standard"}',
        '/faq{"faq_topic": "claims.uninsured"}',
    ]


async def test_a_topic_tapped_is_answered_directly(chat: LittleRasa, faq: FakeFaq) -> None:
    faq.found["保价"] = FakeRetrieval("ask", [INSURED])
    faq.answers["claims.insured"] = FakeAnswer("按声明价值收取。")
    [asked] = await chat.hear("保价", "faq")
    [said] = await chat.tap(asked.buttons[0])
    assert (asked.response, asked.buttons[-1]["payload"]) == ("utter_did_you_mean", "/dissatisfied")
    assert said.text == "按声明价值收取。"


async def test_what_the_knowledge_base_does_not_know_is_admitted(chat: LittleRasa) -> None:
    [said] = await chat.hear("你们老板姓什么", "faq")
    assert said.response == "utter_faq_unknown"


async def test_unsure_proposes_tasks_by_name_and_a_person(chat: LittleRasa) -> None:
    ranking = [("nlu_fallback", 0.3), ("urge_delivery", 0.25), ("deny", 0.2), ("query_eta", 0.15), ("appeal", 0.01)]
    [said] = await chat.hear("那个啥", "nlu_fallback", ranking=ranking)
    assert said.response == "utter_did_you_mean"
    assert said.payloads == ["/urge_delivery", "/query_eta", "/dissatisfied", "/request_human"]
    assert said.buttons[0]["title"] == "催派送"


async def test_unsure_twice_in_a_row_leads_to_a_person(chat: LittleRasa, services: Services) -> None:
    await chat.hear("阿巴", "nlu_fallback")
    assert await chat.hear("阿巴阿巴", "nlu_fallback") == []
    assert await reason_of(chat, services) == "unsure"


async def test_being_understood_in_between_starts_the_count_again(chat: LittleRasa, services: Services) -> None:
    await chat.hear("阿巴", "nlu_fallback")
    await chat.hear("谢谢", "thank")
    [said] = await chat.hear("阿巴阿巴", "nlu_fallback")
    assert said.response == "utter_not_understood"
    assert await reason_of(chat, services) is None


async def test_when_unsure_the_knowledge_base_is_asked_first(chat: LittleRasa, faq: FakeFaq) -> None:
    faq.found["保价咋弄"] = FakeRetrieval("answer", [INSURED])
    faq.answers["claims.insured"] = FakeAnswer("按声明价值收取。")
    [said] = await chat.hear("保价咋弄", "nlu_fallback")
    assert said.text == "按声明价值收取。"


async def test_a_number_in_words_nobody_understands_is_looked_up(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    [said] = await chat.hear(f"{NO}咋整啊", "nlu_fallback")
    assert said.response == "utter_need_phone_tail"


async def test_facts_go_to_the_task_they_are_most_likely_for(chat: LittleRasa, waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO))
    ranking = [("inform", 0.5), ("refuse_parcel", 0.3)]
    facts = {"waybill_no": NO, "phone_tail": "1234"}
    [said] = await chat.hear(f"{NO} 尾号1234 不要了", "inform", ranking=ranking, **facts)
    assert said.response == "utter_confirm_refuse_parcel"


async def test_none_of_the_choices_after_being_unsure_leads_to_a_person(chat: LittleRasa, services: Services) -> None:
    await chat.hear("那个", "nlu_fallback", ranking=[("query_eta", 0.2)])
    assert await chat.hear("/dissatisfied", "dissatisfied", confidence=1.0) == []
    assert await reason_of(chat, services) == "dissatisfied"


@pytest.mark.parametrize("intent", ["dissatisfied", "abuse"])
async def test_the_first_time_is_met_with_an_apology_the_second_with_a_person(
    chat: LittleRasa, services: Services, intent: str
) -> None:
    [said] = await chat.hear("什么玩意", intent)
    assert said.response == f"utter_{intent}"
    assert await chat.hear("没用", intent) == []
    assert await reason_of(chat, services) == intent


@pytest.mark.parametrize(
    ("intent", "response"),
    [
        ("greet", "utter_greet_back"),
        ("goodbye", "utter_goodbye"),
        ("thank", "utter_thank"),
        ("affirm", "utter_affirm"),
        ("deny", "utter_deny"),
        ("cancel_flow", "utter_nothing_to_cancel"),
        ("inform", "utter_inform_what"),
        ("bot_challenge", "utter_bot_challenge"),
        ("chitchat", "utter_chitchat"),
        ("out_of_scope", "utter_out_of_scope"),
    ],
)
async def test_every_turn_of_talk_has_an_answer(chat: LittleRasa, intent: str, response: str) -> None:
    [said] = await chat.hear("嗯", intent)
    assert said.response == response


async def test_the_agent_is_told_in_three_lines(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    await chat.hear(f"{NO} 改地址", "change_address", waybill_no=NO)
    await chat.hear("1234", "inform")
    await chat.hear("转人工", "request_human")
    view = await services.conversations.view(UUID(chat.metadata["conversation_id"]))
    assert view.hand_off_intent == "change_address"
    assert view.waybill_no == NO
    want, collected, told = (view.hand_off_summary or "").splitlines()
    assert want == f"诉求：改地址：{NO} 改地址"
    assert collected == f"已收集：运单号 {NO}"
    assert told.startswith("机器人最近答复：")


async def test_a_doubtful_refusal_is_treated_as_not_understood(chat: LittleRasa) -> None:
    ranking = [("out_of_scope", 0.3), ("apply_claim", 0.2)]
    [said] = await chat.hear("我要退货", "out_of_scope", confidence=0.3, ranking=ranking)
    assert said.payloads[0] == "/apply_claim"


async def test_who_says_goodbye_in_a_form_is_not_asked_any_further(chat: LittleRasa) -> None:
    await chat.hear("我要寄快递", "place_order")
    [said] = await chat.hear("再见", "goodbye")
    assert (said.response, chat.form) == ("utter_goodbye", None)
