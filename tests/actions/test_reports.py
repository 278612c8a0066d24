"""Reports, complaints and what is put on record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from actions import Services
from bot.db import Database
from bot.tickets.model import Ticket, TicketKind
from bot.tickets.service import Contact
from bot.waybills.model import CheckpointKind, WaybillStatus
from bot.waybills.source import InMemoryWaybillSource
from tests.builders import NOW, make_checkpoint, make_waybill
from tests.fakes import LittleRasa

NO = "YD2026000000011"


@pytest.fixture(autouse=True)
def late_parcel(waybills: InMemoryWaybillSource) -> None:
    waybills.add(make_waybill(NO, promised_at=NOW - timedelta(hours=30)))


async def tickets_of(chat: LittleRasa, services: Services) -> list[Ticket]:
    return await services.tickets.of_customer(UUID(chat.metadata["customer_id"]), limit=9)


async def say(chat: LittleRasa, words: str, intent: str) -> str | None:
    said = await chat.hear(f"{words} {NO} 尾号1234", intent, waybill_no=NO, phone_tail="1234")
    return said[-1].response


async def test_what_is_added_to_a_complaint_without_a_number_belongs_to_it(
    chat: LittleRasa, services: Services
) -> None:
    [opened] = await chat.hear("送件的快递员当着孩子骂我，我要投诉，单号没留", "complain")
    [added] = await chat.hear("昨天下午送件的时候骂我神经病", "complain")
    [ticket] = await tickets_of(chat, services)
    assert (opened.response, added.response) == ("utter_complain_done", "utter_report_appended")
    assert ticket.waybill_no is None


@pytest.mark.parametrize(
    ("intent", "told", "category"),
    [
        ("urge_delivery", "快点送", "expedite"),
        ("report_stalled", "不动了", "stalled"),
        ("report_lost", "件丢了", "lost"),
        ("report_damage", "外箱压扁了里面的杯子全部碎了", "damage"),
        ("report_missing_items", "买了三件只收到两件少了一件", "missing_items"),
        ("report_wrong_delivery", "送到隔壁小区别人家里去了吧", "wrong_delivery"),
        ("report_not_to_door", "没送上门", "not_to_door"),
        ("report_overcharge", "说好十块钱快递员收了我二十", "overcharge"),
        ("apply_claim", "东西全碎了价值三百块我要赔偿", "claim"),
    ],
)
async def test_a_report_becomes_a_service_ticket_with_the_customers_words(
    chat: LittleRasa, services: Services, intent: str, told: str, category: str
) -> None:
    assert await say(chat, told, intent) == f"utter_{intent}_done"
    [ticket] = await tickets_of(chat, services)
    assert (ticket.kind, ticket.category, ticket.waybill_no) == ("service", category, NO)
    assert told in ticket.text
    [summary] = await services.tickets.summaries_of(UUID(chat.metadata["conversation_id"]))
    assert summary.wrap_up_code == intent


async def test_reporting_the_same_again_is_one_more_contact_on_the_open_ticket(
    chat: LittleRasa, services: Services
) -> None:
    await say(chat, "没送上门", "report_not_to_door")
    assert await say(chat, "还是没人管", "report_not_to_door") == "utter_report_appended"
    [ticket] = await tickets_of(chat, services)
    assert ticket.contacts == 2


@pytest.mark.parametrize(
    ("intent", "response"),
    [
        ("urge_delivery", "utter_urge_in_time"),
        ("report_stalled", "utter_not_stalled"),
        ("report_lost", "utter_not_lost"),
        ("report_false_delivery", "utter_not_signed"),
    ],
)
async def test_in_time_the_honest_status_and_a_summary_take_the_place_of_a_ticket(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource, intent: str, response: str
) -> None:
    waybills.add(make_waybill(NO))
    assert await say(chat, "怎么回事", intent) == response
    assert await tickets_of(chat, services) == []
    assert len(await services.tickets.summaries_of(UUID(chat.metadata["conversation_id"]))) == 1


@pytest.mark.parametrize("intent", ["urge_delivery", "report_stalled"])
async def test_standing_still_in_time_is_said_as_it_is_and_opens_no_ticket(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource, intent: str
) -> None:
    waybills.add(make_waybill(NO, track=(make_checkpoint(hours_ago=96),)))
    said = await chat.hear(f"{NO} 好几天不动了 尾号1234", intent, waybill_no=NO, phone_tail="1234")
    assert said[-1].response == "utter_urge_in_time"
    assert "4 天" in said[-1].values["outlook"]
    assert await tickets_of(chat, services) == []


@pytest.mark.parametrize("intent", ["urge_delivery", "report_stalled"])
async def test_nobody_is_held_to_a_time_that_was_never_promised(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource, intent: str
) -> None:
    standing = {"track": (make_checkpoint(hours_ago=96),), "promised_at": None, "carrier": "shunfeng"}
    waybills.add(make_waybill(NO, **standing))
    assert await say(chat, "怎么不动了", intent) == "utter_waybill_status"
    assert await tickets_of(chat, services) == []


@pytest.mark.parametrize("status", [WaybillStatus.delivered, WaybillStatus.returning])
async def test_a_parcel_that_is_over_is_not_reported_as_standing_still(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource, status: WaybillStatus
) -> None:
    waybills.add(make_waybill(NO, promised_at=NOW - timedelta(hours=30), status=status, delivered_at=NOW))
    assert await say(chat, "不动了", "report_stalled") == "utter_waybill_status"
    assert await tickets_of(chat, services) == []


@pytest.mark.parametrize("intent", ["urge_delivery", "report_stalled"])
async def test_hurrying_again_is_one_more_contact_on_the_same_ticket(
    chat: LittleRasa, services: Services, intent: str
) -> None:
    await say(chat, "快点", intent)
    assert await say(chat, "还没动静", intent) == "utter_report_appended"
    [ticket] = await tickets_of(chat, services)
    assert (ticket.contacts, ticket.priority) == (2, "high")
    assert len(await services.tickets.summaries_of(UUID(chat.metadata["conversation_id"]))) == 2


async def test_a_false_delivery_is_a_ticket_that_tells_what_the_track_shows(
    chat: LittleRasa, services: Services, waybills: InMemoryWaybillSource
) -> None:
    track = (make_checkpoint(hours_ago=20), make_checkpoint(CheckpointKind.delivered, hours_ago=2))
    delivered = {"status": WaybillStatus.delivered, "delivered_at": NOW - timedelta(hours=2), "track": track}
    waybills.add(make_waybill(NO, **delivered))
    said = await chat.hear(f"{NO} 没收到 尾号1234", "report_false_delivery", waybill_no=NO, phone_tail="1234")
    assert said[0].response == "utter_report_false_delivery_done"
    assert "没有派送记录" in said[0].values["seen"]


async def test_nobody_but_a_party_can_report_anything(chat: LittleRasa, services: Services) -> None:
    [asked] = await chat.hear(f"{NO} 丢了", "report_lost", waybill_no=NO)
    assert asked.response == "utter_need_phone_tail"
    assert await tickets_of(chat, services) == []


async def test_a_complaint_needs_its_reason_but_no_waybill(chat: LittleRasa, services: Services) -> None:
    [reason] = await chat.hear("我要投诉", "complain")
    [number] = await chat.hear("快递员骂人", "complain")
    [done] = await chat.hear("没有单号", "deny")
    [ticket] = await tickets_of(chat, services)
    assert (reason.response, number.response) == ("utter_need_complain_description", "utter_need_waybill_no")
    assert done.response == "utter_complain_done"
    assert (ticket.kind, ticket.waybill_no) == ("complaint", None)


async def test_an_appeal_is_about_the_customers_own_ticket(chat: LittleRasa, services: Services) -> None:
    await say(chat, "没送上门", "report_not_to_door")
    [reason] = await chat.hear("我不服", "appeal")
    [done] = await chat.hear("根本没人联系我", "complain")
    kinds = [ticket.kind for ticket in await tickets_of(chat, services)]
    assert (reason.response, done.response) == ("utter_need_appeal_description", "utter_appeal_done")
    assert sorted(kinds) == ["appeal", "service"]


async def test_without_a_ticket_there_is_nothing_to_appeal_or_urge(chat: LittleRasa) -> None:
    for intent in ("appeal", "urge_ticket"):
        [said] = await chat.hear("催一下", intent)
        assert (said.response, chat.form) == ("utter_no_ticket_no", None)


async def test_urging_raises_the_priority_of_the_only_open_ticket(chat: LittleRasa, services: Services) -> None:
    await say(chat, "没送上门", "report_not_to_door")
    [said] = await chat.hear("怎么没人处理", "urge_ticket")
    [ticket] = await tickets_of(chat, services)
    assert (said.response, ticket.priority) == ("utter_urge_ticket_done", "high")


async def test_tickets_and_claims_are_listed(chat: LittleRasa) -> None:
    await say(chat, "东西全碎了价值三百块我要赔偿", "apply_claim")
    [claim] = await chat.hear("赔到哪一步了", "query_claim")
    [ticket] = await chat.hear("处理得怎么样了", "query_ticket")
    assert "理赔" in claim.values["tickets"]
    assert ticket.response == "utter_query_ticket_found"


async def test_of_a_ticket_that_is_over_it_is_told_when_and_how_it_ended(
    chat: LittleRasa, services: Services, database: Database
) -> None:
    await say(chat, "没送上门", "report_not_to_door")
    [ticket] = await tickets_of(chat, services)
    ended = {"status": "closed", "outcome": "ruled", "closed_at": NOW}
    await change(database, ticket.ticket_no, ended)
    [said] = await chat.hear("处理得怎么样了", "query_ticket")
    assert "已裁定" in said.values["tickets"]
    assert "办结" in said.values["tickets"]
    assert "答复" not in said.values["tickets"]


async def test_what_units_settle_among_themselves_is_not_told(
    chat: LittleRasa, services: Services, database: Database
) -> None:
    await say(chat, "没送上门", "report_not_to_door")
    [ticket] = await tickets_of(chat, services)
    await change(database, ticket.ticket_no, {"kind": "appeal", "reporter_unit": "GZ001"})
    [said] = await chat.hear("处理得怎么样了", "query_ticket")
    assert said.response == "utter_query_ticket_none"


async def change(database: Database, ticket_no: str, values: dict[str, Any]) -> None:
    async with database.transaction() as session:
        await session.execute(update(Ticket).where(Ticket.ticket_no == ticket_no).values(values))


@pytest.mark.parametrize(
    ("intent", "told", "category"),
    [
        ("report_fraud", "有人说是快递客服要我转账", "fraud"),
        ("privacy_request", "把我的个人信息删掉", "privacy"),
        ("suggest", "建议你们晚上八点以后也派送", "suggestion"),
        ("praise", "表扬一下王师傅服务特别好", "praise"),
    ],
)
async def test_what_has_no_waybill_is_recorded_at_once(
    chat: LittleRasa, services: Services, intent: str, told: str, category: str
) -> None:
    [said] = await chat.hear(told, intent)
    [ticket] = await tickets_of(chat, services)
    assert said.response == f"utter_{intent}_done"
    assert (ticket.category, ticket.text, ticket.waybill_no) == (category, told, None)


async def test_a_warning_against_fraud_is_given_every_time(chat: LittleRasa) -> None:
    for _ in range(2):
        [said] = await chat.hear("又有人冒充客服", "report_fraud")
        assert said.response == "utter_report_fraud_done"


async def test_a_party_sees_the_ticket_the_other_party_opened(chat: LittleRasa, services: Services) -> None:
    other = await services.conversations.open("web", "visitor-2")
    contact = Contact(other.customer_id, other.id, "other:1")
    await services.tickets.report(TicketKind.service, "lost", "丢了", waybill_no=NO, contact=contact)
    await say(chat, "到哪了", "query_waybill")
    [said] = await chat.hear("处理得怎么样了", "query_ticket")
    assert "快件丢失" in said.values["tickets"]
