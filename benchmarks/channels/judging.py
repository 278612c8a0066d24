"""What became of every question: pure, from what was pushed, what stands in the database and what phones show."""

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.channels.crowd import Question
from benchmarks.channels.pusher import Pushed
from connectors.wechat.rendering import as_wechat_text

_MENU_LINE = re.compile(r"^〔.*〕$", re.MULTILINE)
_IN_TIME_S = 1.0
_TO_COME = ("waiting", "sending")


@dataclass(frozen=True)
class Bubble:
    """Something said to a customer; ``number`` is its place in what the customer was sent."""

    openid: str
    number: int
    text: str
    state: str
    sent_at: float | None
    reply_to: str | None


@dataclass(frozen=True)
class Stored:
    """A question as it stands in the log: the conversation, its place there, whether a person has it, or it is due."""

    msg_id: str
    conversation: str
    seq: int
    is_with_person: bool
    is_owed: bool = False


@dataclass(frozen=True)
class Verdict:
    """Counts of questions, but for ``unseen`` and ``doubled``, which are bubbles.  Times in seconds.

    Parameters
    ----------
    no_service: WeChat told the customer that nobody is there.
    waiting: thanked for, and still to be read, answered or sent: nothing when all was waited for.
    held: a part of the answer may go out only when the customer writes again.
    lost: thanked for, neither waiting nor held, and without an answer that was sent.
    doubled: bubbles that stand on a phone more often than they were said.
    out_of_order: questions that stand before one that was thanked for earlier.
    answered_in: from the push to the last bubble of the answer.
    alike: share of answers that are what most others got to the same words.
    """

    pushed: int
    no_service: int
    repeated: int
    ack_s: list[float] = field(repr=False)
    waiting: int
    held: int
    lost: list[str]
    to_a_person: int
    unseen: int
    doubled: int
    strange: int
    out_of_order: int
    answered_in: list[float] = field(repr=False)
    alike: float

    @property
    def in_time(self) -> float:
        """Share that was thanked for within a second of when it was due."""
        return sum(each <= _IN_TIME_S for each in self.ack_s) / self.pushed

    @property
    def is_clean(self) -> bool:
        return not (self.lost or self.unseen or self.doubled or self.strange or self.out_of_order)


@dataclass(frozen=True)
class Evidence:
    """All there is to judge by; ``unread`` are the ids of letters that wait."""

    questions: Sequence[Question]
    pushes: Sequence[Pushed]
    stored: Sequence[Stored]
    bubbles: Sequence[Bubble]
    screens: Mapping[str, Sequence[str]]
    unread: frozenset[str] = frozenset()


def judge(evidence: Evidence) -> Verdict:
    acked = {push.msg_id: push for push in evidence.pushes if push.acked_at is not None}
    stored = {each.msg_id: each for each in evidence.stored}
    answers: defaultdict[str, list[Bubble]] = defaultdict(list)
    for bubble in evidence.bubbles:
        if bubble.reply_to is not None:
            answers[bubble.reply_to].append(bubble)
    unseen, doubled, strange = _on_the_phones(evidence)
    waiting = _waiting(evidence)
    held = {each.reply_to for each in evidence.bubbles if each.state == "held" and each.reply_to}
    to_a_person = {each.msg_id for each in evidence.stored if each.is_with_person and each.msg_id not in answers}
    return Verdict(
        pushed=len(evidence.pushes),
        no_service=len(evidence.pushes) - len(acked),
        repeated=sum(push.attempts > 1 for push in evidence.pushes),
        ack_s=sorted(push.acked_at - push.due_at for push in acked.values() if push.acked_at is not None),
        waiting=len(waiting & acked.keys()),
        held=len(held - waiting),
        lost=[
            each for each in acked if each not in to_a_person | waiting | held and not _is_there(each, stored, answers)
        ],
        to_a_person=len(to_a_person),
        unseen=unseen,
        doubled=doubled,
        strange=strange,
        out_of_order=_out_of_order(evidence.questions, acked, stored),
        answered_in=sorted(_waits(acked, answers)),
        alike=_alike(evidence.questions, answers),
    )


