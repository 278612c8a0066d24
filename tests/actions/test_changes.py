"""Changes to a parcel on its way, and pickup orders: confirmed, recorded once, refused when too late."""

from uuid import UUID

import pytest
from sqlalchemy import select

from actions import Services
from bot.db import Database
from bot.waybills.model import WaybillStatus
from bot.waybills.source import InMemoryWaybillSource
from bot.waybills.tables import Instruction
from tests.actions.test_reports import tickets_of
from tests.builders import make_waybill
from tests.fakes import LittleRasa, Said

NO = "YD2026000000011"
ADDRESS = "浙江省杭州市滨江区江南大道100号"


@pytest.fixture(autouse=True)
def parcel(waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO))


async def instructions(database: Database) -> list[Instruction]:
    async with database.transaction() as session:
        return list((await session.scalars(select(Instruction))).all())


async def begin(chat: LittleRasa, words: str, intent: str, **entities: str) -> Said:
    said = await chat.hear(f"{words} {NO} 尾号1234", intent, waybill_no=NO, phone_tail="1234", **entities)
    return said[-1]


async def test_an_address_is_changed_after_a_yes(chat: LittleRasa, database: Database) -> None:
    asked = await begin(chat, "改地址", "change_address")
    [confirm] = await chat.hear(ADDRESS, "inform", address=ADDRESS)
    assert await instructions(database) == []
    [done] = await chat.hear("是的", "affirm")
    [recorded] = await instructions(database)
    assert (asked.response, confirm.response) == ("utter_need_new_address", "utter_confirm_change_address")
    assert done.response == "utter_change_address_done"
    assert recorded.details["new_address"] == ADDRESS


async def test_a_new_phone_alone_is_enough(chat: LittleRasa, database: Database) -> None:
    confirm = await begin(chat, "电话改成13800138000", "change_address", phone="13800138000")
    await chat.hear("对", "affirm")
    [recorded] = await instructions(database)
    assert confirm.response == "utter_confirm_change_address"
    assert recorded.details["new_phone"] == "13800138000"


async def test_a_whole_phone_number_also_proves_the_customer_and_is_not_the_new_one(chat: LittleRasa) -> None:
    await chat.hear(f"{NO} 改地址", "change_address", waybill_no=NO)
    [said] = await chat.hear("13900001234", "inform", phone="13900001234")
    assert said.response == "utter_need_new_address"
    assert chat.slots.get("new_phone") is None


@pytest.mark.parametrize(("intent", "kind"), [("intercept_parcel", "intercept"), ("refuse_parcel", "refuse")])
async def test_sending_back_needs_a_yes(chat: LittleRasa, database: Database, intent: str, kind: str) -> None:
    confirm = await begin(chat, "退回去", intent)
    [done] = await chat.tap(confirm.buttons[0])
    [recorded] = await instructions(database)
    assert (confirm.response, done.response) == (f"utter_confirm_{intent}", f"utter_{intent}_done")
    assert (recorded.kind, recorded.party) == (kind, "consignee")


async def test_another_date_and_a_way_of_delivery_need_no_yes(chat: LittleRasa, database: Database) -> None:
    later = await begin(chat, "周六再送", "reschedule_delivery", date="周六")
    locker = await begin(chat, "放驿站", "delivery_preference")
    details = [row.details for row in await instructions(database)]
    assert (later.response, locker.response) == ("utter_reschedule_delivery_done", "utter_delivery_preference_done")
    assert details[0]["delivery_when"] == "3月7日（周六）"
    assert "放驿站" in details[1]["preference"]


async def test_ways_of_delivery_are_offered_when_none_is_named(chat: LittleRasa) -> None:
    asked = await begin(chat, "我有要求", "delivery_preference")
    [done] = await chat.hear("送货上门", "delivery_preference")
    assert (asked.response, done.response) == ("utter_need_preference", "utter_delivery_preference_done")


