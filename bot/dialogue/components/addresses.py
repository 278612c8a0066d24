"""Addresses, read segment by segment: 南山区|粤海街道|科苑路|15号|讯美科技广场|2栋|前台."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

ADDRESSES_FILE = "addresses.yml"

_NUMBER = (
    r"(?:(?:附|自编|负|地下|甲|乙|第|东|西|南|北|中)?"
    r"(?:\d+[A-Za-z]?(?:[-~之]\d+)*|[零〇一二三四五六七八九十百]+|[A-Za-z]\d{0,3}|[甲乙丙丁东南西北中]))"
)
_ROOM = (
    r"(?:\d{3,5}|\d{1,2}[A-Za-z]\d{1,4}|\d{1,3}(?:-\d{1,4}){1,3}|[A-Za-z]-?\d{1,4})(?![\d.]|[ -]\d|[cmk克公斤元块折])"
)
_LONGEST_NAME = 10
_ENOUGH_NAMES = 3
_TELLING = 3
"""A kind of place this long (科技园) may open an address without a name of its own."""


@dataclass(frozen=True)
class Segment:
    """One step of an address; ``kind`` is the name of the group that matched, ``name`` what stands before its end."""

    kind: str
    name: str
    start: int
    end: int


class AddressGrammar:
    """Reads addresses from text in its normal spelling.

    Parameters
    ----------
    words: the content of ``addresses.yml``.
    regions: names that say by themselves that a place begins, as one regular expression.
    """

    def __init__(self, words: dict[str, str], regions: str) -> None:
        never, seldom = _any(words["never"]), _any(words["seldom"])
        self._regions = re.compile(rf"(?:(?:{regions})(?:省|市)?)+")
        self._in_region = _segments(
            words, rf"(?:(?!{never})[\u4e00-\u9fffA-Za-z0-9·])", words["buildings"] + " 层 楼 号"
        )
        sign = rf"(?:{_any(words['kept'])}|(?!{never}|{seldom})[\u4e00-\u9fffA-Za-z0-9·])"
        self._alone = _segments(words, sign, words["buildings"])
        breaks = rf"[^\u4e00-\u9fffA-Za-z0-9·]|{never}|(?!{_any(words['kept'])})(?:{seldom})"
        self._begin = re.compile(rf"(?:^|{breaks})(?:{breaks})*")
        self._leads = re.compile(f"(?:{_any(words['leads'])})+")
        self._worth = re.compile(
            "|".join(_any(words[kind]) for kind in ("roads", "towns", "places", "villages", "units"))
        )

    @classmethod
    def load(cls, folder: Path, regions: str) -> "AddressGrammar":
        """``addresses.yml`` of a lexicon."""
        return cls(yaml.safe_load((folder / ADDRESSES_FILE).read_text(encoding="utf-8")), regions)

    def find(self, text: str) -> Iterator[tuple[int, int]]:
        """Where addresses stand, from the left: those that begin with a region, then those that don't."""
        if not self._worth.search(text):
            return
        alone = list(self._from_names(text))
        taken: list[tuple[int, int]] = []
        for start, inside, segments in (*self._from_regions(text), *alone):
            end = _end(segments, anchored=inside > start)
            begun = any(first < start and _covers(before, start) for first, _, before in alone)
            if end is not None and not begun and all(end <= first or last <= start for first, last in taken):
                taken.append((start, end))
        yield from sorted(taken)

    def _from_regions(self, text: str) -> Iterator[tuple[int, int, list[Segment]]]:
        for match in self._regions.finditer(text):
            yield match.start(), match.end(), _read(self._in_region, text, match.end())

    def _from_names(self, text: str) -> Iterator[tuple[int, int, list[Segment]]]:
        for match in self._begin.finditer(text):
            start = match.end()
            if lead := self._leads.match(text, start):
                start = lead.end()
            yield start, start, _read(self._alone, text, start)


def _segments(words: dict[str, str], sign: str, buildings: str) -> "re.Pattern[str]":
    """The next segment of an address: the nearest end of a name counts.

    Parameters
    ----------
    sign: what a name may be made of.
    buildings: units that may follow a name without its kind (星河世纪B座).
    """
    units = _any(words["units"])
    before_number = f"(?:{_any(words['roads_before_number'])})(?={_NUMBER}[号弄巷])"
    ends = (
        rf"(?P<town>{_any(words['towns'])})"
        rf"|(?P<place>{_any(words['places'])})"
        rf"|(?P<road>(?:{_any(words['roads'])}|{before_number})(?![上过途]))"
        rf"|(?P<village>{_any(words['villages'])})"
        rf"|(?P<short>(?:{_any(words['short_places'])})(?={_NUMBER}(?:{units})))"
        rf"|(?P<named>(?<=[\u4e00-\u9fff][\u4e00-\u9fffA-Za-z0-9])(?={_NUMBER}(?:{_any(buildings)})))"
    )
    return re.compile(
        rf"(?P<number>{_NUMBER}(?:{units}))"
        rf"|(?P<spot>{_any(words['spots'])})"
        rf"|(?P<room>{_ROOM})"
        rf"|(?P<name>{sign}{{0,{_LONGEST_NAME}}}?)(?:{ends})"
    )


def _read(segment: "re.Pattern[str]", text: str, start: int) -> list[Segment]:
    found: list[Segment] = []
    at = start
    while (match := segment.match(text, at)) and match.end() > at:
        found.append(Segment(str(match.lastgroup), match["name"] or "", match.start(), match.end()))
        at = match.end()
    return found


def _end(segments: list[Segment], *, anchored: bool) -> int | None:
    """Where the address ends, or None if the segments make none."""
    while segments and not _may_end(segments):
        segments = segments[:-1]
    enough = segments and (_is_enough_in_region(segments) if anchored else _is_enough_alone(segments))
    return segments[-1].end if enough else None


def _covers(segments: list[Segment], place: int) -> bool:
    """Whether an address that begins earlier has come to an end of a name before a place, and goes on behind it."""
    return bool(segments) and segments[0].end <= place < segments[-1].end


def _is_enough_in_region(segments: list[Segment]) -> bool:
    """Behind a region, a name with its kind is an address; a road without its name needs a number."""
    numbered = any(segment.kind in ("number", "room") for segment in segments)
    named = any(segment.name and segment.kind != "short" for segment in segments)
    return named or (numbered and segments[0].kind in ("road", "short"))


def _is_enough_alone(segments: list[Segment]) -> bool:
    """Without a region, a name and a number, or a village of a town."""
    kinds = {segment.kind for segment in segments}
    first = segments[0]
    says_what = first.name or first.end - first.start >= _TELLING
    if first.kind in ("number", "room", "spot") or not says_what or not any(segment.name for segment in segments):
        return False
    numbered = bool(kinds & {"number", "room", "spot"}) or len(segments) >= _ENOUGH_NAMES
    return numbered if kinds & {"road", "place", "short", "named", "village"} else {"town", "village"} <= kinds


def _may_end(segments: list[Segment]) -> bool:
    """A room or a spot needs a building before it."""
    last = segments[-1]
    before = {segment.kind for segment in segments[:-1]}
    if last.kind in ("room", "spot"):
        return bool(before & {"number", "place", "named", "short", "village"})
    return last.kind not in ("named", "short")


def _any(words: str) -> str:
    """Longest first, so that 街道 is not taken for 街."""
    return "|".join(sorted(words.split(), key=len, reverse=True))
