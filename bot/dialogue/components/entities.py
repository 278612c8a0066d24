"""Find entities in the normal spelling: patterns for what has a form, spaCy's ruler for what has a name."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jieba
import spacy
from spacy.language import Language

from bot.dialogue.components.lexicon import Pattern, aliases, lookups, patterns
from bot.dialogue.components.text import NormalText

NOTHING = "nothing"
"""What a pattern calls text that only looks like an entity."""
MOBILE_DIGITS = 11

_DIGITS = str.maketrans("零〇一二两三四五六七八九幺", "0012234567891")
_NUMBER_BEHIND = re.compile(r"号?码?[是为:： ]{0,3}\+?\d{7}")
"""手机13800138000: the word says what number comes, and names no goods."""
_QUANTITY = re.compile(
    r"(?:\d{1,4}|[一二两三四五六七八九十百几半]{1,3})(?:来|多)?(?:大|小)?[箱件个双台部盒袋包瓶桶套条张幅只份捆批块本顶副对壶罐把床束盆]$"
)
_STREET = re.compile(r"[东西南北中]?(?:路(?!过|上|途)|街|大道|巷)")
"""What makes a street of the region before it: 南京路."""


@dataclass(frozen=True)
class Found:
    """An entity: ``start`` and ``end`` are places in the normal spelling."""

    entity: str
    value: str
    start: int
    end: int
    contains: tuple[str, ...] = ()

    def overlaps(self, other: "Found") -> bool:
        return self.start < other.end and other.start < self.end


class EntityFinder:
    """Patterns first, in their order, then word lists on what the patterns left."""

    def __init__(self, lexicon: Path, words: jieba.Tokenizer) -> None:
        self._patterns = [(pattern, re.compile(pattern.regex)) for pattern in patterns(lexicon)]
        self._aliases = aliases(lexicon)
        self._ruler = _ruler(lookups(lexicon), words)

    def find(self, normal: NormalText) -> list[Found]:
        found = _Taken()
        for pattern, regex in self._patterns:
            for match in self._matches(pattern, regex, normal.text):
                found.offer(match)
        for name in self._names(normal.text):
            found.offer(name)
        entities = [one for one in found.all if one.entity != NOTHING]
        return sorted(entities, key=lambda f: (f.start, -f.end))

    def _matches(self, pattern: Pattern, regex: "re.Pattern[str]", text: str) -> Iterator[Found]:
        group = "value" if "value" in regex.groupindex else 0
        for match in regex.finditer(text):
            start, end = match.span(group)
            if start < end:
                yield Found(pattern.entity, self._value(pattern, match.group(group)), start, end, pattern.contains)

    def _value(self, pattern: Pattern, text: str) -> str:
        if pattern.form != "text":
            text = re.sub(r"[\s-]", "", text).translate(_DIGITS).upper()
        if pattern.form in ("digits", "mobile"):
            text = re.sub(r"\D", "", text)
        if pattern.form == "mobile":
            text = text[-MOBILE_DIGITS:]
        return self._aliases.get(pattern.entity, {}).get(text, text)

    def _names(self, text: str) -> Iterator[Found]:
        for span in self._ruler(text).ents:
            start = span.start_char
            if span.label_ == "region" and _STREET.match(text, span.end_char):
                continue
            if span.label_ == "goods" and _NUMBER_BEHIND.match(text, span.end_char):
                continue
            if span.label_ == "goods" and (quantity := _QUANTITY.search(text[:start])):
                start = quantity.start()
            value = text[start : span.end_char]
            yield Found(span.label_, self._aliases.get(span.label_, {}).get(value, value), start, span.end_char)


class _Taken:
    """What has been found: first come, first served, except that an address may begin with its regions."""

    def __init__(self) -> None:
        self.all: list[Found] = []

    def offer(self, new: Found) -> None:
        if all(self._begins(new, other) for other in self.all if new.overlaps(other)):
            self.all.append(new)

    def _begins(self, new: Found, whole: Found) -> bool:
        """Whether ``new`` is a part that may lead ``whole``: at its start, or right behind another such part."""
        starts = {whole.start, *(found.end for found in self.all if found.entity == new.entity)}
        return new.entity in whole.contains and new.start in starts and new.end < whole.end


def _ruler(names: dict[str, list[str]], words: jieba.Tokenizer) -> Language:
    """A blank Chinese pipeline that cuts by our own jieba and knows the word lists."""
    language = spacy.blank("zh", config={"nlp": {"tokenizer": {"segmenter": "jieba"}}})
    tokenizer: Any = language.tokenizer
    tokenizer.jieba_seg = words
    ruler: Any = language.add_pipe("entity_ruler")
    entries = [{"label": entity, "pattern": name} for entity, listed in names.items() for name in listed]
    ruler.add_patterns(entries)
    return language
