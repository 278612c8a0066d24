"""Word lists and patterns that trainers keep in ``nlu_data/lexicon``."""

import hashlib
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
_ENDS_OF_VERBS = frozenset("成到来和将往至")


def word_list(path: Path) -> list[str]:
    """One word a line; ``#`` begins a comment."""
    lines = (line.split("#", 1)[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line]


def fingerprint(folder: Path) -> str:
    """Changes with every file of a lexicon."""
    digest = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


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

    ``form`` says how the value is written.  Without an expression, the grammar of the entity is meant.
    """

    entity: str
    regex: str | None = None
    form: str = "text"


def patterns(folder: Path) -> list[Pattern]:
    """In the order of the file: an earlier pattern's find is not given to a later one."""
    content: dict[str, Any] = yaml.safe_load((folder / PATTERNS_FILE).read_text(encoding="utf-8"))
    parts: dict[str, str] = {"region_name": region_names(folder), **content["parts"]}
    return [
        Pattern(
            entry["entity"],
            _filled(entry["regex"], parts) if "regex" in entry else None,
            entry.get("form", "text"),
        )
        for entry in content["patterns"]
    ]


def aliases(folder: Path) -> dict[str, dict[str, str]]:
    """Per entity, what a short or colloquial word stands for."""
    content: dict[str, dict[str, str]] = yaml.safe_load((folder / ALIASES_FILE).read_text(encoding="utf-8"))
    return content


def region_names(folder: Path) -> str:
    """A regular expression for the regions that are clear without their neighbours.

    A name that begins like the end of a verb (改成, 送到) counts only where no other region starts inside it and
    reaches past its end: 改成都江堰市 is no 成都.
    """
    listed = word_list(folder / REGIONS_FILE)
    clear = sorted(filter(_is_clear(frozenset(listed)), listed), key=len, reverse=True)
    rests = _rests(clear)
    by_sign: dict[str, list[str]] = {}
    for name in clear:
        longer = _unless_longer(name, rests) if name[0] in _ENDS_OF_VERBS else ""
        by_sign.setdefault(name[0], []).append(re.escape(name[1:]) + longer)
    return "|".join(f"{sign}(?:{'|'.join(names)})" for sign, names in by_sign.items())


def _is_clear(listed: frozenset[str]) -> Callable[[str], bool]:
    """Whether a name says what it is (通州区), or is a city's or a province's short name (成都)."""
    great = {full[: len(full) - len(end)] for full in listed for end in _GREAT_REGION_ENDS if full.endswith(end)}
    autonomous = [full for full in listed if full.endswith("自治区")]
    great |= {name for name in listed if any(full.startswith(name) for full in autonomous)}
    return lambda name: (len(name) > 1 and name[-1] in _REGION_ENDS) or name in great


def _rests(names: list[str]) -> dict[str, set[str]]:
    """What may follow the beginning of a name: 都 -> 江堰市."""
    rests: dict[str, set[str]] = {}
    for name in names:
        for at in range(1, len(name)):
            rests.setdefault(name[:at], set()).add(re.escape(name[at:]))
    return rests


def _unless_longer(name: str, rests: dict[str, set[str]]) -> str:
    longer = {rest for start in range(1, len(name)) for rest in rests.get(name[start:], ())}
    return f"(?!{'|'.join(sorted(longer))})" if longer else ""


def _filled(regex: str, parts: dict[str, str]) -> str:
    """``<name>`` stands for the part of that name; parts may use parts above them."""
    for name, part in reversed(parts.items()):
        regex = regex.replace(f"<{name}>", f"(?:{part})")
    return regex
