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
    r"(取消|退出|离开|不用|不)(再)?(排队|排了|等了|等人工了?|转人工了?|转了)|(算了|不用了)[,，。 ]*(不等了|不排了|不转了)?"
)


@lru_cache(maxsize=1)
def own_words() -> Words:
    content = yaml.safe_load(Path(__file__).with_name("handover.yml").read_text(encoding="utf-8"))
    return Words(content["responses"], {})


def leaves_queue(text: str, payload: str) -> bool:
    """Whether a waiting customer says with these words, and nothing else, to wait no longer."""
    return payload.startswith(LEAVE) or _LEAVES.fullmatch(text.strip(" 。！!～~了吧啊呀 ") or text.strip()) is not None


def moment_words(moment: datetime, now: datetime) -> str:
    """``今天 14:30``, ``明天 9:00`` or ``3月5日 9:00``."""
    day, today = local(moment), local(now)
    days = (day.date() - today.date()).days
    name = {0: "今天", 1: "明天"}.get(days, f"{day.month}月{day.day}日")
    return f"{name} {day.hour}:{day.minute:02d}"
