"""Supervisors have a Chinese word for everything they may be shown, and none is left over."""

import re
from enum import StrEnum

import pytest

from bot.desk.leading.kinds import Heat, Mark, SampleReason, SampleState
from bot.desk.leading.words import WORDS_FILE, leading_words
from bot.network.model import Tier

DESK = WORDS_FILE.parent.parent
SOURCES = [*(DESK / "leading").rglob("*.py"), *(DESK / "ui" / "leading").rglob("*"), DESK / "ui" / "header.py"]
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES if path.suffix in {".py", ".js"})


@pytest.mark.parametrize(
    ("section", "members"),
    [
        ("heats", Heat),
        ("marks", Mark),
        ("reasons", SampleReason),
        ("explained", SampleReason),
        ("states", SampleState),
        ("tiers", Tier),
    ],
)
def test_every_member_has_a_word(section: str, members: type[StrEnum]) -> None:
    assert set(getattr(leading_words(), section)) == set(members)


@pytest.mark.parametrize("section", ["refusals", "nav", "wall", "quality", "satisfaction"])
def test_no_word_is_left_over(section: str) -> None:
    built = {"online_state", "break_state", "offline_state"}
    words = set(getattr(leading_words(), section)) - built
    assert sorted(word for word in words if not re.search(rf"""["'.]{word}\b""", SOURCE)) == []


def test_every_refusal_has_its_words() -> None:
    used = re.findall(r'\b(?:refused|denied|illegal|unknown)\(\s*"(\w+)"', SOURCE)
    assert set(used) <= set(leading_words().refusals)
