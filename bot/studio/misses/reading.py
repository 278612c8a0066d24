"""Which messages of a conversation are misses, and why; pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Any

from bot.conversations.model import HandOffReason
from bot.conversations.mood import SURE, Sentiment
from bot.desk.tools.kinds import SuggestionOutcome
from bot.studio.misses.kinds import MissCause
from bot.studio.misses.signs import Sign, Signs
from bot.studio.misses.targets import target_of_button

LOOK_BACK = 12
"""So many messages before a new one may be what it is about."""

_NO_MATTER = frozenset(
    {"affirm", "deny", "greet", "thank", "goodbye", "dissatisfied", "request_human", "inform", "cancel_flow", "abuse"}
)
"""Said about what was said before, or a part of a form: never what went wrong."""
_WEAK = frozenset({HandOffReason.unsure.value, HandOffReason.dissatisfied.value, HandOffReason.failed.value})
_DISSATISFIED = "/dissatisfied"


@dataclass(frozen=True)
class Bubble:
    """A message, as far as reading needs it.  ``moods`` are sentiment and its confidence."""

    seq: int
    author: str
    text: str
    at: datetime
    payload: str = ""
    kind: str = "text"
    reply_to: int | None = None
    buttons: Sequence[Mapping[str, Any]] = ()
    understood: Mapping[str, Any] = field(default_factory=dict)
    sentiment: str | None = None
    sure: float = 0.0

    @property
    def is_words(self) -> bool:
        """The customer wrote something, rather than tapped a button or sent a picture."""
        is_tapped = bool(self.payload) or self.text.lstrip().startswith("/")
        return self.author == "customer" and self.kind == "text" and not is_tapped and bool(self.text.strip())

    @property
    def intent(self) -> str:
        return str(self.understood.get("intent") or "")

    @property
    def is_matter(self) -> bool:
        return self.is_words and self.intent not in _NO_MATTER

    @property
    def is_angry(self) -> bool:
        return self.sentiment == Sentiment.angry and self.sure >= SURE


@dataclass(frozen=True)
class HandOver:
    """A person was asked for; ``reason`` is a `HandOffReason` by value."""

    reason: str
    at: datetime


@dataclass(frozen=True)
class Suggested:
    """What agents made of the answers suggested for message ``seq``."""

    seq: int
    outcomes: Collection[str]


@dataclass
class Finding:
    """A miss: which message, why, and what the bot offered instead."""

    seq: int
    causes: set[MissCause] = field(default_factory=set)
    offered: tuple[str, ...] = ()
    chosen: str | None = None


@dataclass(frozen=True)
class Stretch:
    """Messages of one conversation, in their order without a gap, and what happened meanwhile."""

    bubbles: Sequence[Bubble]
    handed_over: Sequence[HandOver] = ()
    suggested: Sequence[Suggested] = ()


def find(stretch: Stretch, signs: Signs) -> list[Finding]:
    """Every miss of a stretch, in order; each message at most once."""
    reading = _Reading(stretch, signs)
    for step in (
        reading.of_answers,
        reading.of_dissatisfied,
        reading.of_moods,
        reading.of_hand_overs,
        reading.of_suggestions,
    ):
        step()
    return [reading.found[seq] for seq in sorted(reading.found)]


def blamed(bubbles: Sequence[Bubble], seq: int) -> Bubble | None:
    """What the customer wanted by message ``seq``: the last words that were a matter."""
    return next((one for one in reversed(bubbles) if one.seq <= seq and one.is_matter), None)


class _Reading:
    def __init__(self, stretch: Stretch, signs: Signs) -> None:
        self._bubbles = stretch.bubbles
        self._stretch = stretch
        self._signs = signs
        self._by_seq = {one.seq: one for one in stretch.bubbles}
        self.found: dict[int, Finding] = {}

    def of_answers(self) -> None:
        """The bot said itself that it was not sure, or does not know."""
        for answer in self._bubbles:
            asked = self._by_seq.get(answer.reply_to or 0)
            if answer.author != "bot" or asked is None or not asked.is_words:
                continue
            sign = self._signs.of(answer.text, answer.buttons)
            if sign is Sign.declined:
                self._blame(asked, MissCause.declined)
            elif sign is not None:
                self._blame(asked, MissCause.unsure)
            if sign is Sign.offered:
                self._of_offer(asked, answer)

    def _of_offer(self, asked: Bubble, answer: Bubble) -> None:
        targets = {str(one["payload"]): target_of_button(str(one["payload"])) for one in answer.buttons}
        finding = self.found[asked.seq]
        finding.offered = tuple(target for target in targets.values() if target)
        taken = next((one for one in self._customer() if one.seq > answer.seq), None)
        if taken is None:
            return
        finding.chosen = targets.get(taken.payload) if taken.payload else None
        if finding.chosen is not None:
            finding.causes.add(MissCause.offer_chosen)
        elif taken.payload.startswith(_DISSATISFIED):
            finding.causes.add(MissCause.offer_refused)

    def of_dissatisfied(self) -> None:
        """不满意, said or tapped, about an answer to something before."""
        for said in self._customer():
            is_said = said.payload.startswith(_DISSATISFIED) or said.intent == "dissatisfied"
            about = blamed(self._bubbles, said.seq - 1) if is_said else None
            if about is None or not self._is_answered(about, before=said.seq):
                continue
            if MissCause.offer_refused not in self._causes(about):
                self._blame(about, MissCause.dissatisfied)

    def of_moods(self) -> None:
        """Angry right after the bot's answer to words that were not."""
        words = [one for one in self._customer() if one.is_words]
        for before, after in pairwise(words):
            was_calm = before.sentiment is not None and not before.is_angry
            if after.is_angry and was_calm and before.is_matter and self._is_answered(before, before=after.seq):
                self._blame(before, MissCause.upset)

    def of_hand_overs(self) -> None:
        """By the bot's weakness; a customer who asks for a person counts after another sign only."""
        for move in self._stretch.handed_over:
            about = blamed(self._bubbles, self._seq_at(move.at))
            if about is None:
                continue
            is_weak = move.reason in _WEAK
            if is_weak or (move.reason == HandOffReason.asked and self._causes(about)):
                self._blame(about, MissCause.handed_over)

    def of_suggestions(self) -> None:
        """The knowledge base would have answered otherwise than the agent did."""
        for one in self._stretch.suggested:
            asked = self._by_seq.get(one.seq)
            if asked is not None and asked.is_words and one.outcomes and SuggestionOutcome.used not in one.outcomes:
                self._blame(asked, MissCause.answered_otherwise)

    def _seq_at(self, at: datetime) -> int:
        """The newest message when something happened: what the system said about it comes right after."""
        told = next((one.seq for one in self._bubbles if one.author == "system" and one.at >= at), None)
        if told is not None:
            return told - 1
        return max((one.seq for one in self._bubbles if one.at <= at), default=0)

    def _is_answered(self, asked: Bubble, *, before: int) -> bool:
        return any(one.author == "bot" and asked.seq < one.seq < before for one in self._bubbles)

    def _customer(self) -> Iterator[Bubble]:
        return (one for one in self._bubbles if one.author == "customer")

    def _causes(self, bubble: Bubble) -> set[MissCause]:
        finding = self.found.get(bubble.seq)
        return finding.causes if finding else set()

    def _blame(self, bubble: Bubble, cause: MissCause) -> None:
        self.found.setdefault(bubble.seq, Finding(bubble.seq)).causes.add(cause)
