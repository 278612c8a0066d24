"""What a release may be, and how it gets there: the one table of moves.  Pure; what is not in it is refused."""

from enum import StrEnum


class ReleaseState(StrEnum):
    """``candidate`` serves a share of customers, ``stable`` all others, ``leaving`` those who began with it."""

    waiting = "waiting"
    training = "training"
    measuring = "measuring"
    ready = "ready"
    failed = "failed"
    cancelled = "cancelled"
    candidate = "candidate"
    stable = "stable"
    leaving = "leaving"
    withdrawn = "withdrawn"
    kept = "kept"
    forgotten = "forgotten"


class ReleaseMove(StrEnum):
    """What happens to a release."""

    train = "train"
    measure = "measure"
    finish = "finish"
    fail = "fail"
    cancel = "cancel"
    publish = "publish"
    settle = "settle"
    leave = "leave"
    withdraw = "withdraw"
    keep = "keep"
    forget = "forget"


class TrainingKind(StrEnum):
    """``quick`` keeps the encoder that serves, ``thorough`` tunes it anew; ``files`` was made by a start."""

    quick = "quick"
    thorough = "thorough"
    files = "files"


_S, _M = ReleaseState, ReleaseMove

AT_WORK = frozenset({_S.waiting, _S.training, _S.measuring})
"""A training that is not over."""
SERVED = frozenset({_S.candidate, _S.stable, _S.leaving})
"""A process of it runs, or is to."""
PUBLISHABLE = frozenset({_S.ready, _S.withdrawn, _S.kept, _S.leaving})

MOVES: dict[ReleaseMove, tuple[frozenset[ReleaseState], ReleaseState]] = {
    _M.train: (AT_WORK, _S.training),
    _M.measure: (frozenset({_S.training}), _S.measuring),
    _M.finish: (frozenset({_S.measuring}), _S.ready),
    _M.fail: (AT_WORK, _S.failed),
    _M.cancel: (AT_WORK, _S.cancelled),
    _M.publish: (PUBLISHABLE, _S.candidate),
    _M.settle: (PUBLISHABLE | {_S.candidate}, _S.stable),
    _M.leave: (frozenset({_S.stable}), _S.leaving),
    _M.withdraw: (frozenset({_S.candidate, _S.stable}), _S.withdrawn),
    _M.keep: (frozenset({_S.leaving, _S.stable}), _S.kept),
    _M.forget: (frozenset({_S.ready, _S.withdrawn, _S.kept}), _S.forgotten),
}


def is_allowed(move: ReleaseMove, state: ReleaseState) -> bool:
    return state in MOVES[move][0]
