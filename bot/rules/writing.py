"""Cells and outcomes as people write them; `bot.rules.reading` reads them back."""

import math

from bot.rules.cells import Cell, Item, Literal, Span, Value
from bot.rules.reading import is_taken, plain_number
from bot.rules.table import Column


def cell_text(cell: Cell, column: Column, *, titled: bool = False) -> str:
    """The one way to write a cell; ``titled``: choices by their Chinese names."""
    words = [_item_text(item, column, titled) for item in cell.items] + (["none"] if cell.none else [])
    return ("not " if cell.negated else "") + ", ".join(words)


def plain_cell(cell: Cell, column: Column) -> str | int | float | bool:
    """A cell as files keep it: a single number or flag as such, else its text."""
    if len(cell.items) == 1 and not cell.none and not cell.negated and isinstance(cell.items[0], Literal):
        value = cell.items[0].value
        if isinstance(value, bool):
            return value
        if isinstance(value, float):
            return plain_number(value)
    return cell_text(cell, column)


def value_text(value: Value, column: Column, *, titled: bool = False) -> str:
    """An outcome as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return ("是" if value else "否") if titled else str(value).lower()
    return column.title_of(str(value)) if titled else str(value)


def _item_text(item: Item, column: Column, titled: bool) -> str:
    if isinstance(item, Span):
        return _span_text(item)
    if isinstance(item.value, float):
        return str(plain_number(item.value))
    text = value_text(item.value, column, titled=titled)
    is_word = not isinstance(item.value, bool)
    return '"' + text.replace('"', '""') + '"' if is_word and _needs_quotes(text) else text


def _needs_quotes(text: str) -> bool:
    return is_taken(text) or text != text.strip() or not text or any(sign in text for sign in ',，、"')


def _span_text(span: Span) -> str:
    low, high = (str(plain_number(end)) if math.isfinite(end) else "" for end in (span.low, span.high))
    if not high:
        return f"{'>' if span.low_open else '>='} {low}"
    if not low:
        return f"{'<' if span.high_open else '<='} {high}"
    if not span.low_open and not span.high_open:
        return f"{low}..{high}"
    return f"{'(' if span.low_open else '['}{low}..{high}{')' if span.high_open else ']'}"
