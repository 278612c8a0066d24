"""What the platform says on the way to a person and back, from ``handover.yml``; and the words that leave a queue."""

import re
from datetime import datetime
from functools import lru_cache
from pathlib import Path

import yaml

from bot.clock import local
from bot.words import Words

LEAVE = "/leave_queue"
"""What a button says that leaves the queue."""
_LEAVES = re.compile(
    r"我?(取消|退出|离开|不用|不)(想)?再?(排队|排|等|等人工|转人工|转)了?"
    r"|(算了|不用了)[,，。 ]*(我?不(等|排|转)了)?"
)
_AROUND = re.compile(r"^\s+|[\s。！!~～吧啊呀]+$")


@lru_cache(maxsize=1)
def own_words() -> Words:
    content = yaml.safe_load(Path(__file__).with_name("handover.yml").read_text(encoding="utf-8"))
    return Words(content["responses"], {})


def leaves_queue(text: str, payload: str) -> bool:
    """Whether a waiting customer says with these words, and nothing else, to wait no longer."""
    return payload.startswith(LEAVE) or _LEAVES.fullmatch(_AROUND.sub("", text)) is not None


def moment_words(moment: datetime, now: datetime) -> str:
    """``今天 14:30``, ``明天 9:00`` or ``3月5日 9:00``."""
    day, today = local(moment), local(now)
    days = (day.date() - today.date()).days
    name = {0: "今天", 1: "明天"}.get(days, f"{day.month}月{day.day}日")
    return f"{name} {day.hour}:{day.minute:02d}"
