"""Two wishes in one message: whether the second is found, and whether one is made up where there is none.

A line is ``{"text": ..., "intents": ["change_address", "urge_delivery"]}``; one intent for a message with one wish.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.dialogue.components.second_intent import Reading, SecondWish, clauses, second_wish
from bot.evaluation.parsing import ParsedMessage, Understood
from bot.json_lines import read_json_lines


class Wishes(BaseModel):
    """One line of an evaluation file."""

    model_config = ConfigDict(extra="ignore")

    text: str = Field(min_length=1)
    intents: list[str] = Field(min_length=1, max_length=2)


class WishReport(BaseModel):
    """``first``: the message as a whole was taken for one of its wishes.  ``both``: of messages with two, those where
    both were found.  ``made_up``: of messages with one, those where another was offered."""

    n: int
    first: float
    both: float
    made_up: float


@dataclass(frozen=True)
class WishesMeasured:
    """One or more sets, message by message."""

    wishes: tuple[Wishes, ...]
    messages: tuple[ParsedMessage, ...]
    seconds: tuple[SecondWish | None, ...]

    @classmethod
    def of(cls, wishes: Sequence[Wishes], understood: Understood) -> "WishesMeasured":
        return cls(
            tuple(wishes),
            tuple(understood[wish.text] for wish in wishes),
            tuple(find_seconds([wish.text for wish in wishes], understood)),
        )

    @property
    def n(self) -> int:
        return len(self.wishes)

    @cached_property
    def report(self) -> WishReport:
        two = [judged for judged in self._judged() if len(judged.wish.intents) == 2]
        one = [judged for judged in self._judged() if len(judged.wish.intents) == 1]
        return WishReport(
            n=self.n,
            first=_share(sum(judged.has_first for judged in [*two, *one]), self.n),
            both=_share(sum(judged.has_all for judged in two), len(two)),
            made_up=_share(sum(judged.second is not None for judged in one), len(one)),
        )

    def scores(self) -> Mapping[str, float]:
        return {
            "first": self.report.first,
            "both": self.report.both,
            "none_made_up": round(1 - self.report.made_up, 4),
        }

    def worst(self) -> list[str]:
        return [judged.told for judged in self._judged() if not judged.has_all]

    def _judged(self) -> "Iterator[_Judged]":
        for wish, message, second in zip(self.wishes, self.messages, self.seconds, strict=True):
            yield _Judged(wish, message.decided, second)


@dataclass(frozen=True)
class _Judged:
    wish: Wishes
    first: str
    second: SecondWish | None

    @property
    def has_first(self) -> bool:
        return self.first in self.wish.intents

    @property
    def has_all(self) -> bool:
        """Nothing missed and nothing made up; which of the two came first does not matter."""
        found = [self.first] + ([self.second.intent] if self.second else [])
        return sorted(found) == sorted(self.wish.intents)

    @property
    def told(self) -> str:
        second = f" and {self.second.intent} ({self.second.text})" if self.second else ""
        return f"{' and '.join(self.wish.intents)} taken for {self.first}{second}: {self.wish.text}"


def read_wishes(file: Path, known: set[str]) -> list[Wishes]:
    """All lines, or DataFileError with every line that is not in order."""
    return read_json_lines(file, lambda line: _wishes(line, known), if_empty="the file has no sentences")


def texts_to_understand(text: str) -> list[str]:
    """All that finding a second wish will ask for."""
    return [text, *(clause.text for clause in clauses(text))]


def find_seconds(texts: Sequence[str], understood: Understood) -> list[SecondWish | None]:
    """The second wish of each message, as it would be found while serving."""

    async def understand(text: str) -> Reading:
        message = understood[text]
        return Reading(message.decided, message.intent.confidence)

    async def find() -> list[SecondWish | None]:
        return [await second_wish(text, understand) for text in texts]

    return asyncio.run(find())


def _wishes(line: str, known: set[str]) -> Wishes:
    try:
        wishes = Wishes.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "line"
        raise ValueError(f"{place}: {first['msg']}") from error
    unknown = sorted(set(wishes.intents) - known)
    if unknown:
        raise ValueError(f"intents: {', '.join(unknown)} is not an intent of this bot")
    return wishes


def _share(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