@pytest.mark.parametrize(
    "intent", ["change_address", "reschedule_delivery", "delivery_preference", "intercept_parcel", "refuse_parcel"]
)
async def test_what_is_too_late_is_said_before_anything_else_is_asked(
    chat: LittleRasa, waybills: InMemoryWaybillSource, intent: str
) -> None:
    waybills.add(make_waybill(NO, status=WaybillStatus.delivered))
    said = await begin(chat, "改一下", intent)
    assert (said.response, chat.form) == ("utter_too_late", None)
    assert said.values["reason"] == "快件已经签收。"
    assert "/request_human" in said.payloads


async def test_a_parcel_that_moved_on_meanwhile_is_not_changed(
    chat: LittleRasa, waybills: InMemoryWaybillSource, database: Database
) -> None:
    await begin(chat, "拒收", "refuse_parcel")
    waybills.add(make_waybill(NO, status=WaybillStatus.delivered))
    [said] = await chat.hear("是的", "affirm")
    assert said.response == "utter_too_late"
    assert await instructions(database) == []


async def test_an_order_lives_from_placing_to_cancelling(chat: LittleRasa, services: Services) -> None:
    there = "上海市浦东新区张江路100号"
    sentence = f"寄一箱苹果，从{ADDRESS}寄到{there}，电话13912345678，明天来取"
    facts = {"goods": "一箱苹果", "phone": "13912345678", "date": "明天"}
    await chat.hear(sentence, "place_order", address=[ADDRESS, there], **facts)
    [placed] = await chat.hear("是的", "affirm")
    [listed] = await chat.hear("有人接单了吗", "query_order")
    [moved] = await chat.hear("改成后天", "change_pickup_time", date="后天")
    [urged] = await chat.hear("怎么还不来取", "urge_pickup")
    await chat.hear("取消订单", "cancel_order")
    [cancelled] = await chat.hear("是的", "affirm")
    [order] = await services.orders.of_customer(UUID(chat.metadata["customer_id"]))
    responses = [said.response for said in (placed, listed, moved, urged, cancelled)]
    assert responses == [
        "utter_place_order_done",
        "utter_query_order_found",
        "utter_change_pickup_time_done",
        "utter_urge_pickup_done",
        "utter_cancel_order_done",
    ]
    assert (order.status, order.pickup_when, order.urged) == ("cancelled", "3月6日（周五）", 1)


async def test_a_waybill_that_waits_to_be_collected_is_urged_by_its_number(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, status=WaybillStatus.created))
    [tail] = await chat.hear(f"{NO} 怎么还没人来取件", "urge_pickup", waybill_no=NO)
    [urged] = await chat.hear("1234", "inform")
    [again] = await chat.hear("等了一天了，快来取", "urge_pickup")
    [ticket] = await tickets_of(chat, services)
    assert (tail.response, urged.response, again.response) == (
        "utter_need_phone_tail",
        "utter_urge_pickup_done",
        "utter_urge_pickup_done",
    )
    assert (ticket.category, ticket.waybill_no) == ("pickup", NO)
    assert chat.form is None


async def test_a_waybill_that_was_collected_is_not_urged_but_told_of(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, status=WaybillStatus.in_transit))
    [said] = await chat.hear(f"{NO} 尾号1234 怎么还没来取", "urge_pickup", waybill_no=NO, phone_tail="1234")
    assert said.response == "utter_waybill_status"
    assert await tickets_of(chat, services) == []


async def test_an_own_order_is_urged_whatever_parcel_was_spoken_of(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    waybills.add(make_waybill(NO, status=WaybillStatus.in_transit))
    await chat.hear(f"{NO} 尾号1234 到哪了", "query_waybill", waybill_no=NO, phone_tail="1234")
    [none] = await chat.hear("怎么还不来取", "urge_pickup")
    assert none.response == "utter_no_order_no"
    assert await tickets_of(chat, services) == []


@pytest.mark.parametrize("intent", ["cancel_order", "change_pickup_time", "urge_pickup", "query_order"])
async def test_without_an_order_placing_one_is_offered(chat: LittleRasa, intent: str) -> None:
    [said] = await chat.hear("我的订单", intent)
    assert (said.response, chat.form) == ("utter_no_order_no", None)
    assert said.payloads[0] == "/place_order"
