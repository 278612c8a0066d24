"""What is worth doing first; pure.

The order is by expected gain: how many hand-overs and discontented customers a week something costs, times how surely
it can be mended.  Where only messages can be counted, they are taken to end badly as often as contacts do on the whole.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import quote

from bot.studio.drafts.model import TopicLine
from bot.studio.insight.kinds import HintKind
from bot.studio.insight.model import Contacts, EntryUse, Heard, Hint
from bot.studio.insight.ports import Expiring, Trouble
from bot.studio.insight.words import insight_words
from bot.studio.sets.findings import Finding
from bot.studio.sets.kinds import FALLBACK

_INTENT, _TOPIC = "intent:", "topic:"
_NO_TARGET, _SUREST = 0.2, 0.9
_ODDS = {
    HintKind.faq_gap: 0.8,
    HintKind.faq_unanswered: 0.4,
    HintKind.faq_poor: 0.6,
    HintKind.faq_expiring: 0.95,
    HintKind.faq_edited: 0.7,
    HintKind.agreement: 0.2,
    HintKind.disputes: 0.1,
}
_EXAMPLES = 0.6
"""Examples for one of two intents part them so often, where there are enough sentences to learn from."""
_LOW_KAPPA = 0.6
"""Below this two people do not mean the same by the same word (Landis and Koch 1977)."""
_ENOUGH_PAIRS, _ENOUGH_USES, _ENOUGH_SUGGESTED, _SEEN_TWICE = 20, 10, 10, 2
_SURE_OF = 3
_HELPED, _EDITED = 0.7, 0.5


@dataclass(frozen=True)
class Facts:
    """Everything the list follows from; counts are of the last seven days.

    ``intents`` are titles by name, ``findings`` the newest set first.
    """

    contacts: Contacts = field(default_factory=Contacts)
    heard: Heard = field(default_factory=Heard)
    unanswered: int = 0
    troubles: Sequence[Trouble] = ()
    findings: Sequence[Finding] = ()
    entries: Sequence[EntryUse] = ()
    expiring: Sequence[Expiring] = ()
    intents: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, TopicLine] = field(default_factory=dict)

    @property
    def lost_share(self) -> float:
        """Of contacts, those that needed a person or ended in discontent."""
        lost = self.contacts.handed_over + self.contacts.given_up
        return lost / self.contacts.all if self.contacts.all else 0.0

    def intent(self, name: str) -> str:
        if name == FALLBACK:
            return insight_words().next["fallback"]
        return self.intents.get(name) or name

    def topic(self, name: str) -> str:
        line = self.topics.get(name)
        return (line.question or line.covers) if line else name

    def target(self, target: str) -> str:
        if target.startswith(_INTENT):
            return self.intent(target.removeprefix(_INTENT))
        return self.topic(target.removeprefix(_TOPIC))


def rank(facts: Facts) -> list[Hint]:
    """By expected gain, the greatest first; what costs nothing is not in it."""
    found = [
        *_misses(facts),
        *_confusable(facts),
        *_gaps(facts),
        *_answers(facts),
        *_expiring(facts),
        *_sets(facts),
    ]
    return sorted((hint for hint in found if hint.gain > 0), key=lambda hint: (-hint.gain, hint.title))


def _misses(facts: Facts) -> Iterator[Hint]:
    for one in facts.troubles:
        if _gap_of(facts, one) is not None:
            continue
        agree = one.agree / (one.asked + 1)
        odds = min(_SUREST, _NO_TARGET + (1 - _NO_TARGET) * agree) if one.target else _NO_TARGET
        values = {"name": one.name, "open": one.open, "week": one.week, "people": one.people, "upset": one.upset}
        guess = insight_words().next[_guess(one)]
        told = guess.format(target=facts.target(one.target or ""), agree=one.agree, asked=one.asked)
        yield _hint(HintKind.misses, one.lost, odds, f"/studio/misses?group={one.group_id}", **values, guess=told)
    if facts.unanswered:
        cost = facts.unanswered * facts.lost_share
        yield _hint(HintKind.faq_unanswered, cost, None, "/studio/misses?cause=declined", **_shares(facts))


def _guess(one: Trouble) -> str:
    """How it is told: one sentence that is like something says little."""
    if not one.target:
        return "no_guess"
    return "guess" if one.agree >= _SURE_OF and 2 * one.agree > one.asked else "weak_guess"


def _confusable(facts: Facts) -> Iterator[Hint]:
    seen: set[tuple[str, str]] = set()
    for finding in facts.findings:
        for truth, guess, share, n in finding.confused if finding.is_enough else ():
            if n < _SEEN_TWICE or (truth, guess) in seen:
                continue
            seen.add((truth, guess))
            values = {"truth": facts.intent(truth), "guess": facts.intent(guess), "n": n, "set": finding.name}
            cost = share * facts.heard.n * facts.lost_share
            odds, href = _EXAMPLES * n / (n + 3), f"/studio/intents?intent={quote(truth)}"
            yield _hint(HintKind.confusable, cost, odds, href, **values, share=f"{share:.1%}", **_shares(facts))


def _gaps(facts: Facts) -> Iterator[Hint]:
    """Topics that are asked for and have no answer: by misses, or by what was labelled."""
    by_misses: dict[str, int] = defaultdict(int)
    for one in facts.troubles:
        if (topic := _gap_of(facts, one)) is not None:
            by_misses[topic] += one.lost
    by_labels: dict[str, float] = defaultdict(float)
    for finding in facts.findings:
        if finding.is_enough:
            for topic, share in finding.topics.items():
                by_labels[topic] = max(by_labels[topic], share)
    for topic, line in facts.topics.items():
        share = by_labels[topic]
        cost = max(by_misses[topic], share * facts.heard.n * facts.lost_share)
        if line.question is None and cost:
            values = {"covers": line.covers, "misses": by_misses[topic], "share": f"{share:.1%}"}
            yield _hint(HintKind.faq_gap, cost, None, _entry(topic), **values, **_shares(facts))


def _answers(facts: Facts) -> Iterator[Hint]:
    for use in facts.entries:
        values = {"topic": facts.topic(use.topic), "n": use.n, "bad": use.bad, "suggested": use.suggested}
        if use.n >= _ENOUGH_USES and (use.helped or 0.0) < _HELPED:
            yield _hint(HintKind.faq_poor, use.bad, None, _entry(use.topic), **values)
        edited = use.edited + use.ignored
        if use.suggested >= _ENOUGH_SUGGESTED and edited / use.suggested > _EDITED:
            cost = use.n * edited / use.suggested * facts.lost_share
            yield _hint(HintKind.faq_edited, cost, None, _entry(use.topic), **values, edited=edited, **_shares(facts))


def _expiring(facts: Facts) -> Iterator[Hint]:
    uses = {use.topic: use.n for use in facts.entries}
    for one in facts.expiring:
        values = {"topic": one.question, "until": _day(one.until), "n": uses.get(one.topic, 0)}
        cost = uses.get(one.topic, 0) * facts.lost_share
        yield _hint(HintKind.faq_expiring, cost, None, _entry(one.topic), **values, **_shares(facts))


def _sets(facts: Facts) -> Iterator[Hint]:
    for finding in facts.findings:
        told, href = finding.agreement, f"/studio/sets/{finding.set_id}"
        differ = (1 - (told.same or 0.0)) * facts.heard.n * facts.lost_share if told.n else 0.0
        if told.n >= _ENOUGH_PAIRS and told.kappa is not None and told.kappa < _LOW_KAPPA:
            pair = "、".join(f"{facts.intent(a)}/{facts.intent(b)}" for a, b, _ in told.confused[:3])
            values = {
                "set": finding.name,
                "kappa": f"{told.kappa:.2f}",
                "pairs": pair,
                "differ": f"{1 - (told.same or 0):.0%}",
            }
            yield _hint(HintKind.agreement, differ, None, f"{href}/agreement", **values, **_shares(facts))
        if finding.disputed:
            share = finding.disputed / (finding.n + finding.disputed)
            values = {"set": finding.name, "n": str(finding.disputed), "share": f"{share:.0%}"}
            cost = share * facts.heard.n * facts.lost_share
            yield _hint(HintKind.disputes, cost, None, f"{href}/disputes", **values, **_shares(facts))


def _gap_of(facts: Facts, one: Trouble) -> str | None:
    """The topic without an answer that a group of misses belongs to."""
    topic = (one.target or "").removeprefix(_TOPIC) if (one.target or "").startswith(_TOPIC) else ""
    line = facts.topics.get(topic)
    return topic if line is not None and line.question is None else None


def _hint(kind: HintKind, cost: float, odds: float | None, href: str, **values: object) -> Hint:
    words = insight_words().hints[kind]
    odds = _ODDS[kind] if odds is None else odds
    values |= {"cost": _round(cost), "odds": f"{odds:.0%}"}
    return Hint(kind, words.title.format(**values), cost, odds, words.why.format(**values), words.act, href)


def _shares(facts: Facts) -> dict[str, object]:
    return {"heard": f"{facts.heard.n:,}", "lost": f"{facts.lost_share:.0%}", "unanswered": facts.unanswered}


def _round(cost: float) -> str:
    return f"{cost:.0f}" if cost >= 10 else f"{cost:.1f}"


def _day(day: date) -> str:
    return insight_words().next["day"].format(month=day.month, day=day.day)


def _entry(topic: str) -> str:
    return f"/studio/faq/{quote(topic)}"
