"""Cells and outcomes out of what people wrote.  Raises `CellError`, which speaks Chinese."""

import math
import re
import unicodedata
from dataclasses import dataclass

from bot.rules.cells import ANY, Cell, Item, Literal, Span, Value
from bot.rules.table import Column, ColumnType

_NEGATION = re.compile(r"(?:not|非|不是)\s+", re.IGNORECASE)
_NONE = {"none", "-", "无"}
_YES, _NO = {"true", "yes", "是"}, {"false", "no", "否"}
_NUMBER = r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_COMPARED = re.compile(rf"(>=|<=|>|<|=)?\s*({_NUMBER})")
_RANGE = re.compile(rf"([\[(])?\s*({_NUMBER})?\s*\.\.\s*({_NUMBER})?\s*([\])])?")
_SIGNS = str.maketrans({"≥": ">=", "≤": "<=", "＞": ">", "＜": "<", "＝": "="})
_QUOTED = re.compile(r'"(?:[^"]|"")*"')
_PARTS = re.compile(r'((?:"(?:[^"]|"")*"|[^,，、"])*)([,，、]|$)')


class CellError(Exception):
    """What is wrong with one cell: the end of a Chinese sentence that begins with where it stands."""


@dataclass(frozen=True)
class Unreadable:
    """What a spreadsheet cell has instead of a value; ``why`` is for whoever wrote it."""

    why: str


def read_cell(written: object, column: Column) -> Cell:
    """A test out of what stands in an input column: a text, a number, a flag, or a list of them."""
    if isinstance(written, Unreadable):
        raise CellError(written.why)
    if written is None:
        return ANY
    if isinstance(written, list):
        items = tuple(_item_of(part, column) for part in written if part not in _NONE)
        return Cell(items, none=len(items) < len(written))
    if not isinstance(written, str):
        return Cell((_item_of(written, column),))
    text = written.strip()
    if not text:
        return ANY
    negation = _NEGATION.match(text)
    rest = text[negation.end() :] if negation else text
    parts = _split(rest)
    items = tuple(_item(part, column) for part in parts if part.lower() not in _NONE)
    return Cell(items, none=len(items) < len(parts), negated=negation is not None)


def read_value(written: object, column: Column) -> Value:
    """An outcome out of what stands in an output column; None where nothing does."""
    if isinstance(written, Unreadable):
        raise CellError(written.why)
    text = _outer(str(written)) if written is not None else ""
    if text == "":
        return None
    if column.type is ColumnType.text:
        return text
    if column.type is ColumnType.number:
        return plain_number(_number(text))
    return _flag(text) if column.type is ColumnType.flag else _choice(text, column)


def plain_number(number: float) -> int | float:
    """Whole numbers as int, so that 3 is written 3."""
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def is_taken(word: str) -> bool:
    """Whether a word would be read as something else."""
    return word.lower() in _NONE or _NEGATION.match(word) is not None


def _outer(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _split(text: str) -> list[str]:
    """Parts between commas, of either language, outside of quotes."""
    parts, at = [], 0
    while True:
        found = _PARTS.match(text, at)
        if found is None:
            raise CellError("引号没有成对")
        parts.append(found[1].strip())
        at = found.end()
        if not found[2]:
            break
    if not all(parts):
        raise CellError("逗号前后缺少内容")
    return parts


def _item(text: str, column: Column) -> Item:
    if column.type is ColumnType.number:
        return _numbers(text)
    if column.type is ColumnType.flag:
        return Literal(_flag(text))
    word = text[1:-1].replace('""', '"') if _QUOTED.fullmatch(text) else text
    return Literal(_choice(word, column) if column.type is ColumnType.choice else word)


def _item_of(part: object, column: Column) -> Item:
    """One thing that is no text of the cell language: a number or flag of the file, or a word of a list."""
    if isinstance(part, str) and column.type in (ColumnType.text, ColumnType.choice):
        return Literal(_choice(part, column) if column.type is ColumnType.choice else part)
    return _item(str(part), column)


def _numbers(text: str) -> Item:
    """A number, a comparison, or a range with its ends: ``48``, ``>= 48``, ``1..5``, ``(0..72]``."""
    plain = unicodedata.normalize("NFKC", text.translate(_SIGNS)).strip().lower()
    if compared := _COMPARED.fullmatch(plain):
        number = _number(compared[2])
        return {
            ">=": Span(low=number),
            ">": Span(low=number, low_open=True),
            "<=": Span(high=number),
            "<": Span(high=number, high_open=True),
        }.get(compared[1], Literal(number))
    if (ranged := _RANGE.fullmatch(plain)) and (ranged[2] or ranged[3]):
        span = Span(
            low=_number(ranged[2]) if ranged[2] else -math.inf,
            high=_number(ranged[3]) if ranged[3] else math.inf,
            low_open=bool(ranged[2]) and ranged[1] == "(",
            high_open=bool(ranged[3]) and ranged[4] == ")",
        )
        if span.is_empty:
            raise CellError(f"范围“{text}”里没有数，下限应小于上限")
        return span
    raise CellError(f"“{text}”不是数字条件，可写 48、>= 48、< 3、1..5、none")


def _number(text: str) -> float:
    plain = unicodedata.normalize("NFKC", text).strip()
    if not re.fullmatch(_NUMBER, plain.lower()) or not math.isfinite(float(plain)):
        raise CellError(f"“{text}”不是数字")
    return float(plain)


def _flag(text: str) -> bool:
    if text.lower() in _YES:
        return True
    if text.lower() in _NO:
        return False
    raise CellError(f"“{text}”应为“是”或“否”")


def _choice(text: str, column: Column) -> str:
    value = column.choice(text)
    if value is None:
        known = "、".join(f"{choice.title}({choice.value})" for choice in column.choices)
        raise CellError(f"“{text}”不在可选值之内，可选：{known}")
    return value
