"""Find entities in the normal spelling: patterns for what has a form, grammars for what is spoken of in many ways."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import jieba
from spacy.tokens import Doc

from bot.dialogue.components.addresses import AddressGrammar
from bot.dialogue.components.goods import GoodsGrammar
from bot.dialogue.components.lexicon import Pattern, aliases, lookups, patterns, region_names
from bot.dialogue.components.names import NameGrammar
from bot.dialogue.components.tagging import LISTED, pipeline, tags_of
from bot.dialogue.components.text import NormalText
from bot.dialogue.components.values import Json, normalized
from bot.dialogue.components.values.regions import default_regions

NOTHING = "nothing"
"""What a pattern calls text that only looks like an entity."""
MOBILE_DIGITS = 11
REGION, ADDRESS, PERSON, GOODS, DATE = "region", "address", "person_name", "goods", "date"

_DIGITS = str.maketrans("零〇一二两三四五六七八九幺", "0012234567891")
_STREET = re.compile(r"[东西南北中]?(?:路(?!过|上|途)|街|大道|巷)")
"""What makes a street of the region before it: 南京路."""
_DID = "寄|发|下|买|签|交|揽|投诉|反映|登记|打|收|派|送|到|拍|约|说|答应|问|付|来"
_PAST = re.compile(
    r"(?:[早中晚]上|[上下中]午|夜里|傍晚|\d{1,2}点|就|才|那天|我|在|已经|你们){0,3}"
    rf"(?:(?:{_DID})(?:出|走|收|到|件|给|货|单|电话|去|的件|过){{0,2}}(?:的(?!话|人|时候)|了|就|到现在|到今天|至今)"
    r"|(?<=才)(?:发|寄|到|揽|签|送|来))"
)
"""What follows a day that has been: 五号寄的, 周三就签收了."""


@dataclass(frozen=True)
class Found:
    """An entity: ``start`` and ``end`` are places in the normal spelling.

    ``meaning`` is what its words say in JSON, None where nothing is certain.
    """

    entity: str
    value: str
    start: int
    end: int
    meaning: Json | None = None

    def overlaps(self, start: int, end: int) -> bool:
        return self.start < end and start < self.end


class EntityFinder:
    """One finder after the other, in the order of the patterns; what one has found, the later ones leave alone."""

    def __init__(self, lexicon: Path, words: jieba.Tokenizer) -> None:
        lists = lookups(lexicon)
        tags = tags_of(words, lists)
        self._aliases = aliases(lexicon)
        self._regions = default_regions()
        self._pipeline = pipeline(words, tags, {REGION: lists[REGION]})
        self._addresses = AddressGrammar.load(lexicon, region_names(lexicon))
        self._names = NameGrammar.load(lexicon, tags)
        self._goods = GoodsGrammar.load(lexicon, lists[GOODS])
        self._steps = [self._step(pattern) for pattern in patterns(lexicon)]

    def find(self, normal: NormalText, today: date) -> list[Found]:
        """Every entity in order.

        Parameters
        ----------
        today: the day that 明天 is told from.
        """
        sentence = _Sentence(normal.text, self._pipeline)
        for step in self._steps:
            for found in step(sentence):
                sentence.offer(found)
        entities = [
            self._with_part(one, sentence) if one.entity == REGION else one
            for one in sentence.found
            if one.entity != NOTHING
        ]
        joined = self._joined(sorted(entities, key=lambda f: f.start))
        return [replace(one, meaning=_meaning(one, normal.text, today)) for one in joined]

    def _step(self, pattern: Pattern) -> "_Step":
        """A pattern without an expression marks the place where the grammar of its entity works."""
        if pattern.regex:
            return self._pattern_step(pattern, re.compile(pattern.regex))
        return {
            ADDRESS: self._find_addresses,
            PERSON: self._find_names,
            REGION: self._find_regions,
            GOODS: self._find_goods,
        }[pattern.entity]

    def _pattern_step(self, pattern: Pattern, regex: "re.Pattern[str]") -> "_Step":
        group = "value" if "value" in regex.groupindex else 0

        def find(sentence: "_Sentence") -> Iterator[Found]:
            for match in regex.finditer(sentence.text):
                start, end = match.span(group)
                if start < end:
                    yield Found(pattern.entity, self._value(pattern, match.group(group)), start, end)

        return find

    def _value(self, pattern: Pattern, text: str) -> str:
        if pattern.form != "text":
            text = re.sub(r"[\s-]", "", text).translate(_DIGITS).upper()
        if pattern.form in ("digits", "mobile"):
            text = re.sub(r"\D", "", text)
        if pattern.form == "mobile":
            text = text[-MOBILE_DIGITS:]
        return self._aliases.get(pattern.entity, {}).get(text, text)

    def _find_addresses(self, sentence: "_Sentence") -> Iterator[Found]:
        return (self._plain(ADDRESS, sentence, *span) for span in self._addresses.find(sentence.text))

    def _find_names(self, sentence: "_Sentence") -> Iterator[Found]:
        return (self._plain(PERSON, sentence, *span) for span in self._names.find(sentence.text))

    def _find_goods(self, sentence: "_Sentence") -> Iterator[Found]:
        return (self._plain(GOODS, sentence, *span) for span in self._goods.find(sentence.doc, sentence.is_free))

    def _find_regions(self, sentence: "_Sentence") -> Iterator[Found]:
        for span in sentence.doc.spans[LISTED]:
            start, end = span.start_char, span.end_char
            if sentence.text[end - 1 : end + 1] == "市区" and end - start > 2:
                end -= 1
            if not _STREET.match(sentence.text, end):
                yield self._plain(REGION, sentence, start, end)

    def _plain(self, entity: str, sentence: "_Sentence", start: int, end: int) -> Found:
        words = sentence.text[start:end]
        return Found(entity, self._aliases.get(entity, {}).get(words, words), start, end)

    def _joined(self, found: list[Found]) -> list[Found]:
        """A region and the narrower one right behind it are one: 广州天河."""
        joined: list[Found] = []
        for new in found:
            last = joined[-1] if joined else None
            if last and last.entity == new.entity == REGION and last.end == new.start and self._holds(last, new):
                joined[-1] = replace(last, value=last.value + new.value, end=new.end)
            else:
                joined.append(new)
        return joined

    def _holds(self, wide: Found, narrow: Found) -> bool:
        return self._regions.joins(wide.value, narrow.value) or not self._regions.knows(narrow.value)

    def _with_part(self, region: Found, sentence: "_Sentence") -> Found:
        """With the district behind it, if its short name alone would not tell: 东莞长安."""
        end = self._regions.end_of_part(region.value, sentence.text, region.end)
        if end is None or not sentence.is_free(region.end, end):
            return region
        return replace(region, value=region.value + sentence.text[region.end : end], end=end)


class _Sentence:
    """A text, its tokens once somebody needs them, and what has been found so far: first come, first served."""

    def __init__(self, text: str, tokens: Callable[[str], Doc]) -> None:
        self.text = text
        self.found: list[Found] = []
        self._tokens = tokens
        self._doc: Doc | None = None

    @property
    def doc(self) -> Doc:
        if self._doc is None:
            self._doc = self._tokens(self.text)
        return self._doc

    def is_free(self, start: int, end: int) -> bool:
        return not any(other.overlaps(start, end) for other in self.found)

    def offer(self, new: Found) -> None:
        if self.is_free(new.start, new.end):
            self.found.append(new)


_Step = Callable[[_Sentence], Iterator[Found]]


def _meaning(found: Found, text: str, today: date) -> Json | None:
    past = bool(_PAST.match(text, found.end)) if found.entity == DATE else False
    return normalized(found.entity, text[found.start : found.end], today, past=past)
