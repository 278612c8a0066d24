"""Whether a promise was kept, from the track, the tickets and the log; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.clock import local
from bot.desk.tools.kinds import PromiseKind, PromiseState
from bot.desk.tools.words import tool_words
from bot.waybills.model import Checkpoint, CheckpointKind

GRACE = timedelta(minutes=15)
"""Scans and tickets are told of a little later than they happen."""
_OUT = {
    CheckpointKind.out_for_delivery,
    CheckpointKind.delivery_failed,
    CheckpointKind.at_station,
    CheckpointKind.delivered,
}
_SCANS = {
    PromiseKind.dispatch: (_OUT, "scanned"),
    PromiseKind.deliver: ({CheckpointKind.delivered, CheckpointKind.at_station}, "delivered"),
    PromiseKind.pick_up: ({CheckpointKind.picked_up}, "picked_up"),
}
_SPOKEN = {PromiseKind.call_back, PromiseKind.reply}
_TICKETED = {PromiseKind.handle, PromiseKind.refund, PromiseKind.reply}


@dataclass(frozen=True)
class Ended:
    """A ticket that was handled or closed, and when."""

    ticket_no: str
    at: datetime


@dataclass(frozen=True)
class Proof:
    """What there is to judge a promise by.

    Parameters
    ----------
    track: of the waybill, None where there is none or nobody knows it.
    spoken: when people of ours wrote to the customer after the promise was confirmed.
    ended: tickets of the waybill or conversation that were handled since.
    """

    track: Sequence[Checkpoint] | None
    spoken: Sequence[datetime] = ()
    ended: Sequence[Ended] = ()


@dataclass(frozen=True)
class Judged:
    """``because``: what settled it, in Chinese."""

    state: PromiseState
    because: str


def judge(
    kind: PromiseKind, *, since: datetime, made_at: datetime, due_at: datetime, proof: Proof, now: datetime
) -> Judged | None:
    """Kept, broken, or None while it still can be kept.

    Parameters
    ----------
    since: when the contact ended; what was written before that is no call back.
    """
    words = tool_words()
    kept = _kept(kind, since, made_at, due_at, proof)
    if kept is not None:
        return Judged(PromiseState.kept, kept)
    if now <= due_at + GRACE:
        return None
    if kind in _SCANS and proof.track is None:
        return Judged(PromiseState.broken, words.verdicts["no_track"].format(due=_said(due_at)))
    because = words.verdicts["nothing"].format(due=_said(due_at), kind=words.promises[kind])
    return Judged(PromiseState.broken, because)


def _kept(kind: PromiseKind, since: datetime, made_at: datetime, due_at: datetime, proof: Proof) -> str | None:
    words = tool_words().verdicts
    if kind in _SCANS:
        kinds, said = _SCANS[kind]
        at = next((scan.at for scan in proof.track or () if scan.kind in kinds and made_at < scan.at <= due_at), None)
        return words[said].format(at=_said(at)) if at else None
    if kind in _TICKETED:
        ended = next((one for one in proof.ended if made_at < one.at <= due_at), None)
        if ended is not None:
            return words["ticket_done"].format(ticket_no=ended.ticket_no, at=_said(ended.at))
    if kind in _SPOKEN:
        at = next((at for at in proof.spoken if since < at <= due_at), None)
        return words["spoke"].format(at=_said(at)) if at else None
    return None


def _said(at: datetime) -> str:
    day = local(at)
    return f"{day.month}月{day.day}日{day:%H:%M}"