def _waiting(evidence: Evidence) -> set[str]:
    """Ids of questions that are still worked on."""
    owed = {each.msg_id for each in evidence.stored if each.is_owed}
    open_ones = {each.reply_to for each in evidence.bubbles if each.state in _TO_COME and each.reply_to}
    return owed | open_ones | evidence.unread


def _is_there(msg_id: str, stored: Mapping[str, Stored], answers: Mapping[str, Sequence[Bubble]]) -> bool:
    bubbles = answers.get(msg_id, ())
    return msg_id in stored and bool(bubbles) and all(each.state == "sent" for each in bubbles)


def _on_the_phones(evidence: Evidence) -> tuple[int, int, int]:
    """Bubbles that are missing, that stand there too often, and phones that show something else or another order."""
    said: defaultdict[str, list[Bubble]] = defaultdict(list)
    for bubble in sorted(evidence.bubbles, key=lambda each: each.number):
        said[bubble.openid].append(bubble)
    unseen = doubled = strange = 0
    for openid in said.keys() | evidence.screens.keys():
        texts = [plain(as_wechat_text(each.text)) for each in said[openid] if each.state == "sent"]
        to_come = [plain(as_wechat_text(each.text)) for each in said[openid] if each.state in _TO_COME]
        screen = "".join(plain(each) for each in evidence.screens.get(openid, ()))
        # What is on its way may be there already.
        if screen.startswith("".join(texts)) and "".join([*texts, *to_come]).startswith(screen):
            continue
        fewer, more = _missing_and_extra(texts, screen)
        unseen, doubled, strange = unseen + fewer, doubled + more, strange + (not fewer and not more)
    return unseen, doubled, strange


def plain(text: str) -> str:
    """Without the choices below it and without white space: messages that went out as one read the same."""
    return re.sub(r"\s+", "", _MENU_LINE.sub("", text))


def _missing_and_extra(texts: Sequence[str], screen: str) -> tuple[int, int]:
    """Longest first, so that a text which is part of another is not counted within it."""
    fewer = more = 0
    for text, wanted in sorted(Counter(texts).items(), key=lambda each: -len(each[0])):
        there = screen.count(text) if text else wanted
        screen = screen.replace(text, "\0") if text else screen
        fewer, more = fewer + max(0, wanted - there), more + max(0, there - wanted)
    return fewer, more


def _out_of_order(questions: Sequence[Question], acked: Mapping[str, Pushed], stored: Mapping[str, Stored]) -> int:
    """Where one was thanked for before the next was pushed, they stand in that order."""
    by_customer: defaultdict[str, list[str]] = defaultdict(list)
    for question in questions:
        if question.msg_id in acked and question.msg_id in stored:
            by_customer[question.openid].append(question.msg_id)
    wrong = 0
    for ids in by_customer.values():
        for first, second in ((a, b) for n, a in enumerate(ids) for b in ids[n + 1 :]):
            was_thanked = (acked[first].acked_at or 0) <= acked[second].began_at
            wrong += was_thanked and stored[first].seq > stored[second].seq
    return wrong


def _waits(acked: Mapping[str, Pushed], answers: Mapping[str, Sequence[Bubble]]) -> Iterable[float]:
    for msg_id, push in acked.items():
        moments = [bubble.sent_at for bubble in answers.get(msg_id, ()) if bubble.sent_at is not None]
        if moments:
            yield max(moments) - push.due_at


def _alike(questions: Sequence[Question], answers: Mapping[str, Sequence[Bubble]]) -> float:
    """Whether answers belong to their questions, told by what others got who asked in the same words."""
    got: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        bubbles = sorted(answers.get(question.msg_id, ()), key=lambda each: each.number)
        if bubbles:
            got[question.text][plain(bubbles[0].text)] += 1
    total = sum(counter.total() for counter in got.values())
    return sum(counter.most_common(1)[0][1] for counter in got.values()) / total if total else 0.0


def percentile(values: Sequence[float], share: float) -> float:
    """Of sorted values; 0 of none."""
    if len(values) < 2:
        return values[0] if values else 0.0
    return statistics.quantiles(values, n=1000, method="inclusive")[min(998, round(share * 1000) - 1)]
