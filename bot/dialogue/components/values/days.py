"""What the readers of days share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TypeAlias

from bot.dialogue.components.values.numerals import read_number

ONE_DAY = timedelta(days=1)
NUMBER = r"[\d零〇一二两三四五六七八九十廿卅]+"


@dataclass(frozen=True)
class Days:
    """From the first to the last day; None where it has no beginning or no end (节后, 年前)."""

    first: date | None
    last: date | None

    @property
    def single(self) -> date | None:
        """The day, if it is one."""
        return self.first if self.first == self.last else None


@dataclass(frozen=True)
class Said:
    """When it was said, and whether the words around it speak of what has been."""

    today: date
    past: bool


Reader: TypeAlias = Callable[["re.Match[str]", Said], Days | None]
"""Reads what its expression has matched; ValueError for a day that does not exist."""


def one(day: date) -> Days:
    return Days(day, day)


def whole(text: str) -> int:
    """A whole number; raises ValueError for what is none."""
    number = read_number(text.replace("廿", "二十").replace("卅", "三十"))
    if number is None:
        raise ValueError(text)
    return int(number)


def year_of(text: str, today: date) -> int:
    """今年, 2026年, 26年, 二六年; two digits are of this century."""
    named = {"今年": 0, "本年": 0, "明年": 1, "去年": -1, "前年": -2, "后年": 2, "年": 0}
    if text in named:
        return today.year + named[text]
    digits = "".join(char if char.isdigit() else str(whole(char)) for char in text.removesuffix("年"))
    return int(digits) if len(digits) == 4 else 2000 + int(digits)
