"""What the words of an entity mean: plain functions from text to a value, for both interpreters.

Standard library, PyYAML and chinesecalendar only; what day it is, is an argument.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Any, TypeAlias

from bot.dialogue.components.values.amount import read_amount
from bot.dialogue.components.values.dates import read_date
from bot.dialogue.components.values.dimensions import read_dimensions
from bot.dialogue.components.values.phone import read_phone, read_phone_tail
from bot.dialogue.components.values.regions import read_region
from bot.dialogue.components.values.times import read_time
from bot.dialogue.components.values.waybill import read_waybill
from bot.dialogue.components.values.weight import read_weight

Json: TypeAlias = Any


def normalized(kind: str, text: str, today: date, *, past: bool = False) -> Json | None:
    """The value of an entity as JSON, or None where nothing is certain; ``docs/nlu.md`` lists the forms.

    Parameters
    ----------
    text: the entity in its normal spelling.
    past: whether the words around a date speak of what has been.
    """
    if kind == "date":
        return _date(text, today, past)
    reader = _READERS.get(kind)
    return reader(text) if reader else None


def _date(text: str, today: date, past: bool) -> Json | None:
    days = read_date(text, today, past=past)
    if days is None:
        return None
    return {"first": days.first and days.first.isoformat(), "last": days.last and days.last.isoformat()}


def _time(text: str) -> Json | None:
    hours = read_time(text)
    return None if hours is None else {"from": hours.start, "to": hours.end}


def _dimensions(text: str) -> Json | None:
    sides = read_dimensions(text)
    return list(sides) if sides else None


def _region(text: str) -> Json | None:
    region = read_region(text)
    return None if region is None else {"code": region.code, "name": region.name}


def _waybill(text: str) -> Json | None:
    return [asdict(candidate) for candidate in read_waybill(text)] or None


_READERS: dict[str, Callable[[str], Json | None]] = {
    "weight": read_weight,
    "amount": read_amount,
    "dimensions": _dimensions,
    "phone": read_phone,
    "phone_tail": read_phone_tail,
    "time_period": _time,
    "region": _region,
    "address": _region,
    "waybill_no": _waybill,
}
