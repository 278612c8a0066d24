"""No word about accounts is left over, and none is missing."""

import re
from pathlib import Path

import pytest

from bot.staff.words import staff_words

BOT = Path(__file__).resolve().parents[2] / "bot"


@pytest.mark.parametrize("section", ["refusals", "pages"])
def test_no_word_is_left_over(section: str) -> None:
    files = [path for folder in ("staff", "desk") for path in (BOT / folder).rglob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert [word for word in getattr(staff_words(), section) if f'"{word}"' not in source] == []


def test_no_word_is_missing() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (BOT / "staff").rglob("*.py"))
    assert set(re.findall(r'(?:said|refusals)\["(\w+)"\]', source)) <= set(staff_words().refusals)
    assert set(re.findall(r'"((?:account|password|second_factor|session|token|team)\.\w+)"', source)) <= set(
        staff_words().audit
    )
