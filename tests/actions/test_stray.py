"""What the classifier takes for none of our matters."""

from uuid import UUID

import pytest

from actions.danger import speaks_of_ending_life
from actions.earlier import completed
from bot.conversations.model import HandOffReason
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeCandidate, FakeFaq, FakeRetrieval, LittleRasa

NO = "YD2026000000011"


def knows(faq: FakeFaq, question: str, topic: str) -> None:
    faq.found[question] = FakeRetrieval("answer", [FakeCandidate(topic, question, 0.9)])
    faq.answers[topic] = FakeAnswer(f"关于{topic}")


async def test_a_number_and_a_tail_are_a_question_about_the_parcel(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    [said] = await chat.hear(f"{NO} 1234", "out_of_scope", confidence=0.6, waybill_no=NO)
    assert said.response == "utter_waybill_status"


@pytest.mark.parametrize(
    ("typed", "response"),
    [
        ("😡😡", "utter_upset"),
        ("👍", "utter_thank"),
        ("🙏", "utter_thank"),
        ("❓", "utter_please_say"),
        ("...", "utter_please_say"),
    ],
)
@pytest.mark.parametrize("intent", ["out_of_scope", "nlu_fallback", "chitchat"])
async def test_signs_are_answered_as_a_person_would(chat: LittleRasa, typed: str, response: str, intent: str) -> None:
    [said] = await chat.hear(typed, intent, confidence=0.9)
    assert said.response == response


async def test_signs_in_a_form_never_confirm_anything(chat: LittleRasa, waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO))
    await chat.hear(f"{NO} 尾号1234 拒收", "refuse_parcel", waybill_no=NO, phone_tail="1234")
    said = await chat.hear("👍", "out_of_scope")
    assert [one.response for one in said] == ["utter_answer_unclear", "utter_confirm_refuse_parcel"]


async def test_a_question_that_continues_the_one_before_is_answered(chat: LittleRasa, faq: FakeFaq) -> None:
    knows(faq, "酒能寄吗", "liquids")
    knows(faq, "锂电池可以寄吗", "batteries")
    await chat.hear("酒能寄吗", "faq")
    [said] = await chat.hear("那锂电池呢", "out_of_scope", confidence=0.99)
    assert said.text == "关于batteries"


async def test_goods_alone_are_asked_about(chat: LittleRasa, faq: FakeFaq) -> None:
    knows(faq, "打火机可以寄吗", "prohibited")
    [said] = await chat.hear("打火机", "out_of_scope", goods="打火机")
    assert said.text == "关于prohibited"


async def test_a_parcel_of_another_carrier_is_told_apart_from_what_nobody_understands(chat: LittleRasa) -> None:
    [said] = await chat.hear("圆通的件能帮我查吗", "out_of_scope")
    assert (said.response, said.values["other"]) == ("utter_other_not_ours", "圆通")


async def test_nobody_who_complains_is_bidden_farewell(chat: LittleRasa) -> None:
    [said] = await chat.hear("太慢了吧", "goodbye", confidence=0.31)
    assert said.response != "utter_goodbye"


async def test_what_is_wanted_instead_goes_on_at_once(chat: LittleRasa) -> None:
    await chat.hear("我要寄件", "place_order")
    [said] = await chat.hear("算了我先查个快递", "cancel_flow")
    assert said.response == "utter_need_waybill_no"
    assert chat.form == "query_waybill_form"


@pytest.mark.parametrize("intent", ["cancel_flow", "refuse_parcel", "chitchat"])
async def test_a_life_comes_first(chat: LittleRasa, services, intent: str) -> None:
    assert await chat.hear("我不想活了", intent) == []
    assert chat.form is None
    view = await services.conversations.view(UUID(chat.metadata["conversation_id"]))
    assert view.hand_off_reason == HandOffReason.risk
    helpline, transfer = [each.text for each in await services.conversations.messages_after(view.id, 0)][-2:]
    assert "12356" in helpline
    assert "转接人工" in transfer


@pytest.mark.parametrize("text", ["你们这跳楼价也太贵了", "生命不息寄件不止"])
def test_a_figure_of_speech_is_no_danger(text: str) -> None:
    assert not speaks_of_ending_life(text)


async def test_nothing_is_ordered_when_the_form_has_failed(chat: LittleRasa, services) -> None:
    said: list = []
    chat._message = {"text": "我要寄件", "intent": {"name": "place_order", "confidence": 1.0}, "entities": []}
    chat._message["metadata"] = chat.metadata | {"turn": f"{chat.metadata['conversation_id']}:1", "seq": 1}
    chat.events.append({"event": "user", "text": "我要寄件", "parse_data": chat._message})
    await chat._run("action_place_order", said)
    assert said == []
    assert chat.slots["hand_off_reason"] == HandOffReason.failed
    assert await services.orders.of_customer(chat.metadata["customer_id"]) == []


@pytest.mark.parametrize(
    ("typed", "before", "whole"),
    [
        ("那锂电池呢", ["酒能寄吗"], "锂电池可以寄吗"),
        ("台湾", ["美国呢", "香港能寄吗"], "台湾可以寄吗"),
        ("乡下呢", ["你们送货上门吗"], "乡下可以送到吗"),
        ("那锂电池呢", ["你好"], None),
    ],
)
def test_an_ellipsis_is_completed_from_what_was_asked_before(typed: str, before: list[str], whole: str | None) -> None:
    assert completed(typed, before) == whole


@pytest.mark.parametrize("intent", ["goodbye", "nlu_fallback", "faq"])
async def test_a_plaint_nobody_understands_meets_an_apology(chat: LittleRasa, intent: str) -> None:
    [said] = await chat.hear("你们是不是有病，太慢了", intent, confidence=0.3)
    assert said.response == "utter_unknown_upset"


async def test_with_a_parcel_under_discussion_a_plaint_is_met_with_help(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    await chat.hear(f"{NO} 尾号1234 到哪了", "query_waybill", waybill_no=NO, phone_tail="1234")
    [sorry] = await chat.hear("太慢了吧", "goodbye", confidence=0.31)
    [urged] = await chat.hear("好的", "affirm")
    assert (sorry.response, urged.response) == ("utter_upset_parcel", "utter_urge_in_time")


async def test_going_on_in_a_form_is_no_giving_up(chat: LittleRasa) -> None:
    await chat.hear("我要寄件", "place_order")
    [said] = await chat.hear("继续刚才的寄件", "cancel_flow")
    assert (said.response, chat.form) == ("utter_need_pickup_address", "place_order_form")
