"""What holds for every form: facts in any order, digressions, 算了, 转人工, corrections, nothing left behind."""

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from actions import Services, build_actions
from actions.registry import FORMS
from actions.talk import TASK_SLOTS
from bot.conversations.model import ConversationState
from bot.orders.service import NewOrder
from bot.tickets.model import TicketKind
from bot.tickets.service import Contact
from bot.waybills.source import InMemoryWaybillSource
from tests.actions.conftest import first_steps
from tests.builders import make_waybill
from tests.fakes import FakeAnswer, FakeFaq, LittleRasa, Said

NO = "YD2026000000011"
TASKS = [form.task for form in FORMS]
ADDRESS = "浙江省杭州市西湖区文三路478号"
# What a customer answers to each question: words, and the entities in them.
ANSWERS: dict[str, tuple[str, dict[str, str]]] = {
    "waybill_no": (NO, {"waybill_no": NO}),
    "phone_tail": ("1234", {}),
    "new_address": (ADDRESS, {"address": ADDRESS}),
    "delivery_when": ("明天下午", {"date": "明天", "time_period": "下午"}),
    "preference": ("放驿站", {}),
    "description": ("杯子碎了两个", {}),
    "pickup_address": (ADDRESS, {"address": ADDRESS}),
    "destination": ("北京", {"region": "北京"}),
    "goods": ("一箱苹果", {"goods": "一箱苹果"}),
    "contact_phone": ("13912345678", {"phone": "13912345678"}),
    "pickup_when": ("明天下午", {"date": "明天", "time_period": "下午"}),
    "origin": ("杭州", {"region": "杭州"}),
    "target": ("北京", {"region": "北京"}),
    "weight": ("3公斤", {"weight": "3公斤"}),
    "place": ("杭州西湖区", {"region": "杭州西湖区"}),
}
NEEDS_RECORDS = {"appeal", "urge_ticket", "cancel_order", "change_pickup_time", "urge_pickup"}
NewChat = Callable[..., Awaitable[LittleRasa]]


@pytest.fixture
async def new_chat(services: Services, waybills: InMemoryWaybillSource, faq: FakeFaq) -> NewChat:
    """A new customer; for tasks about orders or tickets one who has two of them, so that there is something to ask."""
    waybills.add(make_waybill(NO))
    faq.answers["sending.valuables"] = FakeAnswer("贵重物品请保价。")

    async def make(visitor: str, task: str = "") -> LittleRasa:
        view = await services.conversations.open("web", visitor)
        for count, category in enumerate(("damage", "claim") if task in NEEDS_RECORDS else ()):
            new = NewOrder("13912345678", ADDRESS, "北京", "苹果", "今天")
            await services.orders.place(new, customer_id=view.customer_id, turn=f"{visitor}:o{count}")
            contact = Contact(view.customer_id, view.id, f"{visitor}:t{count}")
            await services.tickets.report(TicketKind.service, category, "x", waybill_no=None, contact=contact)
        metadata = {"conversation_id": str(view.id), "customer_id": str(view.customer_id), "channel": "web"}
        return LittleRasa(build_actions(services), first_steps(), metadata)

    return make


async def answer(chat: LittleRasa, asked: list[Said]) -> list[Said]:
    """Answer whatever was asked last."""
    slot = chat.slots["requested_slot"]
    if slot in ANSWERS:
        words, entities = ANSWERS[slot]
        return await chat.hear(words, "inform", **entities)
    return await chat.tap(asked[-1].buttons[0])


async def ask_until(chat: LittleRasa, task: str, questions: int) -> list[Said]:
    """Begin a task and answer so many questions; the form may be done before."""
    said = await chat.hear("办一下", task)
    for _ in range(questions):
        if chat.form is None:
            break
        said = await answer(chat, said)
    return said


@pytest.mark.parametrize("task", TASKS)
async def test_a_form_asks_one_question_at_a_time_and_ends_with_its_action(new_chat: NewChat, task: str) -> None:
    chat = await new_chat("v", task)
    said = await chat.hear("办一下", task)
    asked = []
    while chat.form is not None:
        assert len(said) == 1
        asked.append(chat.slots["requested_slot"])
        said = await answer(chat, said)
    assert len(asked) == len(set(asked)) >= 1
    assert len(said) == 1
    left = {slot for slot in TASK_SLOTS if chat.slots.get(slot)}
    assert left == set()


