"""Where a conversation waits, by the rules; promises where nobody is there; what agents see at once."""

from datetime import datetime, timedelta, timezone
from uuid import UUID

import pytest
from sqlalchemy import select

from bot.channels import Reply
from bot.conversations.model import Conversation, HandOffReason
from bot.customers.model import Customer
from bot.db import Database
from bot.handover.brief import brief_of, past_of
from bot.handover.routes import RuleRouter
from bot.handover.settings import HandoverSettings
from bot.rules.shipped import shipped_rules
from bot.rules.working_time import shipped_working_time
from bot.staff.model import Role
from bot.tickets.model import Ticket
from bot.tickets.service import TicketService
from bot.words import Words
from tests.conftest import FrozenClock
from tests.handover.desk import Desk, actor

LINA, BOSS = actor("lina"), actor("boss", Role.supervisor)
EVENING = datetime(2026, 3, 4, 13, 0, tzinfo=timezone.utc)


@pytest.fixture
def office(database: Database, clock: FrozenClock, words: Words, desk: Desk) -> Desk:
    """The same desk by the shipped rules, open in the hours of the provincial centres."""
    settings = HandoverSettings(calendar="provincial_center")
    router = RuleRouter(shipped_rules, shipped_working_time(), settings)
    return Desk(database, clock, words, settings, router=router, hours=router, tickets=TicketService(database, clock))


async def change(desk: Desk, conversation_id: UUID, **values: object) -> None:
    async with desk.database.transaction() as session:
        row = await session.get(Conversation, conversation_id)
        for name, value in values.items():
            setattr(row, name, value)


async def mark_vip(desk: Desk, conversation_id: UUID) -> None:
    row = await desk.row(conversation_id)
    await desk.handover.mark_vip(BOSS, row.customer_id, is_vip=True)


async def test_a_key_account_waits_before_others_and_it_is_written_why(office: Desk, clock: FrozenClock) -> None:
    first = await office.waiting("first")
    clock.advance(timedelta(minutes=5))
    vip = await office.says(sender="vip")
    await mark_vip(office, vip)
    await office.waiting("vip")
    assert [view.id for view in await office.conversations.waiting()] == [vip, first]
    assert (await office.row(vip)).route_because == ["handover.vip@v0"]


async def test_an_urgent_matter_rings_shorter(office: Desk) -> None:
    calm = await office.row(await office.waiting("calm", intent="query_price"))
    urgent = await office.row(await office.waiting("urgent", intent="report_lost"))
    assert calm.offer_seconds == 30
    assert urgent.offer_seconds <= calm.offer_seconds


@pytest.mark.parametrize(
    ("vip", "sentiment", "reason"),
    [(True, "angry", "vip"), (True, "negative", "vip"), (True, None, None), (False, "angry", None)],
)
async def test_the_bot_hands_over_an_upset_key_account_by_itself(
    office: Desk, vip: bool, sentiment: str | None, reason: str | None
) -> None:
    conversation_id = await office.says("怎么回事")
    if vip:
        await mark_vip(office, conversation_id)
    await change(office, conversation_id, sentiment=sentiment)
    turn = await office.conversations.next_turn(conversation_id)
    assert turn is not None
    assert await office.conversations.answer(turn, [Reply(text="正在查")])
    view = await office.conversations.view(conversation_id)
    assert (view.state == "queued", view.hand_off_reason) == (reason is not None, reason)
    assert any("重点客户" in text for text in await office.said(conversation_id)) == (reason is not None)


async def test_a_customer_of_a_problem_parcel_in_anger_is_a_risk(office: Desk) -> None:
    facts = {"reason": None, "service_class": None, "vip": False, "sentiment": "angry", "urgency": None}
    facts |= {"condition": "problem", "channel": "web", "open": True}
    decision = shipped_rules().decide("handover", facts)
    assert (decision.text("becomes"), decision.because) == ("risk", ("handover.risk_by_itself@v0",))


async def test_after_hours_an_answer_is_promised_with_a_ticket_and_kept_in_the_morning(
    office: Desk, clock: FrozenClock
) -> None:
    clock.now = EVENING
    conversation_id = await office.waiting()
    assert "明天 8:30后由人工客服回复您" in (await office.said(conversation_id))[-1]
    assert (await office.conversations.view(conversation_id)).state == "bot"
    await office.dispatcher.run_once()
    await office.dispatcher.run_once()
    async with office.database.transaction() as session:
        tickets = list(await session.scalars(select(Ticket).where(Ticket.conversation_id == conversation_id)))
    assert len(tickets) == 1
    assert (await office.row(conversation_id)).callback_ticket == tickets[0].ticket_no
    clock.now = EVENING + timedelta(hours=11, minutes=29)
    await office.online("lina")
    await office.dispatcher.run_once()
    assert (await office.row(conversation_id)).state == "bot"
    clock.advance(timedelta(minutes=1))
    await office.beat("lina")
    await office.dispatcher.run_once()
    assert (await office.row(conversation_id)).offered_to == "lina"


async def test_asking_again_after_hours_is_the_same_promise(office: Desk, clock: FrozenClock) -> None:
    clock.now = EVENING
    conversation_id = await office.waiting()
    await office.dispatcher.run_once()
    await office.waiting()
    await office.dispatcher.run_once()
    assert "已经为您登记" in (await office.said(conversation_id))[-1]
    async with office.database.transaction() as session:
        assert len(list(await session.scalars(select(Ticket)))) == 1


async def test_who_was_served_meanwhile_is_not_called_back(office: Desk, clock: FrozenClock) -> None:
    clock.now = EVENING
    conversation_id = await office.waiting()
    await office.handover.take_over(BOSS, conversation_id)
    await office.handover.give_back(BOSS, conversation_id)
    clock.now = EVENING + timedelta(hours=14)
    await office.online("lina")
    await office.dispatcher.run_once()
    assert (await office.row(conversation_id)).state == "bot"


async def test_the_wait_is_told_only_where_it_can_be_known(office: Desk, clock: FrozenClock) -> None:
    await office.waiting("early")
    await office.online("lina")
    conversation_id = await office.waiting("nobody-knows")
    assert "分钟" not in (await office.said(conversation_id))[-1]
    for sender in ("a", "b", "c"):
        served = await office.held("lina", sender)
        clock.advance(timedelta(minutes=6))
        await office.beat("lina")
        await office.handover.give_back(LINA, served)
    conversation_id = await office.waiting("knows")
    assert "预计等待约 9 分钟" in (await office.said(conversation_id))[-1]


async def test_the_brief_says_in_three_lines_what_matters(office: Desk, clock: FrozenClock) -> None:
    conversation_id = await office.says()
    summary = "诉求：催派：两天没动\n已收集：运单号 YD1\n机器人最近答复：已催"
    await office.conversations.hand_off(conversation_id, HandOffReason.asked, intent=None, summary=summary, seq=1)
    await office.handover.accept(LINA, conversation_id)
    await office.handover.give_back(LINA, conversation_id, "明天派送")
    await office.waiting()
    view = (await office.conversations.view(conversation_id)).model_copy(update={"hand_off_summary": summary})
    async with office.database.transaction() as session:
        past = await past_of(session, conversation_id, at=clock())
        customer = await session.get(Customer, view.customer_id)
        assert customer is not None
    brief = brief_of(view, past, ["T1"])
    assert brief.lines == (
        "客户要：催派：两天没动",
        "已做过：已收集：运单号 YD1；机器人最近答复：已催",
        "还没解决：未结工单 T1；上次答应过：明天派送",
    )
    assert (brief.contacts, brief.channels, brief.is_verified) == (1, ("web",), False)
