"""Random walks over everything that can happen to conversations between customers, bot and people, on two replicas."""

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import func, select, text

from bot.channels import Reply
from bot.conversations.custody import WITH_PERSON, Move
from bot.conversations.model import Conversation, HandOffReason, Message
from bot.conversations.moves import ConversationMove
from bot.db import Database
from bot.dialogue.engine import Turn
from bot.errors import BotError
from bot.handover.kinds import AgentState
from bot.handover.presence import cards
from bot.staff.model import Role
from bot.words import Words
from tests.handover.desk import Desk, actor

CUSTOMERS = ("ann", "ben", "cho")
AGENTS = ("lina", "zhou", "mei")
BOSS = actor("boss", Role.supervisor)
START = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
_EMPTIED = (
    *("agent_changes", "agent_presence", "conversation_moves", "desk_audit", "deliveries", "messages"),
    *("conversation_doors", "conversations", "identities", "customers"),
)
agents, customers, replicas = st.sampled_from(AGENTS), st.sampled_from(CUSTOMERS), st.sampled_from((0, 1))


class World:
    """A loop and a database of its own for machines, which cannot be awaited."""

    def __init__(self, url: str, words: Words) -> None:
        self.runner = asyncio.Runner()
        self.database = Database(url, pool_size=2)
        self.words = words
        self.now = START

    def run(self, wanted: Any) -> Any:
        return self.runner.run(wanted)

    def desk(self) -> Desk:
        return Desk(self.database, lambda: self.now, self.words)

    async def begin(self) -> None:
        self.now = START
        async with self.database.transaction() as session:
            await session.execute(text("SET LOCAL synchronous_commit = off"))
            await session.execute(text("SET LOCAL session_replication_role = replica"))
            for table in _EMPTIED:
                await session.execute(text(f"DELETE FROM {table}"))

    async def people(self) -> None:
        async with self.database.transaction() as session:
            await session.execute(text("TRUNCATE agents, teams, conversations, customers CASCADE"))
        desk = self.desk()
        await desk.hire(*AGENTS, capacity=1)
        await desk.hire("boss", role=Role.supervisor)
        await desk.team("claims", "lina", "zhou")

    def close(self) -> None:
        self.run(self.database.close())
        self.runner.close()


