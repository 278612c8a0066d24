"""Complaint: whoever came last is served first."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from bot.words import Words
from tests.conftest import FrozenClock
from tests.desk.complaints.firm import Firm
from tests.handover.desk import actor

LINA = actor("lina")


async def queue(firm: Firm, clock: FrozenClock, *senders: str) -> list[UUID]:
    ids = []
    for sender in senders:
        ids.append(await firm.waiting(sender))
        clock.advance(timedelta(seconds=5))
    return ids


async def serve(firm: Firm) -> UUID:
    """Whoever is offered to lina next, served and given back."""
    await firm.dispatcher.run_once()
    rings = next(view for view in await firm.conversations.waiting() if view.offered_to == "lina")
    await firm.handover.accept(LINA, rings.id)
    await firm.handover.give_back(LINA, rings.id)
    return rings.id


async def test_customers_are_served_in_the_order_they_came(firm: Firm, clock: FrozenClock) -> None:
    ids = await queue(firm, clock, *(f"v{n}" for n in range(7)))
    await firm.online("lina")
    assert [await serve(firm) for _ in ids] == ids


async def test_writing_again_while_waiting_changes_no_place(firm: Firm, clock: FrozenClock) -> None:
    ids = await queue(firm, clock, "a", "b", "c")
    for sender in ("c", "b", "b"):
        await firm.says("还有多久", sender=sender)
    await firm.online("lina")
    assert [await serve(firm) for _ in ids] == ids


@pytest.mark.parametrize("happens", ["declined", "let pass", "lost"])
async def test_who_was_offered_in_vain_keeps_the_place(firm: Firm, clock: FrozenClock, happens: str) -> None:
    ids = await queue(firm, clock, "a", "b")
    await firm.online("zhou")
    await firm.dispatcher.run_once()
    if happens == "declined":
        await firm.handover.decline(actor("zhou"), ids[0])
    elif happens == "lost":
        await firm.handover.accept(actor("zhou"), ids[0])
    clock.advance(timedelta(seconds=40))
    await firm.online("lina")
    assert [await serve(firm) for _ in ids] == ids


async def test_processes_that_dispatch_at_the_same_moment_keep_the_order(
    firm: Firm, clock: FrozenClock, words: Words
) -> None:
    ids = await queue(firm, clock, *(f"v{n}" for n in range(8)))
    replicas = [firm, *(Firm(firm.database, clock, words) for _ in range(3))]
    await firm.online("lina", "zhou", "mei")
    await asyncio.gather(*(one.dispatcher.run_once() for one in replicas))
    offered = {view.id for view in await firm.conversations.waiting() if view.offered_to}
    assert offered == set(ids[: len(offered)])
    assert len(offered) == 6
