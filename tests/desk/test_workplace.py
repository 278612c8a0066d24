"""What a person can do at the desk, and what is refused."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.conversations.model import ConversationState
from bot.desk import audit
from bot.desk.schemas import ResolveRequest
from bot.desk.service import Person
from bot.desk.workplace import DeskServices, Workplace
from bot.errors import AccessRefusedError, IllegalMoveError
from bot.staff.model import Role
from bot.tickets.model import TicketKind
from bot.tickets.service import Contact
from bot.waybills.model import PartyRole
from tests.conftest import FrozenClock
from tests.desk.builders import PASSWORD, WAYBILL_NO, customer_says, make_waiting


def summary(text: str, code: str = "other", **more: Any) -> ResolveRequest:
    return ResolveRequest(wrap_up_code=code, text=text, **more)


async def test_the_queue_shows_the_longest_wait_first_with_the_bots_summary(
    desk: DeskServices, workplace: Workplace, clock: FrozenClock
) -> None:
    first = await make_waiting(desk, visitor="a", says="快点来人", waybill_no=WAYBILL_NO)
    clock.advance(timedelta(minutes=2))
    second = await make_waiting(desk, visitor="b")
    waiting = await workplace.waiting()
    assert [glance.id for glance in waiting] == [first, second]
    assert waiting[0].waybill_no == WAYBILL_NO
    assert waiting[0].summary == "客户要求人工\n咨询：物流停滞\n运单：两天没有更新"
    assert (waiting[0].last_author, waiting[0].last_text) == ("customer", "快点来人")


async def test_an_accepted_conversation_moves_to_the_persons_own(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    assert await workplace.waiting() == []
    assert [glance.id for glance in await workplace.mine(lina)] == [conversation_id]
    assert await workplace.mine(zhou) == []


async def test_of_two_who_accept_at_once_one_is_refused(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    moves = (workplace.accept(person, conversation_id) for person in (lina, zhou))
    results = await asyncio.gather(*moves, return_exceptions=True)
    assert sum(isinstance(result, IllegalMoveError) for result in results) == 1


async def test_accepting_the_next_takes_who_waits_longest_and_then_nobody(
    desk: DeskServices, workplace: Workplace, clock: FrozenClock, lina: Person
) -> None:
    first = await make_waiting(desk, visitor="a")
    clock.advance(timedelta(minutes=1))
    await make_waiting(desk, visitor="b")
    taken = await workplace.accept_next(lina)
    assert taken is not None
    assert taken.id == first
    await workplace.accept_next(lina)
    assert await workplace.accept_next(lina) is None


async def test_customer_messages_are_unread_until_read(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    conversation_id = await make_waiting(desk)
    view = await workplace.accept(lina, conversation_id)
    await workplace.read(lina, conversation_id, view.last_seq)
    await customer_says(desk, "在吗", nth=2)
    await customer_says(desk, "人呢", nth=3)
    assert [glance.unread for glance in await workplace.mine(lina)] == [2]
    await workplace.read(lina, conversation_id, view.last_seq + 2)
    await workplace.read(lina, conversation_id, 1)
    assert [glance.unread for glance in await workplace.mine(lina)] == [0]


async def test_the_same_message_sent_twice_is_said_once(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    said = [await workplace.say(lina, conversation_id, "您好", external_id="desk:11111111") for _ in range(2)]
    assert said[0] == said[1]
    log = await workplace.messages_after(lina, conversation_id, 0)
    assert sum(message.author == "agent" for message in log) == 1


async def test_who_does_not_hold_a_conversation_cannot_speak_in_it(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(IllegalMoveError):
        await workplace.say(zhou, conversation_id, "我来", external_id="desk:22222222")


async def test_a_colleagues_conversation_is_not_for_an_agent_to_see(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(AccessRefusedError):
        await workplace.messages_after(zhou, conversation_id, 0)


async def test_a_supervisor_sees_every_conversation(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    boss = await desk.agents.create("boss", "主管", PASSWORD, Role.supervisor)
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    assert (await workplace.context(boss, conversation_id)).conversation.agent == "lina"


async def test_a_trainer_takes_no_conversations(desk: DeskServices, workplace: Workplace) -> None:
    trainer = await desk.agents.create("tang", "训练师", PASSWORD, Role.trainer)
    with pytest.raises(AccessRefusedError):
        await workplace.accept(trainer, await make_waiting(desk))


async def test_resolving_writes_the_summary_and_gives_the_conversation_back_to_the_bot(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk, waybill_no=WAYBILL_NO)
    await workplace.accept(lina, conversation_id)
    await workplace.resolve(lina, conversation_id, summary("已催成都中心，明天派送。", "report_stalled"))
    assert (await desk.conversations.view(conversation_id)).state is ConversationState.bot
    (kept,) = await desk.tickets.summaries_of(conversation_id)
    assert (kept.by, kept.wrap_up_code, kept.waybill_no) == ("lina", "report_stalled", WAYBILL_NO)


async def test_a_second_hand_over_gets_a_summary_of_its_own(
    desk: DeskServices, workplace: Workplace, clock: FrozenClock, lina: Person
) -> None:
    for nth in ("一", "二"):
        conversation_id = await make_waiting(desk, says=f"第{nth}次")
        await workplace.accept(lina, conversation_id)
        await workplace.resolve(lina, conversation_id, summary(nth))
        clock.advance(timedelta(minutes=5))
    summaries = await desk.tickets.summaries_of(conversation_id)
    assert [kept.text for kept in summaries] == ["一", "二"]


async def test_resolving_what_one_no_longer_holds_writes_nothing(
    desk: DeskServices, workplace: Workplace, lina: Person, zhou: Person
) -> None:
    conversation_id = await make_waiting(desk)
    await workplace.accept(lina, conversation_id)
    with pytest.raises(IllegalMoveError):
        await workplace.resolve(zhou, conversation_id, summary("抢先"))
    assert await desk.tickets.summaries_of(conversation_id) == []


async def test_the_context_shows_the_waybill_masked_with_its_newest_scan_first(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk, waybill_no=WAYBILL_NO)
    context = await workplace.context(lina, conversation_id)
    assert context.waybill is not None
    assert context.waybill.consignee.phone == "138****1234"
    assert context.waybill.consignee.name == "王**"
    assert context.waybill.track[0].text == "快件已到达【成都转运中心】"
    assert context.waybill.late_by == timedelta(hours=20)
    assert "13812341234" not in context.model_dump_json()


async def test_the_context_says_who_the_customer_has_shown_to_be(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    conversation_id = await make_waiting(desk, waybill_no=WAYBILL_NO)
    before = await workplace.context(lina, conversation_id)
    await desk.waybills.prove(before.conversation.customer_id, WAYBILL_NO, "1234")
    after = await workplace.context(lina, conversation_id)
    assert before.waybill is not None
    assert after.waybill is not None
    assert (before.waybill.party, after.waybill.party) == (None, PartyRole.consignee)


async def test_an_unknown_waybill_leaves_the_card_out(desk: DeskServices, workplace: Workplace, lina: Person) -> None:
    conversation_id = await make_waiting(desk, waybill_no="YD0000000000000")
    assert (await workplace.context(lina, conversation_id)).waybill is None


async def test_open_tickets_of_the_waybill_and_the_customer_are_shown_once(
    desk: DeskServices, workplace: Workplace, lina: Person, clock: FrozenClock
) -> None:
    conversation_id = await make_waiting(desk, waybill_no=WAYBILL_NO)
    view = await desk.conversations.view(conversation_id)
    contact = Contact(view.customer_id, conversation_id, f"{conversation_id}:2")
    await desk.tickets.report(TicketKind.service, "report_stalled", "停滞", waybill_no=WAYBILL_NO, contact=contact)
    clock.advance(timedelta(hours=5))
    (ticket,) = (await workplace.context(lina, conversation_id)).tickets
    assert ticket.category == "report_stalled"
    assert ticket.overdue


async def test_who_looked_took_and_finished_is_kept(
    desk: DeskServices, workplace: Workplace, lina: Person, clock: FrozenClock
) -> None:
    conversation_id = await make_waiting(desk)
    for move in (
        workplace.open(lina, conversation_id),
        workplace.accept(lina, conversation_id),
        workplace.resolve(lina, conversation_id, summary("已答复")),
    ):
        await move
        clock.advance(timedelta(seconds=1))
    async with desk.database.transaction() as session:
        entries = await audit.of_conversation(session, conversation_id)
    kept = [(entry.who, entry.what, entry.why) for entry in entries]
    assert kept == [
        ("lina", "conversation.opened", None),
        ("lina", "conversation.accepted", "asked"),
        ("lina", "conversation.resolved", "other"),
    ]