class Walk(RuleBasedStateMachine):
    """Every step is one thing somebody or something does; what must hold is looked at after each."""

    world: World

    def __init__(self) -> None:
        super().__init__()
        self.world.run(self.world.begin())
        self.desks = [self.world.desk(), self.world.desk()]
        self.pages: set[str] = set()
        self.turns: list[tuple[int, Turn]] = []
        self.asked_for = 0
        self.before: dict[UUID, tuple[str, int]] = {}
        self.step = ""
        self.seen: tuple[list[Conversation], list[ConversationMove], dict[UUID, int]] | None = None

    # -- what happens ------------------------------------------------------------------------------

    @rule(customer=customers, is_read=st.booleans(), replica=replicas)
    def customer_writes(self, customer: str, is_read: bool, replica: int) -> None:
        """And the bot begins to think about it, or comes to it later."""
        self.do(self.desks[replica].says("在吗", sender=customer))
        if is_read:
            self.bot_reads(customer, 1 - replica)

    @rule(customer=customers, replica=replicas)
    def customer_says_to_wait_no_longer(self, customer: str, replica: int) -> None:
        self.do(self.desks[replica].says("取消排队", sender=customer))

    @rule(customer=customers, replica=replicas)
    def bot_reads(self, customer: str, replica: int) -> None:
        conversation = self.open_of(customer)
        if conversation is not None:
            turn = self.do(self.desks[replica].conversations.next_turn(conversation.id))
            self.turns += [(replica, turn)] if turn else []

    @precondition(lambda self: self.turns)
    @rule(nth=st.integers(0, 9))
    def bot_answers_late(self, nth: int) -> None:
        replica, turn = self.turns.pop(nth % len(self.turns))
        self.do(self.desks[replica].conversations.answer(turn, [Reply(text="答复")]))

    @precondition(lambda self: self.turns)
    @rule(nth=st.integers(0, 9), reason=st.sampled_from(list(HandOffReason)))
    def bot_hands_over(self, nth: int, reason: HandOffReason) -> None:
        replica, turn = self.turns.pop(nth % len(self.turns))
        self.asked_for += 1
        self.do(
            self.desks[replica].conversations.hand_off(
                turn.conversation_id, reason, intent=None, summary="", seq=turn.seq
            )
        )

    @rule(who=st.lists(customers, min_size=1, max_size=3, unique=True))
    def customers_are_handed_over(self, who: list[str]) -> None:
        for customer in who:
            self.asked_for += 1
            self.do(self.desks[0].waiting(customer))
            self.world.now += timedelta(seconds=3)

    @rule(customer=customers)
    def customer_writes_while_the_bot_is_quick(self, customer: str) -> None:
        """The whole turn at once: what a person has already must get no answer."""
        before = self.open_of(customer)
        conversation_id = self.do(self.desks[0].says("还在吗", sender=customer))
        turn = self.do(self.desks[0].conversations.next_turn(conversation_id))
        if turn is not None:
            assert before is None or before.state not in WITH_PERSON
            self.do(self.desks[0].conversations.answer(turn, [Reply(text="在的")]))

    @rule(customer=customers, replica=replicas)
    def customer_taps_leave(self, customer: str, replica: int) -> None:
        conversation = self.open_of(customer)
        if conversation is not None:
            self.do(self.desks[replica].conversations.leave_queue(conversation.id))

    @rule(agent=agents, state=st.sampled_from(list(AgentState)), replica=replicas)
    def agent_is(self, agent: str, state: AgentState, replica: int) -> None:
        self.pages.add(agent)
        self.do(self.desks[replica].handover.be(actor(agent), state))

    @rule(agent=agents)
    def everybody_is_online(self, agent: str) -> None:
        self.pages.add(agent)
        self.do(self.desks[0].online(agent))
        self.do(self.desks[0].dispatcher.run_once())

    @rule(agent=agents)
    def browser_closes(self, agent: str) -> None:
        self.pages.discard(agent)

    @rule(seconds=st.sampled_from((1, 10, 25, 31, 60, 700)))
    def time_passes(self, seconds: int) -> None:
        self.world.now += timedelta(seconds=seconds)
        self.do(self.desks[0].beat(*sorted(self.pages)))

    @rule(replica=replicas)
    def dispatcher_passes(self, replica: int) -> None:
        waiting = {row.id: row for row in self.rows() if row.state == "queued"}
        self.do(self.desks[replica].dispatcher.run_once())
        self.oldest_came_first(waiting)
        self.nobody_holds_who_is_gone()

    @rule(agent=agents, customer=customers, replica=replicas)
    def agent_accepts(self, agent: str, customer: str, replica: int) -> None:
        conversation = self.open_of(customer)
        if conversation is not None:
            self.do(self.desks[replica].handover.accept(actor(agent), conversation.id))

    @rule(replica=replicas)
    def the_offered_accept(self, replica: int) -> None:
        for row in [row for row in self.rows() if row.state == "offered"]:
            self.do(self.desks[replica].handover.accept(actor(row.offered_to or ""), row.id))

    @rule(replica=replicas, customer=customers)
    def the_offered_declines(self, replica: int, customer: str) -> None:
        row = self.open_of(customer)
        if row is not None and row.offered_to:
            self.do(self.desks[replica].handover.decline(actor(row.offered_to), row.id))

    @rule(customer=customers, to=st.sampled_from((*AGENTS, "claims")), replica=replicas)
    def holder_transfers(self, customer: str, to: str, replica: int) -> None:
        row = self.open_of(customer)
        if row is not None and row.agent:
            where = {"team": to} if to == "claims" else {"agent": to}
            self.do(self.desks[replica].handover.transfer(actor(row.agent, Role.agent), row.id, note="请跟进", **where))

    @rule(customer=customers, ends=st.booleans(), replica=replicas)
    def holder_is_done(self, customer: str, ends: bool, replica: int) -> None:
        row = self.open_of(customer)
        if row is not None and row.agent:
            handover = self.desks[replica].handover
            self.do((handover.end if ends else handover.give_back)(actor(row.agent), row.id))

    @rule(customer=customers, agent=agents)
    def agent_speaks(self, customer: str, agent: str) -> None:
        row = self.open_of(customer)
        if row is not None:
            said = self.desks[0].conversations.say_as_agent(row.id, agent, "您好", external_id=f"desk:{row.last_seq}")
            self.do(said)

    @rule(customer=customers)
    def supervisor_takes_over(self, customer: str) -> None:
        row = self.open_of(customer)
        if row is not None:
            self.do(self.desks[1].handover.take_over(BOSS, row.id))

    @rule(replica=replicas)
    def replica_is_killed_and_starts_again(self, replica: int) -> None:
        self.turns = [(where, turn) for where, turn in self.turns if where != replica]
        self.desks[replica] = self.world.desk()

    # -- what must hold ----------------------------------------------------------------------------

    @invariant()
    def the_bot_is_silent_while_a_person_has_it(self) -> None:
        for conversation_id, (state, said) in self.before.items():
            if state in WITH_PERSON:
                assert self.look()[2].get(conversation_id, 0) == said, self.step
        self.before = {row.id: (row.state, self.look()[2].get(row.id, 0)) for row in self.rows()}

    @invariant()
    def everybody_is_somewhere(self) -> None:
        for row in self.rows():
            assert (row.agent is not None) == (row.state == "agent"), self.step
            assert (row.offered_to is not None) == (row.state == "offered"), self.step
            assert (row.served_from is not None) or row.state not in ("queued", "offered")

    @invariant()
    def the_log_tells_the_whole_story(self) -> None:
        states: dict[UUID, str] = {}
        moves = self.look()[1]
        for move in moves:
            assert move.before == states.get(move.conversation_id, "new"), self.step
            states[move.conversation_id] = move.after
        assert all(states.get(row.id, "new") == row.state for row in self.rows())
        assert sum(move.move == Move.queue for move in moves) <= self.asked_for
        assert sum(move.move == Move.call_back for move in moves) <= sum(m.move == Move.promise for m in moves)

    def oldest_came_first(self, waiting: dict[UUID, Conversation]) -> None:
        """Whoever was offered to an agent came before everybody of that queue who still waits."""
        rows = {row.id: row for row in self.rows()}
        offered = [rows[one] for one in waiting if rows[one].state == "offered" and not rows[one].wanted]
        for row in offered:
            for other in (rows[one] for one in waiting if rows[one].state == "queued"):
                is_later = (other.served_from, other.queued_at, other.id) > (row.served_from, row.queued_at, row.id)
                assert is_later or other.team not in (None, row.team) or other.queued_at != waiting[other.id].queued_at

    def nobody_holds_who_is_gone(self) -> None:
        for card in self.world.run(self.cards()):
            row_seen = card.is_there or card.state is AgentState.offline
            assert row_seen, card
            if card.state is AgentState.offline and card.username not in self.pages:
                assert card.offered == 0

    def teardown(self) -> None:
        """Nobody is lost: once people are there, everybody who waits is served."""
        self.do(self.desks[0].online(*AGENTS))
        for _ in range(12):
            self.do(self.desks[0].dispatcher.run_once())
            for row in [row for row in self.rows() if row.state == "offered"]:
                self.do(self.desks[0].handover.accept(actor(row.offered_to or ""), row.id))
            for row in [row for row in self.rows() if row.state == "agent"]:
                self.do(self.desks[1].handover.give_back(actor(row.agent or ""), row.id))
            self.do(self.desks[0].beat(*AGENTS))
        assert {row.state for row in self.rows()} <= {"new", "bot", "ended"}
        assert not any(row.callback_at for row in self.rows() if row.state != "ended")

    # -- within ------------------------------------------------------------------------------------

    def do(self, wanted: Any) -> Any:
        """Refusals are answers; anything else is a bug."""
        self.step = getattr(wanted, "__qualname__", "")
        self.seen = None
        with suppress(BotError):
            return self.world.run(wanted)
        return None

    def rows(self) -> list[Conversation]:
        return self.look()[0]

    def open_of(self, customer: str) -> Conversation | None:
        return next((r for r in self.rows() if r.reply_address == customer and r.state != "ended"), None)

    def look(self) -> tuple[list[Conversation], list[ConversationMove], dict[UUID, int]]:
        """Conversations, their moves, and how many bubbles of the bot each has; read once after each step."""
        if self.seen is None:
            self.seen = self.world.run(self.read())
        return self.seen

    async def read(self) -> tuple[list[Conversation], list[ConversationMove], dict[UUID, int]]:
        spoken = (
            select(Message.conversation_id, func.count())
            .where(Message.author == "bot")
            .group_by(Message.conversation_id)
        )
        async with self.world.database.transaction() as session:
            rows = list(await session.scalars(select(Conversation)))
            moves = list(await session.scalars(select(ConversationMove).order_by(ConversationMove.id)))
            return rows, moves, {row[0]: row[1] for row in await session.execute(spoken)}

    async def cards(self) -> list[Any]:
        async with self.world.database.transaction() as session:
            return list(await cards(session, self.desks[0].handover.settings, at=self.world.now))


@pytest.fixture
def world(postgres_url: str, words: Words) -> Iterator[World]:
    world = World(postgres_url, words)
    world.run(world.people())
    yield world
    world.close()


def test_whatever_happens_a_conversation_is_with_exactly_one_and_nobody_is_lost(world: World) -> None:
    machine = type("ThisWalk", (Walk,), {"world": world})
    is_thorough = settings.get_current_profile_name() == "thorough"
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=int(os.environ.get("HANDOVER_WALKS", "10000")) if is_thorough else 30,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            derandomize=not is_thorough,
        ),
    )