@pytest.mark.parametrize("task", TASKS)
async def test_a_person_is_reached_from_every_question_of_every_form(
    new_chat: NewChat, services: Services, task: str
) -> None:
    for questions in range(8):
        chat = await new_chat(f"v{questions}", task)
        await ask_until(chat, task, questions)
        if chat.form is None:
            break
        assert await chat.hear("转人工", "inform", confidence=0.4) == []
        view = await services.conversations.view(UUID(chat.metadata["conversation_id"]))
        assert (chat.form, view.state) == (None, ConversationState.queued)
        assert view.hand_off_intent == task
        assert view.hand_off_summary is not None
        assert len(view.hand_off_summary.splitlines()) == 3


@pytest.mark.parametrize("task", TASKS)
async def test_giving_up_ends_every_form_at_every_question_and_changes_nothing(new_chat: NewChat, task: str) -> None:
    for questions in range(8):
        chat = await new_chat(f"v{questions}", task)
        await ask_until(chat, task, questions)
        if chat.form is None:
            break
        [said] = await chat.hear("算了", "cancel_flow")
        assert (said.response, chat.form) == ("utter_form_cancelled", None)
        assert not any(chat.slots.get(slot) for slot in TASK_SLOTS)


@pytest.mark.parametrize("task", TASKS)
async def test_a_question_of_knowledge_in_between_is_answered_and_the_form_asks_again(
    new_chat: NewChat, task: str
) -> None:
    for questions in range(8):
        chat = await new_chat(f"v{questions}", task)
        asked = await ask_until(chat, task, questions)
        if chat.form is None:
            break
        before = chat.slots["requested_slot"]
        said = await chat.hear("贵重物品能寄吗", "faq", faq_topic="sending.valuables")
        assert [bubble.text for bubble in said] == ["贵重物品请保价。", None]
        assert (said[-1].response, chat.slots["requested_slot"]) == (asked[-1].response, before)


@pytest.mark.parametrize("task", TASKS)
async def test_another_task_takes_the_place_of_a_form(new_chat: NewChat, task: str) -> None:
    chat = await new_chat("v", task)
    await chat.hear("办一下", task)
    other = "place_order" if task != "place_order" else "complain"
    said = await chat.hear("我要办别的", other)
    assert chat.form == f"{other}_form"
    assert said[-1].response in ("utter_need_pickup_address", "utter_need_complain_description")


