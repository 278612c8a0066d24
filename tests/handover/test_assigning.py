"""Waiting customers are offered to people who are there: in order, fairly, one after the other."""

from datetime import timedelta

import pytest

from bot.errors import AccessRefusedError, IllegalMoveError, RefusedError
from bot.handover.kinds import AgentState
from bot.handover.settings import HandoverSettings
from tests.conftest import FrozenClock
from tests.handover.desk import Desk, actor

LINA, ZHOU = actor("lina"), actor("zhou")


async def offered(desk: Desk) -> dict[str, str | None]:
    """Customer -> to whom it is offered."""
    await desk.dispatcher.run_once()
    return {view.reply_address: view.offered_to for view in await desk.conversations.waiting()}


async def test_nobody_online_nobody_is_offered_anything(desk: Desk) -> None:
    await desk.waiting()
    assert await offered(desk) == {"visitor-1": None}


async def test_the_oldest_is_served_first(desk: Desk, clock: FrozenClock) -> None:
    for sender in ("first", "second", "third", "fourth", "fifth"):
        await desk.waiting(sender)
        clock.advance(timedelta(seconds=20))
    await desk.online("lina", "zhou")
    found = await offered(desk)
    assert [sender for sender in found if found[sender]] == ["first", "second", "third", "fourth"]
    assert found["fifth"] is None


async def test_least_loaded_then_idle_longest_is_next(desk: Desk, clock: FrozenClock) -> None:
    for name in ("mei", "lina", "zhou"):
        await desk.online(name)
        clock.advance(timedelta(seconds=1))
    for sender in ("a", "b", "c", "d"):
        await desk.waiting(sender)
    assert list((await offered(desk)).values()) == ["mei", "lina", "zhou", "mei"]


async def test_capacity_holds(desk: Desk) -> None:
    await desk.online("lina")
    for sender in ("a", "b", "c"):
        await desk.waiting(sender)
    assert list((await offered(desk)).values()) == ["lina", "lina", None]


async def test_not_accepted_in_time_the_next_agent_is_asked_and_the_customer_keeps_the_place(
    desk: Desk, clock: FrozenClock
) -> None:
    await desk.online("lina")
    first = await desk.waiting("first")
    clock.advance(timedelta(seconds=1))
    await desk.waiting("second")
    assert (await offered(desk))["first"] == "lina"
    await desk.online("zhou")
    clock.advance(timedelta(seconds=30))
    await desk.beat("lina", "zhou")
    assert (await offered(desk))["first"] == "zhou"
    assert (await desk.conversations.view(first)).queue_position == 1


async def test_who_lets_two_offers_pass_is_on_a_break_and_nobody_rings_for_ever(desk: Desk, clock: FrozenClock) -> None:
    await desk.online("lina")
    conversation_id = await desk.waiting()
    for _ in range(4):
        await desk.dispatcher.run_once()
        clock.advance(timedelta(seconds=30))
        await desk.beat("lina")
    assert await desk.state_of("lina") == AgentState.on_break
    assert [move.move for move in await desk.moves(conversation_id)].count("offer") == 2


async def test_declining_asks_the_next_at_once(desk: Desk) -> None:
    await desk.online("lina", "zhou")
    conversation_id = await desk.waiting()
    first = (await offered(desk))["visitor-1"]
    await desk.handover.decline(actor(first or ""), conversation_id)
    assert (await offered(desk))["visitor-1"] not in (first, None)


async def test_only_whom_it_is_offered_to_may_take_it(desk: Desk) -> None:
    await desk.online("lina")
    conversation_id = await desk.waiting()
    await desk.dispatcher.run_once()
    with pytest.raises(IllegalMoveError):
        await desk.handover.accept(ZHOU, conversation_id)
    assert (await desk.handover.accept(LINA, conversation_id)).agent == "lina"


async def test_picking_by_hand_can_be_switched_off(desk: Desk, words, database, clock) -> None:
    strict = Desk(database, clock, words, HandoverSettings(picking=False))
    conversation_id = await desk.waiting()
    with pytest.raises(IllegalMoveError, match="派单"):
        await strict.handover.accept(LINA, conversation_id)
    assert (await desk.handover.accept(LINA, conversation_id)).agent == "lina"


async def test_a_team_is_served_by_its_people_only(desk: Desk) -> None:
    conversation_id = await desk.held("mei")
    await desk.handover.transfer(actor("mei"), conversation_id, team="claims", note="要理赔")
    await desk.online("lina")
    assert (await offered(desk))["visitor-1"] is None
    await desk.online("zhou")
    assert (await offered(desk))["visitor-1"] == "zhou"


# -- lost connections ------------------------------------------------------------------------------


async def test_a_closed_browser_gives_the_customers_to_others_first_and_they_are_told(
    desk: Desk, clock: FrozenClock
) -> None:
    await desk.online("lina", "zhou")
    lost = await desk.held("lina", "lost")
    await desk.waiting("other")
    clock.advance(timedelta(seconds=31))
    await desk.beat("zhou")
    found = await offered(desk)
    assert next(iter(found.items())) == ("lost", "zhou")
    assert await desk.state_of("lina") == AgentState.offline
    assert any("掉线" in text for text in await desk.said(lost))


async def test_a_short_loss_of_the_connection_costs_nothing(desk: Desk, clock: FrozenClock) -> None:
    await desk.online("lina")
    conversation_id = await desk.held("lina")
    clock.advance(timedelta(seconds=29))
    await desk.dispatcher.run_once()
    await desk.beat("lina")
    clock.advance(timedelta(seconds=29))
    await desk.dispatcher.run_once()
    assert (await desk.conversations.view(conversation_id)).agent == "lina"


async def test_programs_without_a_page_are_not_missed(desk: Desk, clock: FrozenClock) -> None:
    conversation_id = await desk.held("lina")
    clock.advance(timedelta(hours=1))
    await desk.dispatcher.run_once()
    assert (await desk.conversations.view(conversation_id)).agent == "lina"


async def test_a_break_passes_offers_on_and_keeps_conversations(desk: Desk) -> None:
    await desk.online("lina")
    held = await desk.held("lina", "held")
    await desk.waiting("offered")
    await desk.dispatcher.run_once()
    await desk.handover.be(LINA, AgentState.on_break)
    assert (await desk.conversations.view(held)).agent == "lina"
    assert (await offered(desk))["offered"] is None


async def test_nobody_goes_home_with_customers_in_hand(desk: Desk) -> None:
    await desk.online("lina")
    await desk.held("lina")
    with pytest.raises(RefusedError, match="1 个会话"):
        await desk.handover.be(LINA, AgentState.offline)


async def test_two_dispatchers_at_once_offer_to_one(desk: Desk, database, clock, words) -> None:
    import asyncio

    other = Desk(database, clock, words)
    await desk.online("lina", "zhou")
    conversation_id = await desk.waiting()
    await asyncio.gather(desk.dispatcher.run_once(), other.dispatcher.run_once())
    assert [move.move for move in await desk.moves(conversation_id)].count("offer") == 1


async def test_outlets_and_arbitrators_are_refused(desk: Desk) -> None:
    from bot.staff.model import Role

    outlet = actor("outlet", Role.outlet_agent)
    conversation_id = await desk.waiting()
    for wanted in (
        desk.handover.be(outlet, AgentState.online),
        desk.handover.accept(outlet, conversation_id),
        desk.handover.agents(outlet),
        desk.handover.moves(outlet, conversation_id),
    ):
        with pytest.raises(AccessRefusedError):
            await wanted
    with pytest.raises(AccessRefusedError):
        await desk.handover.take_over(LINA, conversation_id)
