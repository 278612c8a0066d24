"""Who has a conversation: the one table of moves.  Pure; whatever is not in it is refused."""

from enum import StrEnum

from bot.errors import IllegalMoveError


class ConversationState(StrEnum):
    """Who has the conversation.  ``offered``: still waiting, and shown to one agent who may take it."""

    new = "new"
    bot = "bot"
    queued = "queued"
    offered = "offered"
    agent = "agent"
    ended = "ended"


class Move(StrEnum):
    """What happens to a conversation between customer, bot and people."""

    answer = "answer"
    queue = "queue"
    offer = "offer"
    pass_on = "pass_on"  # noqa: S105  # no password
    accept = "accept"
    transfer = "transfer"
    lose = "lose"
    take_over = "take_over"
    give_back = "give_back"
    leave = "leave"
    promise = "promise"
    call_back = "call_back"
    end = "end"


_S = ConversationState
WAITING = frozenset({_S.queued, _S.offered})
WITH_PERSON = WAITING | {_S.agent}
"""Where the bot is silent: a person has it or is about to."""

MOVES: dict[Move, tuple[frozenset[ConversationState], ConversationState]] = {
    Move.answer: (frozenset({_S.new, _S.bot}), _S.bot),
    Move.queue: (frozenset({_S.new, _S.bot}), _S.queued),
    Move.offer: (frozenset({_S.queued}), _S.offered),
    Move.pass_on: (frozenset({_S.offered}), _S.queued),
    Move.accept: (WAITING, _S.agent),
    Move.transfer: (frozenset({_S.agent}), _S.queued),
    Move.lose: (frozenset({_S.agent}), _S.queued),
    Move.take_over: (frozenset({_S.new, _S.bot}) | WITH_PERSON, _S.agent),
    Move.give_back: (frozenset({_S.agent}), _S.bot),
    Move.leave: (WAITING, _S.bot),
    Move.promise: (frozenset({_S.new, _S.bot, _S.queued}), _S.bot),
    Move.call_back: (frozenset({_S.new, _S.bot}), _S.queued),
    Move.end: (frozenset({_S.new, _S.bot, _S.agent}), _S.ended),
}


def after(move: Move, state: ConversationState) -> ConversationState:
    """The state that a move leads to.  Raises `IllegalMoveError` where it is not allowed."""
    allowed, to = MOVES[move]
    if state not in allowed:
        raise IllegalMoveError(f"{move} is not possible while a conversation is {state}")
    return to
