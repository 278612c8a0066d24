"""Random walks over the model alone: who speaks when, whatever is tried while turns are being thought about."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from uuid import uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from bot.conversations.custody import MOVES, WITH_PERSON, ConversationState, Move
from bot.conversations.model import Conversation, HandOffReason
from bot.errors import IllegalMoveError
from tests.handover.walks.profiles import walk

START = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
AGENTS = ("lina", "zhou")
which, agents = st.sampled_from((0, 1)), st.sampled_from(AGENTS)


@dataclass
class Talk:
    """A conversation with its log: who said something, and who had it then.  ``thinking`` are turns begun, by place."""

    row: Conversation
    log: list[tuple[str, ConversationState]] = field(default_factory=list)
    thinking: list[int] = field(default_factory=list)
    journal: list[tuple[Move, ConversationState, ConversationState]] = field(default_factory=list)

    @classmethod
    def new(cls) -> "Talk":
        row = Conversation(
            id=uuid4(),
            state="new",
            created_at=START,
            updated_at=START,
            last_seq=0,
            customer_seq=0,
            handled_seq=0,
            priority=0,
            route_priority=0,
            let_pass=[],
        )
        return cls(row)

    @property
    def state(self) -> ConversationState:
        return ConversationState(self.row.state)

    def say(self, author: str, at: datetime) -> int:
        self.log.append((author, self.state))
        return self.row.next_seq(at=at)


class PureWalk(RuleBasedStateMachine):
    """Two conversations and everything that may be done to them, in any order."""

    @initialize()
    def begin(self) -> None:
        self.talks = [Talk.new(), Talk.new()]
        self.now = START

    # -- customer and bot ---------------------------------------------------------------------------

    @rule(n=which)
    def customer_writes(self, n: int) -> None:
        talk = self.talks[n]
        talk.row.customer_seq = talk.say("customer", self.now)

    @rule(n=which)
    def bot_begins_to_think(self, n: int) -> None:
        talk = self.talks[n]
        if talk.row.customer_seq > talk.row.handled_seq:
            talk.thinking.append(talk.row.customer_seq)

    @precondition(lambda self: any(talk.thinking for talk in self.talks))
    @rule(n=which, place=st.integers(0, 9))
    def bot_speaks(self, n: int, place: int) -> None:
        """As `ConversationService` has it: a turn that is dealt with is dropped, and the model has the last word."""
        talk = self.talks[n]
        if not talk.thinking:
            return
        seq = talk.thinking.pop(place % len(talk.thinking))
        if talk.row.handled_seq >= seq:
            return
        talk.row.handled_seq = seq
        before = talk.state
        try:
            talk.row.answer(at=self.now)
        except IllegalMoveError:
            assert before in WITH_PERSON or before is ConversationState.ended
            return
        assert before not in WITH_PERSON
        talk.say("bot", self.now)

    # -- people ---------------------------------------------------------------------------------------

    @rule(n=which, reason=st.sampled_from(list(HandOffReason)))
    def is_handed_over(self, n: int, reason: HandOffReason) -> None:
        self.do(n, Move.queue, lambda row: row.queue(reason, intent=None, summary="", at=self.now))

    @rule(n=which, who=agents)
    def is_offered(self, n: int, who: str) -> None:
        until = self.now + timedelta(seconds=30)
        self.do(n, Move.offer, lambda row: row.offer(who, until=until, at=self.now))

    @rule(n=which)
    def is_let_pass(self, n: int) -> None:
        self.do(n, Move.pass_on, lambda row: row.pass_on(at=self.now, who="system"))

    @rule(n=which, who=agents)
    def is_accepted(self, n: int, who: str) -> None:
        self.do(n, Move.accept, lambda row: row.accept(who, who.title(), at=self.now))

    @rule(n=which, who=agents)
    def is_taken_over(self, n: int, who: str) -> None:
        self.do(n, Move.take_over, lambda row: row.take_over(who, who.title(), at=self.now))

    @rule(n=which, who=agents)
    def is_transferred(self, n: int, who: str) -> None:
        self.do(n, Move.transfer, lambda row: row.transfer(who, at=self.now, team="claims"))

    @rule(n=which)
    def is_lost(self, n: int) -> None:
        self.do(n, Move.lose, lambda row: row.lose(at=self.now, why="lost"))

    @rule(n=which, who=agents)
    def is_given_back(self, n: int, who: str) -> None:
        self.do(n, Move.give_back, lambda row: row.resolve(who, at=self.now))

    @rule(n=which)
    def customer_leaves_the_queue(self, n: int) -> None:
        self.do(n, Move.leave, lambda row: row.leave_queue(at=self.now))

    @rule(n=which)
    def is_promised(self, n: int) -> None:
        until = self.now + timedelta(hours=1)
        wanted = {"intent": None, "summary": "", "until": until}
        self.do(n, Move.promise, lambda row: row.promise(HandOffReason.asked, at=self.now, **wanted))

    @rule(n=which)
    def is_called_back(self, n: int) -> None:
        self.do(n, Move.call_back, lambda row: row.call_back(at=self.now))

    @rule(n=which, who=agents)
    def ends(self, n: int, who: str) -> None:
        self.do(n, Move.end, lambda row: row.end(who, at=self.now))

    @rule(n=which, who=agents)
    def agent_speaks(self, n: int, who: str) -> None:
        talk = self.talks[n]
        try:
            talk.row.refuse_unless_held_by(who)
        except IllegalMoveError:
            return
        assert (talk.state, talk.row.agent) == (ConversationState.agent, who)
        talk.say("agent", self.now)

    @rule(seconds=st.sampled_from((1, 31, 700)))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    # -- what must hold ---------------------------------------------------------------------------------

    @invariant()
    def the_bot_never_spoke_while_a_person_had_it(self) -> None:
        for talk in self.talks:
            assert not any(author == "bot" and state in WITH_PERSON for author, state in talk.log)

    @invariant()
    def an_agent_spoke_only_while_it_was_theirs(self) -> None:
        for talk in self.talks:
            assert all(state is ConversationState.agent for author, state in talk.log if author == "agent")

    @invariant()
    def exactly_one_has_it(self) -> None:
        for talk in self.talks:
            assert (talk.row.agent is not None) == (talk.state is ConversationState.agent)
            assert (talk.row.offered_to is not None) == (talk.state is ConversationState.offered)

    @invariant()
    def every_move_is_one_of_the_table(self) -> None:
        for talk in self.talks:
            for move, before, after in talk.journal[-1:]:
                assert before in MOVES[move][0]
                assert after is MOVES[move][1]

    def do(self, n: int, move: Move, change: object) -> None:
        talk = self.talks[n]
        before = talk.state
        try:
            change(talk.row)  # type: ignore[operator]  # a function of the row
        except IllegalMoveError:
            assert talk.state is before
            return
        if talk.state is not before or before in MOVES[move][0]:
            talk.journal.append((move, before, talk.state))


def test_whatever_is_tried_the_bot_is_silent_while_a_person_has_it() -> None:
    walk(PureWalk, few=100, steps=50)
