"""The list of topics: found by words or pinyin, kept to what has a certain state, page by page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache

from pypinyin import Style, pinyin

from bot.desk.tools.spelling import plain, spelled_at
from bot.errors import BadQueryError
from bot.studio.faq.model import Snapshot, Topic
from bot.studio.faq.use import NEVER, TopicUse
from bot.studio.faq.words import refusal
from knowledge_base.entries import FaqEntry

SOON = timedelta(days=14)
STALE = timedelta(days=180)


class FaqState(StrEnum):
    """What is worth knowing about a topic at a glance; it may be in several."""

    changed = "changed"
    gap = "gap"
    stale = "stale"
    soon = "soon"
    expired = "expired"
    unhappy = "unhappy"
    unused = "unused"


@dataclass(frozen=True)
class Wanted:
    """What to look for; everything that is given has to fit."""

    q: str = ""
    group: str | None = None
    state: FaqState | None = None


@dataclass(frozen=True)
class FaqLine:
    """A topic in the list; ``found`` is the phrasing by which it was found, where neither question nor topic were."""

    topic: str
    covers: str
    question: str | None
    phrasings: int
    states: frozenset[FaqState]
    use: TopicUse
    unchanged_since: date | None = None
    valid_from: date | None = None
    valid_until: date | None = None
    found: str | None = None

    @property
    def group(self) -> str:
        return self.topic.partition(".")[0]


@dataclass(frozen=True)
class FaqPage:
    """Some of the list.  ``states`` and ``groups`` count what fits the other wishes; ``after`` begins the next page."""

    lines: tuple[FaqLine, ...]
    total: int
    after: str | None
    states: Mapping[FaqState, int]
    groups: Mapping[str, int]


class Finder:
    """Topics prepared to be searched; entries that ``before`` knows are not prepared again."""

    def __init__(self, snapshot: Snapshot, before: "Finder | None" = None) -> None:
        self.snapshot = snapshot
        known = before._texts if before else {}
        self._texts: dict[str, _Texts] = {}
        for topic in snapshot.topics.values():
            old = known.get(topic.id)
            self._texts[topic.id] = old if old and old.topic == topic else _Texts.of(topic)

    def find(self, q: str) -> list[tuple[Topic, str | None]]:
        """What the words find, best first: by question or topic, then by a phrasing, which stands beside it."""
        wanted = plain(q)
        if not wanted:
            return [(topic, None) for topic in self.snapshot.topics.values()]
        letters = frozenset(letter for letter in wanted if letter.isascii())
        named = [texts for texts in self._texts.values() if texts.is_named(wanted, letters)]
        taken = {texts.topic.id for texts in named}
        rest = (texts for texts in self._texts.values() if texts.topic.id not in taken)
        said = [(texts.topic, found) for texts in rest if (found := texts.phrasing(wanted))]
        return [*((texts.topic, None) for texts in named), *said]


@dataclass(frozen=True)
class _Texts:
    """What a topic may be found by, in plain spelling; ``letters`` are all that pinyin of its names is made of."""

    topic: Topic
    names: tuple[str, ...]
    phrasings: tuple[str, ...]
    letters: frozenset[str]

    @classmethod
    def of(cls, topic: Topic) -> "_Texts":
        entry = topic.entry
        names = (plain(topic.id), plain(topic.covers), *((plain(entry.question),) if entry else ()))
        letters = frozenset(letter for name in names for sign in name for letter in _letters(sign))
        return cls(topic, names, tuple(map(plain, entry.phrasings)) if entry else (), letters)

    def is_named(self, wanted: str, letters: frozenset[str]) -> bool:
        if any(wanted in name for name in self.names):
            return True
        return (
            bool(letters)
            and letters <= self.letters
            and any(spelled_at(wanted, name) is not None for name in self.names)
        )

    def phrasing(self, wanted: str) -> str | None:
        at = next((at for at, text in enumerate(self.phrasings) if wanted in text), None)
        return self.topic.entry.phrasings[at] if at is not None and self.topic.entry else None


@dataclass(frozen=True)
class Known:
    """What is known of topics beside their content: ``changed`` in the draft, their use, and since when unchanged."""

    changed: frozenset[str]
    use: Mapping[str, TopicUse]
    unchanged_since: Mapping[str, date]

    def line(self, topic: Topic, found: str | None, today: date) -> FaqLine:
        entry, since = topic.entry, self.unchanged_since.get(topic.id)
        return FaqLine(
            topic=topic.id,
            covers=topic.covers,
            question=entry.question if entry else None,
            phrasings=len(entry.phrasings) if entry else 0,
            states=self.states(topic, today),
            use=self.use.get(topic.id, NEVER),
            unchanged_since=since,
            valid_from=entry.valid_from if entry else None,
            valid_until=entry.valid_until if entry else None,
            found=found,
        )

    def states(self, topic: Topic, today: date) -> frozenset[FaqState]:
        use = self.use.get(topic.id, NEVER)
        is_changed = topic.id in self.changed
        if topic.entry is None:
            return frozenset({FaqState.gap, *([FaqState.changed] if is_changed else [])})
        since = self.unchanged_since.get(topic.id)
        holds = {
            FaqState.changed: is_changed,
            FaqState.stale: since is not None and not is_changed and today - since > STALE,
            FaqState.soon: _is_soon(topic.entry, today),
            FaqState.expired: topic.entry.valid_until is not None and topic.entry.valid_until < today,
            FaqState.unhappy: use.is_low,
            FaqState.unused: use.uses == 0,
        }
        return frozenset(state for state, is_so in holds.items() if is_so)


def page_of(
    finder: Finder, known: Known, wanted: Wanted, *, today: date, after: str | None = None, limit: int = 50
) -> FaqPage:
    """Raises `BadQueryError` where ``after`` is in the list no more."""
    found = [known.line(topic, by, today) for topic, by in finder.find(wanted.q)]
    in_group = [line for line in found if wanted.group in (None, line.group)]
    in_state = [line for line in found if wanted.state is None or wanted.state in line.states]
    lines = [line for line in in_group if wanted.state is None or wanted.state in line.states]
    start = _start(lines, after)
    shown = lines[start : start + limit]
    is_more = len(lines) > start + limit
    return FaqPage(
        lines=tuple(shown),
        total=len(lines),
        after=shown[-1].topic if is_more else None,
        states={state: sum(state in line.states for line in in_group) for state in FaqState},
        groups=_counted(in_state, finder.snapshot),
    )


def _counted(lines: Sequence[FaqLine], snapshot: Snapshot) -> dict[str, int]:
    groups = dict.fromkeys((topic.group for topic in snapshot.topics.values()), 0)
    for line in lines:
        groups[line.group] += 1
    return groups


def _start(lines: Sequence[FaqLine], after: str | None) -> int:
    if after is None:
        return 0
    at = next((at for at, line in enumerate(lines) if line.topic == after), None)
    if at is None:
        raise BadQueryError(refusal("bad_cursor"))
    return at + 1


def _is_soon(entry: FaqEntry, today: date) -> bool:
    """It begins or ends within a fortnight."""
    days = [day for day in (entry.valid_from, entry.valid_until) if day is not None]
    return any(today <= day <= today + SOON for day in days if day != entry.valid_from or day > today)


@lru_cache(maxsize=20_000)
def _letters(sign: str) -> frozenset[str]:
    """Of which letters the pinyin of a character is made, in any of its readings; a letter is made of itself."""
    if sign.isascii():
        return frozenset(sign)
    found = pinyin(sign, style=Style.NORMAL, heteronym=True, errors="ignore")
    return frozenset("".join(found[0]) if found else "")
