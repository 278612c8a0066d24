"""Complaint: 对方正在输入 stands there for ever."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from bot.conversations.events import Event, EventHub
from bot.staff.model import Role
from tests.desk.complaints.firm import Firm
from tests.handover.desk import actor

LINA, BOSS = actor("lina"), actor("boss", Role.supervisor)


@pytest.fixture
async def hub(firm: Firm) -> AsyncIterator[EventHub]:
    hub = EventHub(firm.database)
    await hub.start()
    yield hub
    await hub.stop()


@pytest.mark.parametrize("ends", ["give_back", "end", "transfer", "take_over", "message"])
async def test_whoever_leaves_stops_typing(firm: Firm, hub: EventHub, ends: str) -> None:
    """Web pages stop by themselves when a message comes; all else is told."""
    conversation_id = await firm.held("lina")
    with hub.subscribe(conversation_id) as events:
        await firm.conversations.typing(conversation_id, "agent", on=True)
        if ends == "transfer":
            await firm.handover.transfer(LINA, conversation_id, team="claims")
        elif ends == "take_over":
            await firm.handover.take_over(BOSS, conversation_id)
        elif ends == "message":
            await firm.conversations.say_as_agent(conversation_id, "lina", "好的", external_id="desk:00000001")
        else:
            await getattr(firm.handover, ends)(LINA, conversation_id)
        heard: list[Event] = []
        async with asyncio.timeout(30):
            while not any(_ends_typing(event) for event in heard):
                heard.append(await events.get())
    assert any(event.kind == "typing" and event.on for event in heard)


def _ends_typing(event: Event) -> bool:
    return event.kind == "message" or (event.kind == "typing" and event.by == "agent" and not event.on)
