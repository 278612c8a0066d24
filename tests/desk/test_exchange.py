"""Events reach the pages that they concern, and no others."""

import asyncio
from collections.abc import AsyncIterator, Collection
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import OperationalError

from bot.conversations.events import EVERYTHING, Event, EventHub
from bot.conversations.receipts import ReadReceipts
from bot.db import Database
from bot.desk.exchange import THE_QUEUE, Ear, Exchange
from bot.desk.service import Person
from bot.desk.workplace import DeskServices, Workplace
from tests.desk.builders import customer_says, make_waiting

MINE, HERS, WAITING, NEW = (uuid4() for _ in range(4))


class House:
    """An exchange with two pages; who has what is written down here."""

    def __init__(self, hub: EventHub) -> None:
        self.holders: dict[UUID, str | None] = {MINE: "lina", HERS: "zhou"}
        self.asked: list[set[UUID]] = []
        self.is_broken = False
        self.exchange = Exchange(hub, self.who_has, lambda one: one == WAITING)
        self.lina, self.zhou = self.exchange.listen("lina"), self.exchange.listen("zhou")
        self.exchange.mind(self.lina, {MINE})
        self.exchange.mind(self.zhou, {HERS})

    async def who_has(self, conversations: Collection[UUID]) -> dict[UUID, str | None]:
        self.asked.append(set(conversations))
        if self.is_broken:
            raise OperationalError("", None, Exception())
        return {one: self.holders[one] for one in conversations if one in self.holders}

    async def hear(self, ear: Ear) -> list[Event]:
        """What this page was told, nothing where it was not woken."""
        try:
            async with asyncio.timeout(0.01):
                return await anext(ear.batches())
        except TimeoutError:
            return []


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    made = House(EventHub(database))
    yield made
    for ear in (made.lina, made.zhou):
        made.exchange.leave(ear)


def event(conversation_id: UUID, kind: str = "message") -> Event:
    return Event.model_validate({"conversation_id": conversation_id, "kind": kind})


@pytest.mark.parametrize("kind", ["message", "typing", "delivery", "read", "presence"])
async def test_a_message_reaches_the_page_that_minds_the_conversation(house: House, kind: str) -> None:
    await house.exchange.route([event(MINE, kind)])
    assert await house.hear(house.lina) == [event(MINE, kind)]
    assert await house.hear(house.zhou) == []
    assert house.asked == []


@pytest.mark.parametrize("kind", ["agents", "note", "task"])
async def test_what_concerns_everybody_reaches_every_page(house: House, kind: str) -> None:
    await house.exchange.route([event(HERS, kind)])
    assert await house.hear(house.lina) == await house.hear(house.zhou) == [event(HERS, kind)]


async def test_whoever_gets_a_conversation_is_told_before_minding_it(house: House) -> None:
    house.holders[NEW] = "zhou"
    await house.exchange.route([event(NEW, "state")])
    assert await house.hear(house.zhou) == [event(NEW, "state")]
    assert await house.hear(house.lina) == []


async def test_whoever_loses_a_conversation_is_told_as_well_as_who_gets_it(house: House) -> None:
    house.holders[MINE] = "zhou"
    await house.exchange.route([event(MINE, "state")])
    assert await house.hear(house.lina) == await house.hear(house.zhou) == [event(MINE, "state")]


async def test_that_somebody_begins_to_wait_is_told_to_all_as_a_hint_about_the_queue(house: House) -> None:
    house.holders[NEW] = None
    await house.exchange.route([event(NEW, "state"), event(NEW, "state")])
    assert await house.hear(house.lina) == await house.hear(house.zhou) == [event(THE_QUEUE, "state")]


async def test_that_a_colleague_took_somebody_from_the_queue_says_no_more_than_that_to_others(house: House) -> None:
    house.holders[WAITING] = "zhou"
    await house.exchange.route([event(WAITING, "state")])
    assert await house.hear(house.lina) == [event(THE_QUEUE, "state")]
    assert await house.hear(house.zhou) == [event(WAITING, "state"), event(THE_QUEUE, "state")]


async def test_a_message_of_somebody_who_waits_reaches_every_page(house: House) -> None:
    await house.exchange.route([event(WAITING)])
    assert await house.hear(house.lina) == await house.hear(house.zhou) == [event(WAITING)]


async def test_who_has_what_is_asked_once_for_all_pages(house: House) -> None:
    await house.exchange.route([event(MINE, "state"), event(HERS, "state"), event(MINE)])
    assert house.asked == [{MINE, HERS}]


async def test_everybody_is_told_when_it_cannot_be_asked_who_has_it(house: House) -> None:
    house.is_broken = True
    await house.exchange.route([event(HERS, "state")])
    assert await house.hear(house.lina) == await house.hear(house.zhou) == [event(HERS, "state")]


async def test_a_page_no_longer_minds_what_it_left(house: House) -> None:
    house.exchange.mind(house.lina, {HERS})
    await house.exchange.route([event(MINE), event(HERS)])
    assert await house.hear(house.lina) == [event(HERS)]


async def test_hints_that_nobody_takes_become_one_about_everything(house: House) -> None:
    for _ in range(300):
        house.lina.tell([event(MINE)])
    heard = await house.hear(house.lina)
    assert heard[0] == event(EVERYTHING, "state")
    assert len(heard) < 200


async def test_a_page_that_was_closed_is_told_nothing(house: House) -> None:
    house.exchange.leave(house.lina)
    await house.exchange.route([event(MINE), event(MINE, "agents")])
    assert await house.hear(house.lina) == []


async def test_a_customer_who_read_is_told_once_for_each_step(database: Database, desk: DeskServices) -> None:
    hub = EventHub(database)
    await hub.start()
    try:
        conversation_id = await make_waiting(desk)
        receipts = ReadReceipts(database)
        with hub.subscribe(conversation_id) as events:
            for seq in (2, 1, 2):
                await receipts.note(conversation_id, seq, at=desk.clock())
            await desk.conversations.typing(conversation_id, "agent", on=True)
            async with asyncio.timeout(30):
                told = [await events.get()]
                while not told[-1].on:
                    told.append(await events.get())
        assert [one.seq for one in told if one.kind == "read"] == [2]
    finally:
        await hub.stop()


async def test_a_line_that_says_what_it_said_before_is_the_same_line(
    desk: DeskServices, workplace: Workplace, lina: Person
) -> None:
    for visitor in ("a", "b"):
        await workplace.accept(lina, await make_waiting(desk, visitor=visitor))
    before = await workplace.mine(lina)
    await customer_says(desk, "在吗", visitor="b", nth=2)
    after = await workplace.mine(lina)
    same = [one is other for one, other in zip(before, after, strict=True)]
    assert same == [True, False]
    assert [one.unread - other.unread for one, other in zip(after, before, strict=True)] == [0, 1]
