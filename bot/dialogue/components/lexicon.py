"""Word lists and patterns that trainers keep in ``nlu_data/lexicon``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LEXICON = Path("nlu_data/lexicon")
WORDS_FILE = "words.txt"
PATTERNS_FILE = "patterns.yml"
ALIASES_FILE = "aliases.yml"
REGIONS_FILE = "region.txt"

_REGION_ENDS = frozenset("省市区县州旗盟")
_GREAT_REGION_ENDS = ("省", "市")


def word_list(path: Path) -> list[str]:
    """One word a line; ``#`` begins a comment."""
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def lookups(folder: Path) -> dict[str, list[str]]:
    """The word lists that name entities: ``region.txt`` lists regions, and so on."""
    return {path.stem: word_list(path) for path in sorted(folder.glob("*.txt")) if path.name != WORDS_FILE}


def trade_words(folder: Path) -> list[str]:
    """All words that jieba must know: the trade's own, and those of every lookup."""
    words = dict.fromkeys(word_list(folder / WORDS_FILE))
    for names in lookups(folder).values():
        words.update(dict.fromkeys(names))
    return list(words)


@dataclass(frozen=True)
class Pattern:
    """One regular expression over the normal spelling; the group ``value``, where it has one, is the entity.

    ``form`` says how the value is written, ``contains`` which entities may begin it.
    """

    entity: str
    regex: str
    form: str = "text"
    contains: tuple[str, ...] = ()


def patterns(folder: Path) -> list[Pattern]:
    """In the order of the file: an earlier pattern's find is not given to a later one."""
    content: dict[str, Any] = yaml.safe_load((folder / PATTERNS_FILE).read_text(encoding="utf-8"))
    parts: dict[str, str] = {**_region_parts(folder, content.get("breaks", "")), **content["parts"]}
    return [
        Pattern(
            entry["entity"],
            _filled(entry["regex"], parts),
            entry.get("form", "text"),
            tuple(entry.get("contains", ())),
        )
        for entry in content["patterns"]
    ]


def aliases(folder: Path) -> dict[str, dict[str, str]]:
    """Per entity, what a short or colloquial word stands for."""
    content: dict[str, dict[str, str]] = yaml.safe_load((folder / ALIASES_FILE).read_text(encoding="utf-8"))
    return content


def _region_parts(folder: Path, breaks: str) -> dict[str, str]:
    """``<region_name>``: regions that are clear without their neighbours; ``<region_unbroken>``: those with a break.

    A name such as 成都 begins with a sign that elsewhere ends a name (改成), so it counts only where no other region
    starts inside it and reaches past its end (改成都江堰市).
    """
    listed = word_list(folder / REGIONS_FILE)
    clear = sorted(filter(_is_clear(frozenset(listed)), listed), key=len, reverse=True)
    broken = [name for name in clear if set(name) & set(breaks)]
    return {
        "break": f"[{breaks}]",
        "region_name": "|".join(map(re.escape, clear)),
        "region_unbroken": "|".join(re.escape(name) + _unless_longer(name, clear) for name in broken),
    }


def _is_clear(listed: frozenset[str]) -> Callable[[str], bool]:
    """Whether a name says what it is (通州区), or is a city's or a province's short name (成都)."""
    return lambda name: (
        (len(name) > 1 and name[-1] in _REGION_ENDS) or any(name + end in listed for end in _GREAT_REGION_ENDS)
    )


def _unless_longer(name: str, regions: list[str]) -> str:
    rests = {
        re.escape(other[len(name) - start :])
        for start in range(1, len(name))
        for other in regions
        if len(other) > len(name) - start and other.startswith(name[start:])
    }
    return f"(?!{'|'.join(sorted(rests))})" if rests else ""


def _filled(regex: str, parts: dict[str, str]) -> str:
    """``<name>`` stands for the part of that name; parts may use parts above them."""
    for name, part in reversed(parts.items()):
        regex = regex.replace(f"<{name}>", f"(?:{part})")
    return regex
