"""Short words that mean what they mean because of what was said before."""

from dataclasses import replace

import pytest

from bot.network.tables import OutletRow
from bot.waybills.model import WaybillStatus
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeCandidate, FakeFaq, FakeRetrieval, LittleRasa

NO = "YD2026000000011"


async def ask_for(chat: LittleRasa, task: str) -> None:
    await chat.hear(f"{NO} 尾号1234", task, waybill_no=NO, phone_tail="1234")


async def test_another_place_or_weight_changes_the_question_answered_last(chat: LittleRasa) -> None:
    await chat.hear("从广州寄到上海3公斤", "query_price", region=["广州", "上海"], weight="3公斤")
    [there] = await chat.hear("那到北京呢", "query_waybill", confidence=0.4, region="北京")
    [heavier] = await chat.hear("5公斤呢", "query_price", weight="5公斤")
    route = [(said.values["origin"], said.values["target"], said.values["weight"]) for said in (there, heavier)]
    assert route == [("广州", "北京", "3"), ("广州", "北京", "5")]


async def test_another_price_begins_anew(chat: LittleRasa) -> None:
    await chat.hear("从广州寄到上海3公斤", "query_price", region=["广州", "上海"], weight="3公斤")
    [asked] = await chat.hear("我想问一下寄到北京的运费多少钱", "query_price", region="北京")
    assert asked.response == "utter_need_origin"


async def test_who_cannot_reach_the_courier_gets_the_outlet(
    chat: LittleRasa, waybills: InMemoryWaybillSource, outlet: OutletRow
) -> None:
    parcel = make_waybill(NO, status=WaybillStatus.out_for_delivery, courier_phone="13900001111")
    waybills.add(replace(parcel, destination_outlet=outlet.code))
    await ask_for(chat, "query_courier")
    for words, intent in (("打不通", "dissatisfied"), ("他不接", "refuse_parcel")):
        [said] = await chat.hear(words, intent, confidence=0.79)
        assert (said.response, said.values["phone"]) == ("utter_courier_unreachable", "020-38880000")


@pytest.mark.parametrize(("intent", "confidence"), [("faq", 0.9), ("reschedule_delivery", 0.5)])
async def test_a_day_asked_for_is_for_the_parcel_under_discussion(
    chat: LittleRasa, waybills: InMemoryWaybillSource, faq: FakeFaq, intent: str, confidence: float
) -> None:
    waybills.add(make_waybill(NO))
    await ask_for(chat, "query_waybill")
    words = "那明天下午送行不行"
    faq.found[words] = FakeRetrieval("answer", [FakeCandidate("delivery.hours", "一天送几次", 0.9)])
    faq.answers["delivery.hours"] = FakeAnswer("每天两到三批")
    [done] = await chat.hear(words, intent, confidence=confidence, date="明天", time_period="下午")
    assert done.response == "utter_reschedule_delivery_done"


@pytest.mark.parametrize(
    ("typed", "intent"), [("谁签的啊", "report_false_delivery"), ("我没拒收啊为什么退回", "refuse_parcel")]
)
async def test_a_question_about_the_track_is_no_wish(
    chat: LittleRasa, waybills: InMemoryWaybillSource, typed: str, intent: str
) -> None:
    waybills.add(make_waybill(NO))
    await ask_for(chat, "query_courier")
    [said] = await chat.hear(typed, intent)
    assert said.response == "utter_waybill_status"


async def test_when_an_answer_comes_is_answered_with_the_ticket(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    words = f"{NO} 尾号1234 这个快递员骂人态度太差了"
    await chat.hear(words, "complain", waybill_no=NO, phone_tail="1234")
    [said] = await chat.hear("什么时候给我答复", "urge_ticket")
    assert said.response == "utter_query_ticket_found"


async def test_a_day_after_a_parcel_is_not_the_time_of_a_pickup(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    await ask_for(chat, "query_waybill")
    [said] = await chat.hear("换成周六", "change_pickup_time", date="周六")
    assert said.response == "utter_reschedule_delivery_done"


async def test_urging_where_only_another_party_has_a_ticket_is_about_the_parcel(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    await ask_for(chat, "query_waybill")
    [said] = await chat.hear("再催一下", "urge_ticket")
    assert said.response != "utter_no_ticket_no"
    assert said.values["waybill_no"] == NO


async def test_trouble_told_while_the_number_is_asked_for_is_noted(chat: LittleRasa) -> None:
    await chat.hear("我要投诉你们快递员态度恶劣", "complain")
    noted, asked = await chat.hear("他还摔我东西", "complain")
    assert (noted.response, asked.response) == ("utter_noted", "utter_need_waybill_no")
    assert chat.slots["description"].endswith("\n他还摔我东西")


async def test_more_words_to_a_report_just_made_are_its_description(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO))
    words = f"{NO} 尾号1234 快递员多收了我十块钱"
    await chat.hear(words, "report_overcharge", waybill_no=NO, phone_tail="1234")
    [said] = await chat.hear("网上显示12，他收了22", "report_overcharge", amount="12")
    assert said.response == "utter_report_appended"


async def test_how_long_after_a_price_is_about_the_same_route(chat: LittleRasa) -> None:
    await chat.hear("从广州寄到上海3公斤", "query_price", region=["广州", "上海"], weight="3公斤")
    [said] = await chat.hear("多久能到", "query_eta")
    assert (said.response, said.values["origin"], said.values["target"]) == (
        "utter_query_transit_time_done",
        "广州",
        "上海",
    )


async def test_a_question_in_the_middle_of_a_claim_is_no_description(
    chat: LittleRasa, waybills: InMemoryWaybillSource, faq: FakeFaq
) -> None:
    waybills.add(make_waybill(NO))
    faq.found["赔多少啊"] = FakeRetrieval("answer", [FakeCandidate("claims.standard", "赔多少", 0.9)])
    faq.answers["claims.standard"] = FakeAnswer("按规定赔。")
    await ask_for(chat, "apply_claim")
    told, asked = await chat.hear("赔多少啊", "apply_claim")
    assert (told.text, asked.response) == ("按规定赔。", "utter_need_apply_claim_description")
    assert chat.slots.get("description") is None


async def test_a_question_that_continues_one_of_sending_is_not_about_a_parcel(chat: LittleRasa, faq: FakeFaq) -> None:
    faq.found["电瓶可以寄吗"] = FakeRetrieval("answer", [FakeCandidate("batteries", "电池", 0.9)])
    faq.answers["batteries"] = FakeAnswer("只走陆运。")
    await chat.hear("蜂蜜可以寄吗", "faq")
    [said] = await chat.hear("那电瓶呢", "query_waybill", confidence=0.4)
    assert (said.text, chat.form) == ("只走陆运。", None)


async def test_a_day_in_traditional_signs_is_understood(chat: LittleRasa, waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO))
    await ask_for(chat, "query_waybill")
    [said] = await chat.hear("改聽日送", "reschedule_delivery", date="聽日")
    assert "3月5日（周四）" in said.values["details"]


async def test_nobody_asks_twice_for_a_person(chat: LittleRasa) -> None:
    said = await chat.hear("到底有没有人", "urge_ticket")
    assert said == []
    assert chat.slots["hand_off_reason"] is None
