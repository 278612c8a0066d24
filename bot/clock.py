"""Time as an argument: everything that needs to know the hour gets a clock."""

from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeAlias
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")

Clock: TypeAlias = Callable[[], datetime]


def system_clock() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.now(timezone.utc)


def local(moment: datetime) -> datetime:
    """The same moment on the wall clock of the business (UTC+8)."""
    return moment.astimezone(CHINA)
