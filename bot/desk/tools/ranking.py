"""Which canned response a person most likely wants; pure."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from bot.desk.tools.spelling import plain, spelled_at

_FADES = timedelta(days=14)
_PER_USE, _RECENT = 4.0, 12.0


class Findable(Protocol):
    """What a search looks at."""

    @property
    def id(self) -> UUID: ...
    @property
    def folder(self) -> str: ...
    @property
    def shortcut(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def text(self) -> str: ...


@dataclass(frozen=True)
class Use:
    """How often a person used it, and when last."""

    times: int
    last_at: datetime


def ranked(
    query: str, responses: Iterable[Findable], uses: Mapping[UUID, Use], *, now: datetime
) -> list[tuple[UUID, float]]:
    """Those that fit, best first, with their score.

    The words of a query are looked for one by one, and all must be found.  What a person uses often and used lately
    comes before what fits as well.
    """
    words = query.split()
    found = []
    for response in responses:
        fits = [_fit(word, response) for word in words]
        if all(fits):
            score = min(fits, default=0.0) + _habit(uses.get(response.id), now)
            found.append((response.id, score, response.folder, response.title))
    found.sort(key=lambda one: (-one[1], one[2], one[3]))
    return [(response_id, score) for response_id, score, *_ in found]


def _fit(word: str, response: Findable) -> float:
    """100 for the shortcut itself down to 40 for a word in the text; 0 where it is nowhere."""
    wanted = plain(word)
    shortcut = plain(response.shortcut)
    if shortcut and shortcut == wanted:
        return 100.0
    if shortcut.startswith(wanted):
        return 90.0
    at = spelled_at(word, response.title)
    if at is not None:
        return 80.0 if at == 0 else 70.0
    if spelled_at(word, response.folder) is not None:
        return 55.0
    return 40.0 if wanted in plain(response.text) else 0.0


def _habit(use: Use | None, now: datetime) -> float:
    if use is None:
        return 0.0
    return _PER_USE * math.log1p(use.times) + _RECENT * math.exp(-((now - use.last_at) / _FADES))
