"""Random walks over the real service: three processes that answer and dispatch, killed in between, and people."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from bot.channels import Reply
from bot.conversations.answering import Answering
from bot.conversations.custody import WITH_PERSON
from bot.conversations.model import HandOffReason
from bot.db import Database
from bot.dialogue.engine import EngineAnswer, ScriptedEngine, Turn
from bot.errors import BotError, EngineUnavailableError
from bot.words import Words
from tests.handover.desk import Desk
from tests.handover.test_walks import Walk, World, agents, customers
from tests.handover.walks.profiles import walk

PROCESSES = (0, 1, 2)
processes = st.sampled_from(PROCESSES)
FATES = ("speaks", "hands over", "is down", "says nothing")


class GatedEngine:
    """Thinks until it is told how it ends, as its action server would do it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._gate = asyncio.Event()
        self._fate = "speaks"
        self.thinks = 0
        self.begun: list[Turn] = []

    async def respond(self, turn: Turn) -> EngineAnswer:
        self.begun.append(turn)
        self.thinks += 1
        try:
            await self._gate.wait()
        finally:
            self.thinks -= 1
        if self._fate == "is down":
            raise EngineUnavailableError("switched off")
        if self._fate == "hands over":
            with suppress(BotError):
                await self._desk.conversations.hand_off(
                    turn.conversation_id, HandOffReason.unsure, intent=None, summary="", seq=turn.seq
                )
        silent = self._fate in ("hands over", "says nothing")
        return EngineAnswer(() if silent else (Reply(text="机器人的回答"),))

    def let(self, fate: str) -> None:
        self._fate = fate
        self._gate.set()

    def hold(self) -> None:
        self._gate.clear()


class Process(Desk):
    """A replica that answers, too."""

    def __init__(self, database: Database, clock: Any, words: Words) -> None:
        super().__init__(database, clock, words)
        self.engine = GatedEngine(self)
        self.answering = Answering(self.conversations, database, self.engine, ScriptedEngine(), at_once=4)

    async def killed(self) -> None:
        """Whatever it was doing is not finished."""
        while tasks := list(self.answering._running.values()):
            self.answering._again.clear()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await asyncio.sleep(0)


class Processes(World):
    """The world with processes in it."""

    def __init__(self, url: str, words: Words) -> None:
        super().__init__(url, words)
        self.run(self.database.close())
        self.database = Database(url, pool_size=16)

    def desk(self) -> Process:
        return Process(self.database, lambda: self.now, self.words)


class ServiceWalk(Walk):
    """The walk of two replicas, with a third, and with loops that answer in all of them."""

    desks: list[Process]  # type: ignore[assignment]  # what `Processes.desk` makes

    def __init__(self) -> None:
        super().__init__()
        self.desks.append(self.world.desk())  # type: ignore[arg-type]  # a `Process`
        self.to_people: dict[UUID, int] = {}

    # -- what happens besides -----------------------------------------------------------------------

    @rule(customer=customers, heard=processes, woken=processes)
    def customer_writes_and_a_process_wakes(self, customer: str, heard: int, woken: int) -> None:
        conversation_id = self.do(self.desks[heard].says("查件", sender=customer))
        self.do(self.woken(woken, conversation_id))

    @rule(process=processes)
    def process_sweeps(self, process: int) -> None:
        """What the loop does each second: everything that is owed, wherever it came in."""
        self.do(self.swept(process))

    @precondition(lambda self: any(desk.engine.thinks for desk in self.desks))
    @rule(process=processes, fate=st.sampled_from(FATES))
    def engine_comes_to_an_end(self, process: int, fate: str) -> None:
        self.asked_for += 3
        self.do(self.ended(process, fate))

    @rule(replica=processes)
    def replica_is_killed_and_starts_again(self, replica: int) -> None:
        self.do(self.desks[replica].killed())
        self.turns = [(where, turn) for where, turn in self.turns if where != replica]
        self.desks[replica] = self.world.desk()  # type: ignore[assignment]  # a `Process`

    @rule(process=processes, agent=agents)
    def two_dispatchers_at_once(self, process: int, agent: str) -> None:
        self.do(self.both(process, (process + 1) % len(PROCESSES)))

    @invariant()
    def nobody_thinks_about_what_was_written_to_a_person(self) -> None:
        """Not while the person has it, and not when the conversation comes back either."""
        for desk in self.desks:
            for turn in desk.engine.begun:
                assert turn.seq > self.to_people.get(turn.conversation_id, 0), self.step
            desk.engine.begun.clear()
        self.to_people |= {row.id: row.last_seq for row in self.rows() if row.state in WITH_PERSON}

    def teardown(self) -> None:
        for desk in self.desks:
            self.do(desk.killed())
        super().teardown()
        for desk in self.desks:
            self.do(desk.killed())

    # -- within ---------------------------------------------------------------------------------------

    async def woken(self, process: int, conversation_id: Any) -> None:
        if conversation_id is not None:
            self.desks[process].answering.wake(conversation_id)
            await self.breathe()

    async def swept(self, process: int) -> None:
        desk = self.desks[process]
        for conversation_id in await desk.conversations.owed():
            desk.answering.wake(conversation_id)
        await self.breathe()

    async def ended(self, process: int, fate: str) -> None:
        """Everything that this process thinks about is decided, whatever others still think about."""
        desk = self.desks[process]
        desk.engine.let(fate)
        async with asyncio.timeout(30):
            await desk.answering.drain()
        desk.engine.hold()

    async def both(self, one: int, other: int) -> None:
        await asyncio.gather(self.desks[one].dispatcher.run_once(), self.desks[other].dispatcher.run_once())

    async def breathe(self) -> None:
        """Until every loop thinks or is done: what they read is read then."""
        for _ in range(200):
            running = sum(len(desk.answering._running) for desk in self.desks)
            if running == sum(desk.engine.thinks for desk in self.desks):
                return
            await asyncio.sleep(0.001)


@pytest.fixture
def world(postgres_url: str, words: Words) -> Iterator[Processes]:
    world = Processes(postgres_url, words)
    world.run(world.people())
    yield world
    world.close()


def test_no_process_lets_the_bot_speak_while_a_person_has_it(world: Processes) -> None:
    walk(ServiceWalk, few=8, steps=30, world=world)