async def test_a_question_about_a_parcel_in_between_lets_the_task_wait(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await chat.hear("我要寄快递", "place_order")
    await chat.hear(ADDRESS, "inform", address=ADDRESS)
    [tail] = await chat.hear(f"{NO}到哪了", "query_waybill", waybill_no=NO)
    status, again = await chat.hear("1234", "inform")
    assert tail.response == "utter_need_phone_tail"
    assert (status.response, again.response) == ("utter_waybill_status", "utter_need_destination")
    assert chat.slots["pickup_address"] == ADDRESS


async def test_a_number_named_in_a_form_without_waybill_is_looked_up_and_the_form_goes_on(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await chat.hear("我要寄快递", "place_order")
    [tail] = await chat.hear(NO, "inform", waybill_no=NO)
    status, again = await chat.hear("1234", "inform")
    assert (tail.response, status.response) == ("utter_need_phone_tail", "utter_waybill_status")
    assert again.response == "utter_need_pickup_address"


async def test_several_facts_in_the_first_sentence_are_all_taken(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    there = "上海市浦东新区张江路100号"
    sentence = f"帮我寄一箱苹果，从{ADDRESS}寄到{there}，电话13912345678，明天来取"
    rasa_entities = {"goods": "一箱苹果", "phone": "13912345678", "date": "明天"}
    said = await chat.hear(sentence, "place_order", address=[ADDRESS, there], **rasa_entities)
    assert said[0].response == "utter_confirm_place_order"
    assert said[0].values["pickup_address"] == ADDRESS
    assert said[0].values["destination"] == there


async def test_a_fact_can_be_corrected_while_something_else_is_asked(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    said = await ask_until(chat, "place_order", 4)
    assert chat.slots["requested_slot"] == "pickup_when"
    said = await chat.hear("不对，电话是13800138000", "deny", phone="13800138000")
    assert chat.slots["contact_phone"] == "13800138000"
    assert said[0].response == "utter_need_pickup_when"


async def test_a_change_at_the_last_step_is_shown_and_asked_again(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await ask_until(chat, "place_order", 5)
    [again] = await chat.hear("好的，不过电话改成13800138000", "affirm", phone="13800138000")
    assert again.response == "utter_confirm_place_order"
    assert again.values["contact_phone"] == "13800138000"


async def test_one_fact_can_be_picked_for_a_change(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    [confirm] = await ask_until(chat, "place_order", 5)
    [which] = await chat.tap(confirm.buttons[1])
    [when] = await chat.tap(which.buttons[-1])
    [again] = await chat.hear("后天上午", "inform", date="后天", time_period="上午")
    assert (which.response, when.response) == ("utter_which_edit", "utter_need_pickup_when")
    assert again.values["pickup_when"] == "3月6日（周五）上午"


async def test_a_no_at_the_last_step_changes_nothing(new_chat: NewChat, services: Services) -> None:
    chat = await new_chat("v", "cancel_order")
    await ask_until(chat, "cancel_order", 1)
    [said] = await chat.hear("不用了", "deny")
    orders = await services.orders.of_customer(UUID(chat.metadata["customer_id"]))
    assert said.response == "utter_form_cancelled"
    assert {order.status for order in orders} == {"placed"}


async def test_a_bad_phone_number_is_explained(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await ask_until(chat, "place_order", 3)
    [said] = await chat.hear("139123", "inform")
    assert said.response == "utter_bad_phone"


async def test_a_place_nobody_knows_is_not_taken(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await chat.hear("查运费", "query_price")
    [said] = await chat.hear("火星基地", "inform")
    assert said.response == "utter_bad_place"


async def test_an_answer_that_fits_nothing_is_asked_for_again(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await chat.hear("查快递", "query_waybill")
    sorry, again = await chat.hear("嗯嗯啊啊", "nlu_fallback", confidence=0.2)
    assert (sorry.response, again.response) == ("utter_answer_unclear", "utter_need_waybill_no")


async def test_a_question_the_classifier_is_unsure_of_is_not_taken_for_an_address(
    new_chat: NewChat, faq: FakeFaq
) -> None:
    chat = await new_chat("v")
    await chat.hear("我要寄快递", "place_order")
    said = await chat.hear("你们几点下班呀", "nlu_fallback", confidence=0.2)
    assert said[-1].response == "utter_need_pickup_address"
    assert chat.slots.get("pickup_address") is None


async def test_trouble_told_while_a_description_is_asked_for_is_the_description(
    new_chat: NewChat, services: Services
) -> None:
    chat = await new_chat("v")
    await chat.hear("我要投诉", "complain")
    await chat.hear("快递员把箱子摔坏了", "report_damage", confidence=0.95)
    assert chat.slots["description"] == "快递员把箱子摔坏了"


async def test_the_words_before_an_address_say_which_end_is_corrected(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await ask_until(chat, "place_order", 5)
    other = "浙江省杭州市滨江区江南大道100号"
    [again] = await chat.hear(f"寄件地址改成{other}", "change_address", address=other)
    assert again.values["pickup_address"] == other
    assert again.values["destination"] == "北京"


async def test_a_bare_number_that_was_asked_for_is_the_answer_whatever_it_is_classified_as(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await chat.hear("快递摔坏了", "report_damage")
    [tail] = await chat.hear(NO, "query_waybill", confidence=0.99, waybill_no=NO)
    [described] = await chat.hear("1234", "inform", phone_tail="1234")
    assert tail.response == "utter_need_phone_tail"
    assert described.response == "utter_need_report_damage_description"


async def test_a_question_with_a_number_in_another_form_is_answered_in_between(new_chat: NewChat) -> None:
    chat = await new_chat("v")
    await chat.hear("快递摔坏了", "report_damage")
    await chat.hear(f"{NO}现在到哪了", "query_waybill", confidence=0.99, waybill_no=NO)
    status, again = await chat.hear("1234", "inform", phone_tail="1234")
    assert status.response == "utter_waybill_status"
    assert again.response == "utter_need_report_damage_description"
