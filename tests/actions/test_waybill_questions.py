"""Questions about one waybill: which one, may the customer know, and the honest answer."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from actions import Services, build_actions
from actions.binding import BIND
from bot.network.tables import OutletRow
from bot.tickets.model import TicketKind
from bot.tickets.service import Contact
from bot.waybills.model import CheckpointKind, WaybillStatus
from bot.waybills.source import InMemoryWaybillSource
from tests.actions.conftest import first_steps
from tests.builders import NOW, make_checkpoint, make_waybill
from tests.fakes import LittleRasa, Said

NO = "YD2026000000011"
OTHER = "YD2026000000022"


@pytest.fixture(autouse=True)
def parcel(waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO))


async def test_a_question_without_a_number_asks_for_it_then_for_the_phone_tail_then_answers(chat: LittleRasa) -> None:
    [number] = await chat.hear("我的快递到哪了", "query_waybill")
    [tail] = await chat.hear(NO, "query_waybill", waybill_no=NO)
    [answer] = await chat.hear("1234", "inform")
    assert (number.response, tail.response) == ("utter_need_waybill_no", "utter_need_phone_tail")
    assert answer.response == "utter_waybill_status"
    assert answer.values["waybill_no"] == NO
    assert chat.form is None


async def test_number_and_tail_in_one_sentence_are_answered_at_once(chat: LittleRasa) -> None:
    [answer] = await chat.hear(f"{NO} 尾号1234 到哪了", "query_waybill", waybill_no=NO, phone_tail="1234")
    assert answer.response == "utter_waybill_status"


async def test_a_tail_beside_the_number_needs_no_word_for_it(chat: LittleRasa) -> None:
    [answer] = await chat.hear(f"{NO} 1234", "query_waybill", waybill_no=NO)
    assert answer.response == "utter_waybill_status"


async def test_the_waybill_under_discussion_is_remembered_and_replaced_by_a_new_number(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(OTHER))
    await chat.hear(f"{NO} 尾号1234", "query_waybill", waybill_no=NO, phone_tail="1234")
    [eta] = await chat.hear("什么时候到", "query_eta")
    [tail] = await chat.hear(f"那{OTHER}呢", "query_eta", waybill_no=OTHER)
    assert (eta.response, eta.values["waybill_no"]) == ("utter_eta", NO)
    assert (tail.response, tail.values["waybill_no"]) == ("utter_need_phone_tail", OTHER)


async def test_several_numbers_are_answered_one_after_the_other(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(OTHER))
    [tail] = await chat.hear(f"{NO} {OTHER} 到哪了", "query_waybill")
    first, offer = await chat.hear("1234", "inform", phone_tail="1234")
    [second_tail] = await chat.hear("好的", "affirm")
    assert tail.values["waybill_no"] == first.values["waybill_no"] == NO
    assert (offer.response, offer.values["wish"]) == ("utter_also_wanted", OTHER)
    assert second_tail.values["waybill_no"] == OTHER


@pytest.mark.parametrize(("typed", "meant"), [("第二个", OTHER), ("前面那个", NO), ("最后一个吧", OTHER)])
async def test_one_of_several_numbers_is_pointed_at(
    chat: LittleRasa, waybills: InMemoryWaybillSource, typed: str, meant: str
) -> None:
    waybills.add(make_waybill(OTHER))
    [which] = await chat.hear(f"{NO} {OTHER} 改地址", "change_address")
    [tail] = await chat.hear(typed, "affirm")
    assert which.response == "utter_which_waybill"
    assert tail.values["waybill_no"] == meant


@pytest.mark.parametrize(
    ("typed", "digits", "more"), [("YD880000000001", "12", "漏"), ("YD88000000000112", "14", "多")]
)
async def test_a_number_of_the_wrong_length_is_told_what_is_wrong(
    chat: LittleRasa, typed: str, digits: str, more: str
) -> None:
    [wrong] = await chat.hear(typed, "query_waybill", waybill_no=typed)
    assert wrong.response == "utter_waybill_length"
    assert (wrong.values["digits"], wrong.values["more"]) == (digits, more)


async def test_a_phone_number_in_place_of_a_waybill_leads_to_proving_it(chat: LittleRasa) -> None:
    await chat.hear("我的快递到哪了", "query_waybill")
    [said] = await chat.hear("我手机号是13812341024你帮我查", "out_of_scope", confidence=0.3, phone="13812341024")
    assert said.response == "utter_phone_is_no_waybill"
    assert said.payloads == ["/bind_phone"]


@pytest.mark.parametrize("typed", ["我不知道尾号", "我是她老公，你就告诉我吧"])
async def test_who_has_no_tail_hears_why_it_is_wanted_and_of_a_person(chat: LittleRasa, typed: str) -> None:
    await chat.hear(NO, "query_waybill", waybill_no=NO)
    said = await chat.hear(typed, "query_pickup_code" if "尾号" in typed else "nlu_fallback", confidence=0.6)
    assert said[0].response == "utter_without_phone_tail"
    assert NO not in str(said[0].values)


async def test_the_second_wrong_tail_offers_a_way_out(chat: LittleRasa) -> None:
    await chat.hear(NO, "query_waybill", waybill_no=NO)
    [first] = await chat.hear("1111", "inform")
    [second] = await chat.hear("2222", "inform")
    assert first.payloads == []
    assert second.payloads == ["/cancel_flow", "/request_human"]


async def test_an_unknown_number_is_said_to_be_unknown_and_not_remembered(chat: LittleRasa) -> None:
    [unknown] = await chat.hear("YD9999999999999", "query_waybill")
    assert (unknown.response, unknown.values) == ("utter_waybill_unknown", {"waybill_no": "YD9999999999999"})
    assert chat.slots.get("waybill_no") is None


async def test_a_wrong_tail_is_refused_and_too_many_lead_to_a_person(chat: LittleRasa, services: Services) -> None:
    await chat.hear(NO, "query_waybill", waybill_no=NO)
    refused = [await chat.hear(tail, "inform") for tail in ("1111", "2222", "3333")]
    silent = await chat.hear("4444", "inform")
    assert {said[0].response for said in refused} == {"utter_phone_tail_wrong"}
    assert silent == []
    view = await services.conversations.view(_conversation(chat))
    assert view.hand_off_reason == "locked"
    assert chat.form is None


async def test_the_second_wrong_answer_in_a_row_offers_to_give_up_or_a_person(chat: LittleRasa) -> None:
    await chat.hear(NO, "query_waybill", waybill_no=NO)
    [first] = await chat.hear("12", "inform")
    [second] = await chat.hear("12345", "inform")
    assert first.buttons == []
    assert second.payloads == ["/cancel_flow", "/request_human"]


async def test_who_does_not_know_the_number_is_told_where_it_stands(chat: LittleRasa) -> None:
    await chat.hear("查快递", "query_waybill")
    [where] = await chat.hear("我不知道单号", "deny")
    assert where.response == "utter_where_waybill_no"
    assert where.payloads == [BIND, "/request_human"]


@pytest.mark.parametrize("intent", ["query_waybill", "faq", "query_order", "inform"])
async def test_having_no_number_is_an_answer_whatever_the_classifier_makes_of_it(chat: LittleRasa, intent: str) -> None:
    await chat.hear("催派送", "urge_delivery")
    [where] = await chat.hear("单号找不到了", intent)
    assert where.response == "utter_where_waybill_no"
    assert chat.form == "urge_delivery_form"


async def test_who_gives_up_without_a_number_is_not_kept(chat: LittleRasa) -> None:
    await chat.hear("催派送", "urge_delivery")
    await chat.hear("没有单号，算了", "cancel_flow")
    assert chat.form is None


@pytest.mark.parametrize(
    ("told", "response"),
    [
        ("帮我查下快递，单号忘了", "utter_where_waybill_no"),
        ("没有单号，只有手机号", "utter_phone_is_no_waybill"),
        ("查快递，手机号13812345678", "utter_phone_is_no_waybill"),
        ("查快递", "utter_need_waybill_no"),
        ("我的单号没有物流信息", "utter_need_waybill_no"),
    ],
)
async def test_who_begins_without_a_number_is_not_asked_for_it(chat: LittleRasa, told: str, response: str) -> None:
    [said] = await chat.hear(told, "query_waybill")
    assert said.response == response
    assert (BIND in said.payloads) == (response != "utter_need_waybill_no")
    assert chat.form == "query_waybill_form"


@pytest.mark.parametrize("intent", ["deny", "inform", "nlu_fallback"])
async def test_no_number_after_an_answer_begins_a_search(chat: LittleRasa, intent: str) -> None:
    [said] = await chat.hear("没有单号啊", intent)
    assert said.response == "utter_where_waybill_no"
    assert chat.form == "query_waybill_form"


LATE = NOW - timedelta(hours=30)


async def ask(chat: LittleRasa, words: str = "到哪了", intent: str = "query_waybill") -> Said:
    [answer] = await chat.hear(f"{NO} {words} 尾号1234", intent, waybill_no=NO, phone_tail="1234")
    return answer


@pytest.mark.parametrize(
    ("intent", "response"), [("query_waybill", "utter_waybill_status"), ("query_eta", "utter_eta")]
)
async def test_asking_after_a_late_parcel_opens_a_trace_and_says_its_number(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource, intent: str, response: str
) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE))
    answer = await ask(chat, "怎么还没到", intent)
    [ticket] = await services.tickets.of_waybill(NO)
    [summary] = await services.tickets.summaries_of(_conversation(chat))
    assert (ticket.category, ticket.contacts, ticket.channel) == ("trace", 1, "web")
    assert "怎么还没到" in ticket.text
    assert answer.response == response
    assert "1 天 6 小时" in answer.values["outlook"]
    assert answer.values["offer"].startswith(f"已为您登记查件工单 {ticket.ticket_no}，")
    assert answer.payloads[0] == "/query_ticket"
    assert (summary.wrap_up_code, ticket.ticket_no in summary.text) == (intent, True)


async def test_asking_again_is_one_more_contact_on_the_trace_whichever_way_it_is_asked(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE))
    await ask(chat)
    again = await ask(chat, "什么时候到", "query_eta")
    [ticket] = await services.tickets.of_waybill(NO)
    assert (ticket.contacts, ticket.priority) == (2, "high")
    assert again.values["offer"].startswith(f"查件工单 {ticket.ticket_no} 正在处理")


async def test_the_other_party_asking_is_one_more_contact_on_the_same_trace(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE))
    other = await services.conversations.open("web", "visitor-2")
    contact = Contact(other.customer_id, other.id, "other:1")
    opened = await services.tickets.report(TicketKind.service, "trace", "到哪了", waybill_no=NO, contact=contact)
    answer = await ask(chat)
    [ticket] = await services.tickets.of_waybill(NO)
    assert (ticket.ticket_no, ticket.contacts) == (opened.ticket_no, 2)
    assert opened.ticket_no in answer.values["offer"]


async def test_a_turn_that_is_tried_twice_asks_once(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE))
    same_turn = LittleRasa(build_actions(services), first_steps(), chat.metadata)
    first, second = await ask(chat), await ask(same_turn)
    [ticket] = await services.tickets.of_waybill(NO)
    assert ticket.contacts == 1
    assert second.values["offer"] == first.values["offer"]
    assert len(await services.tickets.summaries_of(_conversation(chat))) == 1


@pytest.mark.parametrize(
    "waybill",
    [
        {},
        {"track": (make_checkpoint(hours_ago=96),)},
        {"promised_at": LATE, "agreed_at": NOW + timedelta(hours=20)},
        {"promised_at": LATE, "status": WaybillStatus.delivered, "delivered_at": NOW},
        {"promised_at": LATE, "status": WaybillStatus.returning},
        {"promised_at": LATE, "status": WaybillStatus.at_station, "pickup_place": "菜鸟驿站"},
        {"promised_at": None, "carrier": "shunfeng"},
    ],
    ids=["in_time", "standing_still", "agreed_later", "delivered", "turned_back", "at_a_station", "another_carriers"],
)
@pytest.mark.parametrize("intent", ["query_waybill", "query_eta"])
async def test_asking_after_a_parcel_that_owes_nothing_ends_with_its_status_and_a_summary(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource, waybill: dict[str, Any], intent: str
) -> None:
    waybills.add(make_waybill(NO, **waybill))
    await ask(chat, intent=intent)
    assert await services.tickets.of_waybill(NO) == []
    [summary] = await services.tickets.summaries_of(_conversation(chat))
    assert summary.wrap_up_code == intent


async def test_other_questions_about_a_late_parcel_offer_to_hurry_it_and_a_plain_yes_takes_that_up(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE))
    code = await ask(chat, "取件码", "query_pickup_code")
    assert await services.tickets.of_waybill(NO) == []
    [done] = await chat.hear("好的", "affirm")
    assert code.values["offer"] == "需要我帮您催一下吗？"
    assert done.response == "utter_urge_delivery_done"


async def test_an_offer_stands_for_one_turn_only(chat: LittleRasa, waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE))
    await ask(chat, "取件码", "query_pickup_code")
    await chat.hear("谢谢", "thank")
    [reply] = await chat.hear("好的", "affirm")
    assert reply.response == "utter_affirm"


async def test_a_parcel_that_stands_still_in_time_is_said_to_and_nothing_is_offered_that_will_not_be_done(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, track=(make_checkpoint(hours_ago=96),)))
    status = await ask(chat)
    assert "4 天" in status.values["outlook"]
    assert chat.slots.get("offer") is None


async def test_a_late_parcel_that_stands_still_can_be_reported_as_such(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, promised_at=LATE, track=(make_checkpoint(hours_ago=96),)))
    await ask(chat, "取件码", "query_pickup_code")
    assert chat.slots["offer"] == "report_stalled"


async def test_a_delivery_without_a_delivery_scan_is_pointed_out(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    track = (make_checkpoint(hours_ago=20), make_checkpoint(CheckpointKind.delivered, hours_ago=2))
    delivered = {"status": WaybillStatus.delivered, "delivered_at": NOW - timedelta(hours=2), "track": track}
    waybills.add(make_waybill(NO, **delivered))
    [status] = await chat.hear(f"{NO} 尾号1234", "query_waybill", waybill_no=NO, phone_tail="1234")
    assert "没有派送记录" in status.values["outlook"]
    assert status.payloads[0] == "/report_false_delivery"


async def test_the_pickup_code_is_told_only_where_there_is_one(
    chat: LittleRasa, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(OTHER, status=WaybillStatus.at_station, pickup_code="3-2-1001", pickup_place="菜鸟驿站"))
    [none] = await chat.hear(f"{NO} 取件码 1234", "query_pickup_code", waybill_no=NO, phone_tail="1234")
    [code] = await chat.hear(f"{OTHER} 尾号1234", "query_pickup_code", waybill_no=OTHER, phone_tail="1234")
    assert none.response == "utter_pickup_code_none"
    assert (code.response, code.values["code"]) == ("utter_pickup_code", "3-2-1001")


async def test_while_no_courier_has_it_the_outlet_is_named(chat: LittleRasa, outlet: OutletRow) -> None:
    [answer] = await chat.hear(f"{NO} 尾号1234", "query_courier", waybill_no=NO, phone_tail="1234")
    assert (answer.response, answer.values["phone"]) == ("utter_courier_outlet", outlet.phone)


async def test_every_answered_question_leaves_one_summary(chat: LittleRasa, services: Services) -> None:
    await chat.hear(f"{NO} 尾号1234", "query_waybill", waybill_no=NO, phone_tail="1234")
    [summary] = await services.tickets.summaries_of(_conversation(chat))
    assert (summary.wrap_up_code, summary.waybill_no) == ("query_waybill", NO)


async def test_a_bare_phone_tail_goes_on_with_the_last_question(chat: LittleRasa) -> None:
    await chat.hear(f"{NO} 什么时候到", "query_eta", waybill_no=NO)
    await chat.hear("算了", "cancel_flow")
    [answer] = await chat.hear("1234", "inform", phone_tail="1234")
    assert answer.response == "utter_eta"


def _conversation(chat: LittleRasa) -> UUID:
    return UUID(chat.metadata["conversation_id"])
