"""Words that an agent should not send, by category and severity; pure."""

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from bot.desk.tools.characters import simplified
from bot.desk.tools.kinds import Severity
from bot.desk.tools.trie import Automaton
from bot.desk.tools.words import refused

_JOINS = set("*·•_-~|/\\+=^`'\"“”‘’#&")
_GRAVEST = (Severity.block, Severity.warn, Severity.remind)


class Category(BaseModel):
    """One kind of words that are not to be said.

    Parameters
    ----------
    reason: what the agent reads, with what to say instead.
    words: found however they are spaced or spelled in width and script.
    unless: longer phrases within which the words are harmless.
    patterns: regular expressions over the text in small letters of one width, simplified.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    title: str = Field(min_length=1, max_length=40)
    severity: Severity
    reason: str = Field(min_length=1, max_length=200)
    words: tuple[str, ...] = Field((), max_length=5000)
    unless: tuple[str, ...] = Field((), max_length=2000)
    patterns: tuple[str, ...] = Field((), max_length=50)


class Hit(BaseModel):
    """Something found: ``text`` stands at ``start`` to ``end`` of what was checked."""

    model_config = ConfigDict(frozen=True)

    category: str
    title: str
    severity: Severity
    reason: str
    text: str
    start: int
    end: int


class Verdict(BaseModel):
    """What was found, in the order of the text; ``severity`` is the gravest, None while all is well."""

    model_config = ConfigDict(frozen=True)

    severity: Severity | None
    hits: tuple[Hit, ...]

    @property
    def reasons(self) -> str:
        """Each reason once, with the words it is about."""
        by_reason: dict[str, list[str]] = {}
        for hit in self.hits:
            by_reason.setdefault(hit.reason, []).append(hit.text)
        return "；".join(f"“{'、'.join(dict.fromkeys(texts))}” {reason}" for reason, texts in by_reason.items())


@dataclass(frozen=True)
class _Seen:
    """A text as it is compared; ``places[i]`` is where its character ``i`` stands in the original."""

    text: str
    places: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        return self.places[start], self.places[end - 1] + 1


class Lexicon:
    """Compiled once, used for every message.  Raises `RefusedError` for a pattern that makes no sense."""

    def __init__(self, categories: Sequence[Category]) -> None:
        self.categories = tuple(categories)
        self._of_word: dict[str, list[Category]] = {}
        self._harmless: dict[str, set[str]] = {}
        for category in categories:
            for word in category.words:
                self._of_word.setdefault(_seen_word(category, word), []).append(category)
            self._harmless[category.id] = {_seen_word(category, word) for word in category.unless}
        self._automaton = Automaton([*self._of_word, *(word for each in self._harmless.values() for word in each)])
        self._patterns = [(category, _compiled(category, one)) for category in categories for one in category.patterns]

    def check(self, text: str, *, allowed: Collection[str] = ()) -> Verdict:
        """What is in a text.  ``allowed``: numbers and addresses that may be named, such as our own hotline."""
        known = [_bare(each) for each in allowed]
        hits = [hit for hit in self._hits(text) if not any(_bare(hit.text) in each for each in known if each)]
        hits.sort(key=lambda hit: (hit.start, hit.end))
        gravest = next((each for each in _GRAVEST if any(hit.severity is each for hit in hits)), None)
        return Verdict(severity=gravest, hits=tuple(hits))

    def _hits(self, text: str) -> Iterator[Hit]:
        tight = _seen(text, tight=True)
        found = list(dict.fromkeys(self._automaton.find(tight.text)))
        for start, end in found:
            for category in self._of_word.get(tight.text[start:end], ()):
                place = tight.original(start, end)
                if _stands_alone(text, *place) and not self._is_harmless(category, tight.text, found, start, end):
                    yield _hit(category, text, *place)
        loose = _seen(text, tight=False)
        for category, pattern in self._patterns:
            for match in pattern.finditer(loose.text):
                if match.group():
                    yield _hit(category, text, *loose.original(*match.span()))

    def _is_harmless(
        self, category: Category, text: str, found: Sequence[tuple[int, int]], start: int, end: int
    ) -> bool:
        phrases = self._harmless[category.id]
        return any(first <= start and end <= last and text[first:last] in phrases for first, last in found)


def _hit(category: Category, text: str, start: int, end: int) -> Hit:
    fields = {name: getattr(category, name) for name in ("title", "severity", "reason")}
    return Hit(category=category.id, text=text[start:end], start=start, end=end, **fields)


def _seen(text: str, *, tight: bool) -> _Seen:
    """One width, small letters, simplified; ``tight`` leaves out what people put between characters to hide a word."""
    found: list[tuple[str, int]] = []
    for at, source in enumerate(text):
        for character in unicodedata.normalize("NFKC", source).lower():
            is_filler = character.isspace() or character in _JOINS
            if unicodedata.category(character) not in ("Cf", "Cc") and not (tight and is_filler):
                found.append((character, at))
    compared = simplified("".join(character for character, _ in found))
    return _Seen(compared, tuple(at for _, at in found))


def _seen_word(category: Category, word: str) -> str:
    seen = _seen(word, tight=True).text
    if not seen:
        raise refused("lexicon_short", name=category.title, word=word)
    return seen


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Latin words only count as whole words: ``sb`` is not in ``usb``."""

    def is_latin(at: int) -> bool:
        return 0 <= at < len(text) and text[at].isascii() and text[at].isalnum()

    return not ((is_latin(start) and is_latin(start - 1)) or (is_latin(end - 1) and is_latin(end)))


def _compiled(category: Category, pattern: str) -> "re.Pattern[str]":
    try:
        return re.compile(pattern)
    except re.error as error:
        raise refused("lexicon_pattern", name=category.title, pattern=pattern) from error


def _bare(text: str) -> str:
    return "".join(character for character in text.lower() if character.isalnum())
