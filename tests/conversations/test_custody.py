"""The table of moves, and ten thousand random walks over it without a database."""

from datetime import datetime, timedelta, timezone
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversations.custody import MOVES, WAITING, WITH_PERSON, ConversationState, Move, after
from bot.conversations.model import Conversation, HandOffReason
from bot.errors import IllegalMoveError

START = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
PEOPLE = st.sampled_from(("lina", "zhou"))
STEPS = st.lists(st.tuples(st.sampled_from(list(Move)), PEOPLE, st.integers(0, 900)), max_size=40)


def make() -> Conversation:
    return Conversation(
        id=uuid4(), state="new", created_at=START, updated_at=START, priority=0, route_priority=0, let_pass=[]
    )


def step(one: Conversation, move: Move, who: str, at: datetime) -> None:
    wanted = {"intent": None, "summary": "", "at": at}
    match move:
        case Move.answer:
            one.answer(at=at)
        case Move.queue:
            one.queue(HandOffReason.asked, **wanted)
        case Move.offer:
            one.offer(who, until=at + timedelta(seconds=30), at=at)
        case Move.pass_on:
            one.pass_on(at=at, who="system")
        case Move.accept:
            one.accept(who, who.title(), at=at)
        case Move.transfer:
            one.transfer(who, at=at, team="claims")
        case Move.lose:
            one.lose(at=at, why="lost")
        case Move.take_over:
            one.take_over(who, who.title(), at=at)
        case Move.give_back:
            one.resolve(who, at=at)
        case Move.leave:
            one.leave_queue(at=at)
        case Move.promise:
            one.promise(HandOffReason.asked, until=at + timedelta(hours=1), **wanted)
        case Move.call_back:
            one.call_back(at=at)
        case Move.end:
            one.end(who, at=at)


@settings(deadline=None)
@given(STEPS)
def test_whatever_is_tried_in_whatever_order_exactly_one_has_it(steps: list[tuple[Move, str, int]]) -> None:
    one, now = make(), START
    for move, who, seconds in steps:
        now += timedelta(seconds=seconds)
        before, holder = ConversationState(one.state), one.agent
        try:
            step(one, move, who, now)
        except IllegalMoveError:
            assert (one.state, one.agent) == (before, holder)
            continue
        assert one.state == before or one.state == MOVES[move][1]
        assert not (move is Move.answer and before in WITH_PERSON)
        assert (one.agent is not None) == (one.state == ConversationState.agent)
        assert (one.offered_to is not None) == (one.state == ConversationState.offered)
        assert one.state not in WAITING or one.served_from is not None
        if before == ConversationState.agent and holder != who and move in (Move.transfer, Move.give_back, Move.end):
            raise AssertionError("somebody else's conversation was moved")


@pytest.mark.parametrize(("move", "state"), list(product(Move, ConversationState)))
def test_every_pair_of_move_and_state_leads_somewhere_or_is_refused(move: Move, state: ConversationState) -> None:
    allowed, to = MOVES[move]
    if state in allowed:
        assert after(move, state) is to
    else:
        with pytest.raises(IllegalMoveError):
            after(move, state)


def test_nothing_leads_out_of_the_end_and_everything_else_leads_there() -> None:
    reached = {ConversationState.ended}
    for _ in ConversationState:
        reached |= {state for allowed, to in MOVES.values() if to in reached for state in allowed}
    assert reached == set(ConversationState)
    assert not any(ConversationState.ended in allowed for allowed, _ in MOVES.values())
