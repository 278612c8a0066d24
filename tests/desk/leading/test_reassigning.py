"""What supervisors do from the wall is done, told once, and kept."""

from uuid import UUID

import pytest
from sqlalchemy import select

from bot.conversations.model import ConversationState
from bot.conversations.moves import ConversationMove
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError
from bot.handover.kinds import AgentState
from bot.handover.tables import AgentChange
from bot.staff.model import Actor, Role
from bot.staff.tables import AuditEntry
from tests.desk.builders import customer_says, make_waiting
from tests.desk.leading.site import BOSS, LINA, LeadingSite


async def kept(site: LeadingSite, what: str) -> list[AuditEntry]:
    async with site.database.transaction() as session:
        return list(await session.scalars(select(AuditEntry).where(AuditEntry.what == what)))


async def system_said(site: LeadingSite, conversation_id: UUID) -> list[str]:
    messages = await site.desk.conversations.messages_after(conversation_id, 0)
    return [message.text for message in messages if message.author == "system"]


async def test_a_colleagues_conversation_goes_to_a_team_and_the_customer_is_told_once(site: LeadingSite) -> None:
    await site.online("lina", "zhou")
    conversation_id = await site.held("lina")
    before = len(await system_said(site, conversation_id))
    view = await site.leading.reassigning.pass_to(BOSS, conversation_id, team="claims", note="要理赔")
    assert (view.state, view.team, view.agent, view.transfer_note) == (
        ConversationState.queued,
        "claims",
        None,
        "要理赔",
    )
    assert len(await system_said(site, conversation_id)) == before + 1
    (entry,) = await kept(site, "conversation.reassigned")
    assert (entry.who, entry.why, entry.details["was"]) == ("boss", "claims", "lina")


async def test_who_waits_can_be_given_to_an_agent_who_is_offered_it(site: LeadingSite) -> None:
    await site.online("lina")
    async with site.database.transaction() as session:
        from bot.handover import presence

        await presence.beat(session, ["lina"], at=site.now)
    conversation_id = await make_waiting(site.desk)
    view = await site.leading.reassigning.pass_to(BOSS, conversation_id, agent="lina")
    assert (view.state, view.offered_to) == (ConversationState.offered, "lina")


async def test_what_cannot_be_is_refused_in_words(site: LeadingSite) -> None:
    moves = site.leading.reassigning
    conversation_id = await site.held("lina")
    with pytest.raises(RefusedError, match="请选择"):
        await moves.pass_to(BOSS, conversation_id)
    with pytest.raises(NotFoundError, match="nobody"):
        await moves.pass_to(BOSS, conversation_id, team="nobody")
    with pytest.raises(RefusedError, match="周强现在不在线"):
        await moves.pass_to(BOSS, conversation_id, agent="zhou")
    with pytest.raises(IllegalMoveError, match="机器人"):
        await moves.pass_to(BOSS, await customer_says(site.desk, "查件", visitor="v9"), team="claims")
    with pytest.raises(RefusedError, match="原因"):
        await moves.put(BOSS, "lina", AgentState.offline, " ")
    with pytest.raises(RefusedError, match="本人"):
        await moves.put(BOSS, "lina", AgentState.online, "该上班了")


async def test_who_was_forgotten_online_is_sent_away_and_the_customers_are_first_in_line(site: LeadingSite) -> None:
    await site.online("lina")
    conversation_id = await site.held("lina")
    card = await site.leading.reassigning.put(BOSS, "lina", AgentState.offline, "下班忘了离线")
    assert (card.state, card.held) == (AgentState.offline, 0)
    view = await site.desk.conversations.view(conversation_id)
    assert (view.state, view.queue_position) == (ConversationState.queued, 1)
    (entry,) = await kept(site, "agent.state_set")
    assert (entry.who, entry.about, entry.why) == ("boss", "lina", "下班忘了离线")
    async with site.database.transaction() as session:
        changes = list(await session.scalars(select(AgentChange).order_by(AgentChange.id)))
        moves = list(await session.scalars(select(ConversationMove).where(ConversationMove.move == "lose")))
    assert (changes[-1].who, changes[-1].why) == ("boss", "下班忘了离线")
    assert moves[-1].why == "下班忘了离线"


async def test_a_break_leaves_the_customers_where_they_are(site: LeadingSite) -> None:
    await site.online("lina")
    await site.held("lina")
    assert (await site.leading.reassigning.put(BOSS, "lina", AgentState.on_break, "开会")).held == 1


async def test_reading_along_masks_and_is_kept(site: LeadingSite) -> None:
    conversation_id = await site.served("lina")
    transcript = await site.leading.reassigning.look(BOSS, conversation_id)
    said = "".join(message.text for message in transcript.messages)
    assert "13812345678" not in said
    assert "502室" not in said
    assert "138****5678" in said
    assert [entry.who for entry in await kept(site, "conversation.opened")] == ["boss"]


@pytest.mark.parametrize("actor", [LINA, Actor("agent:tang", Role.trainer), Actor("agent:chen", Role.provincial_agent)])
async def test_nobody_does_any_of_it_who_does_not_lead(site: LeadingSite, actor: Actor) -> None:
    moves = site.leading.reassigning
    conversation_id = await site.held("lina")
    for attempt in (
        moves.look(actor, conversation_id),
        moves.pass_to(actor, conversation_id, team="claims"),
        moves.put(actor, "lina", AgentState.offline, "x"),
        moves.held_by(actor, "lina"),
    ):
        with pytest.raises(AccessRefusedError):
            await attempt


async def test_a_supervisor_of_a_province_leads_only_its_people(site: LeadingSite) -> None:
    there = Actor("agent:boss", Role.supervisor, province="广东省")
    moves = site.leading.reassigning
    conversation_id = await site.held("lina")
    for attempt in (moves.look(there, conversation_id), moves.held_by(there, "lina")):
        with pytest.raises(AccessRefusedError, match="范围"):
            await attempt
    assert await moves.held_by(there, "chen") == []
    waiting = await make_waiting(site.desk, visitor="v7")
    assert (await moves.look(there, waiting)).view.id == waiting
