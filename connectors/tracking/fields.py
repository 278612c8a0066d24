"""Fields as foreign services fill them."""

from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from bot.clock import CHINA


def plain_text(value: object) -> str:
    """Numbers where others see strings, and null for nothing."""
    return "" if value is None else str(value)


def china_time(text: str) -> datetime:
    """``2024-01-02 10:00:00`` on the clocks of China.  Raises `ValueError`."""
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


Text = Annotated[str, BeforeValidator(plain_text)]
