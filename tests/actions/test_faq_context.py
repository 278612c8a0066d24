"""What the knowledge base is told of the conversation."""

from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context
from tests.builders import make_waybill

QUESTION = "碎了怎么办"
WAYBILL_NO = "YD2026000000011"


async def test_a_first_question_comes_without_context(chat, faq):
    await chat.hear(QUESTION, "faq")

    assert faq.contexts == [Context()]


async def test_the_state_of_a_partys_parcel_and_the_last_task_go_along(chat, faq, waybills):
    waybill = make_waybill(status=WaybillStatus.delivered)
    waybills.add(waybill)
    await chat.hear(f"{WAYBILL_NO}到哪了", "query_waybill", waybill_no=WAYBILL_NO)
    await chat.hear(waybill.consignee.phone[-4:], "inform")

    await chat.hear(QUESTION, "faq")

    assert faq.contexts[-1] == Context("query_waybill", WaybillStatus.delivered)


async def test_the_state_of_a_parcel_is_not_betrayed_to_a_stranger(chat, faq, waybills):
    waybills.add(make_waybill(status=WaybillStatus.delivered))
    await chat.hear(f"{WAYBILL_NO}到哪了", "query_waybill", waybill_no=WAYBILL_NO)

    await chat.hear(QUESTION, "faq")

    assert faq.contexts[-1] == Context("query_waybill", None)
