"""What users of other desks complain of, each as a test."""

import asyncio
from datetime import datetime, timedelta, timezone

import pytest

from bot.channels import Reply
from bot.conversations.events import Event, EventHub
from bot.conversations.model import HandOffReason
from bot.errors import IllegalMoveError, RefusedError
from bot.handover.settings import HandoverSettings
from bot.staff.model import Role
from tests.conftest import FrozenClock
from tests.handover.desk import Desk, actor

LINA, ZHOU, BOSS = actor("lina"), actor("zhou"), actor("boss", Role.supervisor)


@pytest.mark.parametrize("when", ["waiting", "offered", "held", "transferred", "lost"])
async def test_the_bot_answers_after_handover(desk: Desk, clock: FrozenClock, when: str) -> None:
    conversation_id = await desk.says("查件")
    late = await desk.conversations.next_turn(conversation_id)
    assert late is not None
    await desk.online("lina")
    await desk.waiting()
    if when != "waiting":
        await desk.dispatcher.run_once()
    if when in ("held", "transferred", "lost"):
        await desk.handover.accept(LINA, conversation_id)
    if when == "transferred":
        await desk.handover.transfer(LINA, conversation_id, team="claims")
    if when == "lost":
        clock.advance(timedelta(minutes=1))
        await desk.dispatcher.run_once()
    before = await desk.said(conversation_id, "bot")
    assert not await desk.conversations.answer(late, [Reply(text="机器人来晚了")])
    async with desk.database.transaction() as session:
        await desk.conversations.tell(session, conversation_id, "utter_greet", at=clock())
    assert await desk.said(conversation_id, "bot") == before


async def test_a_late_answer_is_not_said_when_the_conversation_is_back_with_the_bot(desk: Desk) -> None:
    conversation_id = await desk.says("查件")
    late = await desk.conversations.next_turn(conversation_id)
    assert late is not None
    await desk.held("lina")
    await desk.handover.give_back(LINA, conversation_id)
    assert not await desk.conversations.answer(late, [Reply(text="机器人来晚了")])


async def test_no_notice_at_handover(desk: Desk) -> None:
    conversation_id = await desk.waiting()
    assert "第 1 位" in (await desk.said(conversation_id))[-1]
    await desk.handover.accept(LINA, conversation_id)
    assert "Lina" in (await desk.said(conversation_id))[-1]
    await desk.handover.transfer(LINA, conversation_id, team="claims", note="内部留言")
    assert "claims组" in (await desk.said(conversation_id))[-1]
    await desk.handover.take_over(BOSS, conversation_id)
    assert "Boss" in (await desk.said(conversation_id))[-1]
    await desk.handover.give_back(BOSS, conversation_id)
    assert "人工服务已结束" in (await desk.said(conversation_id))[-1]
    assert not any("内部留言" in text for text in await desk.said(conversation_id))


async def test_a_transfer_is_told_once_however_often_it_rings(desk: Desk, clock: FrozenClock) -> None:
    conversation_id = await desk.held("lina")
    await desk.online("zhou", "mei")
    await desk.handover.transfer(LINA, conversation_id, agent="zhou")
    for _ in range(3):
        clock.advance(timedelta(seconds=31))
        await desk.beat("zhou", "mei")
        await desk.dispatcher.run_once()
    assert sum("转接" in text and "同事" in text for text in await desk.said(conversation_id)) == 1


async def test_handover_loop(desk: Desk, clock: FrozenClock) -> None:
    conversation_id = await desk.waiting(reason=HandOffReason.unsure)
    await desk.handover.accept(LINA, conversation_id)
    await desk.handover.give_back(LINA, conversation_id, "明天派送")
    seq = (await desk.conversations.view(conversation_id)).last_seq
    for reason in (HandOffReason.unsure, HandOffReason.unsure):
        await desk.conversations.hand_off(conversation_id, reason, intent=None, summary="", seq=seq)
        assert (await desk.conversations.view(conversation_id)).state == "bot"
    assert "转人工" in (await desk.said(conversation_id))[-1]
    await desk.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary="", seq=seq)
    assert (await desk.conversations.view(conversation_id)).state == "queued"


async def test_the_same_reason_counts_again_after_a_while(desk: Desk, clock: FrozenClock) -> None:
    conversation_id = await desk.waiting(reason=HandOffReason.unsure)
    await desk.handover.accept(LINA, conversation_id)
    await desk.handover.give_back(LINA, conversation_id)
    clock.advance(timedelta(minutes=10))
    await desk.waiting(reason=HandOffReason.unsure)
    assert (await desk.conversations.view(conversation_id)).state == "queued"


async def test_typing_stuck(desk: Desk) -> None:
    hub = EventHub(desk.database)
    await hub.start()
    try:
        conversation_id = await desk.held("lina")
        with hub.subscribe(conversation_id) as events:
            await desk.conversations.typing(conversation_id, "agent", on=True)
            await desk.handover.give_back(LINA, conversation_id)
            heard: list[Event] = []
            async with asyncio.timeout(30):
                while not any(event.kind == "typing" and event.by == "agent" and not event.on for event in heard):
                    heard.append(await events.get())
        assert heard[0].on or heard[1].on
    finally:
        await hub.stop()


