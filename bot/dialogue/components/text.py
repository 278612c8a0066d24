"""One spelling for what customers write in many: widths, traditional characters, invisible and repeated ones."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from opencc import OpenCC

MAX_CHARS = 2000
"""Longer messages are cut: nothing a person types by hand is longer."""

_INVISIBLE = {"Cc", "Cf", "Co", "Cs"}
_SPACES = {"\t", "\n", "\r", "\x0b", "\x0c"}
_REPEATED = re.compile(r"([^\w\s])\1+|(\D)\2{3,}|\s{2,}")
_SPLIT = re.compile(r"[^\u3400-\u9fff]+")


@dataclass(frozen=True)
class NormalText:
    """A message in its normal spelling.

    ``offsets[i]`` is where character ``i`` of ``text`` begins in the original; one more entry marks the end.
    """

    text: str
    offsets: list[int]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of the original text that ``text[start:end]`` was made from; an empty span is refused."""
        if start >= end:
            raise ValueError("an empty span has no place in the original")
        return self.offsets[start], self.offsets[end - 1] + 1


def normalize(original: str) -> NormalText:
    """NFKC, no invisible characters, simplified Chinese, no repeated punctuation; letters keep their case."""
    characters = _unified(original[:MAX_CHARS])
    text = simplify("".join(character for character, _ in characters))
    offsets = [offset for _, offset in characters]
    return _without_repeats(NormalText(text, offsets))


def simplify(text: str) -> str:
    """Traditional to simplified, never changing the length."""
    if not _has_traditional(text):
        return text
    converted = _opencc().convert(text)
    if len(converted) == len(text):
        return str(converted)
    return "".join(_opencc().convert(character)[:1] or character for character in text)


def _unified(original: str) -> list[tuple[str, int]]:
    return [(character, offset) for offset, source in enumerate(original) for character in _spelled(source)]


@lru_cache(maxsize=20_000)
def _spelled(source: str) -> str:
    if source in _SPACES:
        return " "
    if unicodedata.category(source) in _INVISIBLE:
        return ""
    return "".join(c for c in unicodedata.normalize("NFKC", source) if unicodedata.category(c) not in _INVISIBLE)


def _without_repeats(normal: NormalText) -> NormalText:
    """``！！！！`` -> ``！``, ``哈哈哈哈哈`` -> ``哈哈``, several spaces -> one, none at the ends."""
    keep: list[int] = []
    at = 0
    for match in _REPEATED.finditer(normal.text):
        kept = 2 if match.group(2) else 1
        keep.extend(range(at, match.start() + kept))
        at = match.end()
    keep.extend(range(at, len(normal.text)))
    while keep and normal.text[keep[0]] == " ":
        keep.pop(0)
    while keep and normal.text[keep[-1]] == " ":
        keep.pop()
    return NormalText("".join(normal.text[i] for i in keep), [normal.offsets[i] for i in keep])


@lru_cache(maxsize=1)
def _opencc() -> OpenCC:
    return OpenCC("t2s")


@lru_cache(maxsize=1)
def _traditional() -> frozenset[str]:
    converter = _opencc()
    return frozenset(c for c in map(chr, range(0x4E00, 0xA000)) if converter.convert(c) != c)


def _has_traditional(text: str) -> bool:
    return any(character in _traditional() for character in text)
