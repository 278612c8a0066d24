"""Complaint: after two profiles were merged, a reply goes to the other one."""

from uuid import UUID

import pytest

from bot.customer_history import HISTORIES
from bot.customers.service import CustomerService
from bot.staff.model import Role
from tests.desk.complaints.firm import Firm
from tests.handover.desk import actor

LINA, ZHOU = actor("lina"), actor("zhou")
_SUPERVISOR = Role.supervisor
PHONE = "13900001234"


@pytest.fixture
def customers(firm: Firm) -> CustomerService:
    return CustomerService(firm.database, firm.clock, histories=HISTORIES, channels=firm.deliveries.channels.names)


async def talking(firm: Firm, sender: str, agent: str, *, channel: str = "wechat") -> UUID:
    """Somebody whom an agent talks with."""
    conversation_id = await firm.hears("转人工", sender=sender, channel=channel)
    await firm.handover.take_over(actor("boss", _SUPERVISOR), conversation_id)
    await firm.handover.transfer(actor("boss", _SUPERVISOR), conversation_id, agent=agent)
    await firm.handover.accept(actor(agent), conversation_id)
    return conversation_id


async def prove(firm: Firm, customers: CustomerService, conversation_id: UUID) -> UUID:
    """Whoever talks there has shown to have the phone; two who did are one.  Returns who they are."""
    view = await firm.conversations.view(conversation_id)
    async with firm.database.transaction() as session:
        return await customers.verified(session, view.customer_id, PHONE, firm.clock())


async def reply(firm: Firm, conversation_id: UUID, agent: str, text: str) -> None:
    await firm.conversations.say_as_agent(conversation_id, agent, text, external_id=f"desk:{agent}-{text}")
    await firm.deliver()


@pytest.fixture
async def both(firm: Firm) -> tuple[UUID, UUID]:
    """The same person on two phones, each with an agent of its own."""
    await firm.online("lina", "zhou")
    return await talking(firm, "openid-old", "lina"), await talking(firm, "openid-new", "zhou")


async def test_each_reply_goes_where_the_question_came_from(
    firm: Firm, customers: CustomerService, both: tuple[UUID, UUID]
) -> None:
    old, new = both
    one, other = await prove(firm, customers, old), await prove(firm, customers, new)
    assert one == other or (await firm.conversations.view(old)).customer_id == other
    await reply(firm, old, "lina", "给旧手机的话")
    await reply(firm, new, "zhou", "给新手机的话")
    assert firm.wechat.shown_to("openid-old")[-1] == "给旧手机的话"
    assert firm.wechat.shown_to("openid-new")[-1] == "给新手机的话"
    everything = firm.wechat.shown_to("openid-old") + firm.wechat.shown_to("openid-new")
    assert everything.count("给旧手机的话") == everything.count("给新手机的话") == 1


async def test_a_merge_neither_joins_nor_moves_what_agents_have(
    firm: Firm, customers: CustomerService, both: tuple[UUID, UUID]
) -> None:
    before = [await firm.conversations.view(one) for one in both]
    for one in both:
        await prove(firm, customers, one)
    after = [await firm.conversations.view(one) for one in both]
    assert [(view.agent, view.reply_address, view.state) for view in before] == [
        (view.agent, view.reply_address, view.state) for view in after
    ]
    assert after[0].customer_id == after[1].customer_id


async def test_what_is_written_after_the_merge_stays_in_its_own_conversation(
    firm: Firm, customers: CustomerService, both: tuple[UUID, UUID]
) -> None:
    for one in both:
        await prove(firm, customers, one)
    assert await firm.hears("旧手机上写的", sender="openid-old") == both[0]
    assert await firm.hears("新手机上写的", sender="openid-new") == both[1]
    await reply(firm, both[0], "lina", "收到一")
    await reply(firm, both[1], "zhou", "收到二")
    assert firm.wechat.shown_to("openid-old")[-1] == "收到一"
    assert firm.wechat.shown_to("openid-new")[-1] == "收到二"


async def test_an_undone_merge_leaves_every_reply_where_it_belongs(
    firm: Firm, customers: CustomerService, both: tuple[UUID, UUID]
) -> None:
    for one in both:
        await prove(firm, customers, one)
    survivor = (await firm.conversations.view(both[0])).customer_id
    (record,) = await customers.merges(survivor)
    await customers.undo(record.id, by="boss", why="不是同一个人")
    await reply(firm, both[0], "lina", "只给旧手机")
    await reply(firm, both[1], "zhou", "只给新手机")
    assert "只给新手机" not in firm.wechat.shown_to("openid-old")
    assert "只给旧手机" not in firm.wechat.shown_to("openid-new")
    views = [await firm.conversations.view(one) for one in both]
    assert views[0].customer_id != views[1].customer_id


async def test_a_reply_written_while_the_merge_runs_goes_where_it_was_meant(
    firm: Firm, customers: CustomerService, both: tuple[UUID, UUID]
) -> None:
    await prove(firm, customers, both[0])
    view = await firm.conversations.view(both[1])
    await firm.conversations.say_as_agent(both[1], "zhou", "合并前写的", external_id="desk:before-merge")
    async with firm.database.transaction() as session:
        await customers.verified(session, view.customer_id, PHONE, firm.clock())
    await firm.deliver()
    assert "合并前写的" in firm.wechat.shown_to("openid-new")
    assert "合并前写的" not in firm.wechat.shown_to("openid-old")