async def test_oldest_not_served_first(desk: Desk, clock: FrozenClock) -> None:
    ids = []
    for sender in ("a", "b", "c"):
        ids.append(await desk.waiting(sender))
        clock.advance(timedelta(seconds=5))
    served = []
    await desk.online("lina")
    for _ in ids:
        await desk.dispatcher.run_once()
        rings = next(view for view in await desk.conversations.waiting() if view.offered_to)
        await desk.handover.accept(LINA, rings.id)
        await desk.handover.give_back(LINA, rings.id)
        served.append(rings.id)
    assert served == ids


async def test_waiting_raises_so_nobody_waits_for_ever_behind_the_urgent(desk: Desk, clock: FrozenClock) -> None:
    old = await desk.waiting("old")
    clock.advance(timedelta(minutes=31))
    young = await desk.waiting("young")
    async with desk.database.transaction() as session:
        from bot.conversations.model import Conversation

        row = await session.get(Conversation, young)
        assert row is not None
        row.route_priority = 3
        row._take_place()
    assert [view.id for view in await desk.conversations.waiting()] == [old, young]


# -- leaving, promising, taking over -----------------------------------------------------------------


@pytest.mark.parametrize(("text", "payload"), [("不等了", ""), ("取消排队", ""), ("取消排队", "/leave_queue")])
async def test_a_customer_leaves_the_queue_by_word_or_button(desk: Desk, text: str, payload: str) -> None:
    await desk.online("lina")
    conversation_id = await desk.waiting()
    await desk.dispatcher.run_once()
    await desk.says(text, payload=payload)
    assert (await desk.conversations.view(conversation_id)).state == "bot"
    assert "取消排队" in (await desk.said(conversation_id))[-1]
    assert await desk.conversations.next_turn(conversation_id) is None
    with pytest.raises(IllegalMoveError):
        await desk.handover.accept(LINA, conversation_id)


async def test_what_is_said_to_a_person_leaves_nothing(desk: Desk) -> None:
    conversation_id = await desk.held("lina")
    await desk.says("不用了")
    assert (await desk.conversations.view(conversation_id)).agent == "lina"


class Office:
    """Open from nine to six in China."""

    def is_open(self, at: datetime) -> bool:
        return 1 <= at.hour < 10

    def next_opening(self, at: datetime) -> datetime:
        day = at if at.hour < 1 else at + timedelta(days=1)
        return day.replace(hour=1, minute=0, second=0)


async def test_nobody_there_is_a_promise_and_the_customer_is_called_back(
    database, clock: FrozenClock, words, desk: Desk
) -> None:
    late = Desk(database, clock, words, HandoverSettings(nobody_after=timedelta(minutes=5)), hours=Office())
    conversation_id = await late.waiting()
    clock.advance(timedelta(minutes=5))
    await late.dispatcher.run_once()
    row = await late.row(conversation_id)
    assert (row.state, row.callback_at is not None) == ("bot", True)
    assert "登记" in (await late.said(conversation_id))[-1]
    clock.now = datetime(2026, 3, 5, 1, 30, tzinfo=timezone.utc)
    await late.dispatcher.run_once()
    assert (await late.row(conversation_id)).state == "bot"
    await late.online("lina")
    await late.dispatcher.run_once()
    row = await late.row(conversation_id)
    assert (row.state, row.offered_to) == ("offered", "lina")
    assert "答应" in (await late.said(conversation_id))[-1]


async def test_a_supervisor_takes_over_and_the_agent_speaks_no_more(desk: Desk) -> None:
    conversation_id = await desk.held("lina")
    await desk.handover.take_over(BOSS, conversation_id, "客户要求主管")
    with pytest.raises(IllegalMoveError):
        await desk.conversations.say_as_agent(conversation_id, "lina", "还有我", external_id="desk:x")
    moves = await desk.handover.moves(BOSS, conversation_id)
    assert (moves[-1].move, moves[-1].who, moves[-1].why) == ("take_over", "boss", "客户要求主管")


@pytest.mark.parametrize(
    ("to", "why"),
    [
        ({"agent": "mei"}, "不在线"),
        ({"agent": "lina"}, "已经在您这里"),
        ({"agent": "outlet"}, "找不到"),
        ({"team": "none"}, "没有叫"),
        ({}, "请选择"),
    ],
)
async def test_a_transfer_to_nowhere_is_refused_and_nothing_changes(desk: Desk, to: dict[str, str], why: str) -> None:
    conversation_id = await desk.held("lina")
    with pytest.raises(RefusedError, match=why):
        await desk.handover.transfer(LINA, conversation_id, **to)
    assert (await desk.conversations.view(conversation_id)).agent == "lina"


async def test_what_was_promised_is_there_for_the_next_agent(desk: Desk) -> None:
    conversation_id = await desk.held("lina")
    await desk.handover.give_back(LINA, conversation_id, "明天上午派送")
    assert (await desk.conversations.view(conversation_id)).given_back_note == "明天上午派送"


async def test_after_the_end_the_next_message_begins_another_conversation(desk: Desk) -> None:
    conversation_id = await desk.held("lina")
    await desk.handover.end(LINA, conversation_id)
    assert await desk.says("又来了") != conversation_id
