"""A small table, and strategies for random tables with facts."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

from bot.rules.cells import ANY, Cell, Literal, Span
from bot.rules.documents import Reader
from bot.rules.model import RuleBook
from bot.rules.problems import Places
from bot.rules.table import Choice, Column, ColumnType, HitPolicy, Row, Table
from bot.staff.model import Actor, Role

ADMIN = Actor("admin:zhao", Role.admin)
WORDS = ("in_transit", "delivered", "refused", "x, y", 'say "no"', "none", "not this", "无")
TITLES = ("运输中", "已签收", "已拒收", "甲，乙", "称“否”", "没有", "非此", "空 白")
TYPES = {
    "hours": ColumnType.number,
    "place": ColumnType.text,
    "status": ColumnType.choice,
    "late": ColumnType.flag,
}


def make_column(name: str, kind: ColumnType, **changes: Any) -> Column:
    choices = tuple(Choice(*pair) for pair in zip(WORDS, TITLES, strict=True)) if kind is ColumnType.choice else ()
    return Column(name, f"列{name}", kind, changes.pop("choices", choices), **changes)


INPUTS = tuple(make_column(name, kind) for name, kind in TYPES.items())
OUTPUTS = (
    make_column("verdict", ColumnType.text, optional=True),
    make_column("minutes", ColumnType.number),
    make_column("tells", ColumnType.flag),
    make_column("becomes", ColumnType.choice),
)


def make_table(*rows: dict[str, Any], hit: str = "first", name: str = "sample", **changes: Any) -> Table:
    """A table of ``hours``, ``place``, ``status`` and ``late``; rows as in a YAML file, with sensible outcomes."""
    outcome = {"verdict": "ok", "minutes": 1, "tells": False, "becomes": "in_transit"}
    document = {"table": name, "rows": [{**row, "then": outcome | row.get("then", {})} for row in rows]}
    shape = Table(name, "样表", HitPolicy(hit), INPUTS, OUTPUTS, **changes)
    reader = Reader(document, Places())
    table = reader.table(shape)
    assert reader.problems == []
    return table


def make_book(*tables: Table, version: int = 7) -> RuleBook:
    return RuleBook(version, {table.name: table for table in tables})


def facts(**changes: Any) -> dict[str, Any]:
    return {"hours": 5, "place": "杭州", "status": "in_transit", "late": False} | changes


NUMBERS = st.one_of(st.integers(-3, 6).map(float), st.floats(-4, 7, allow_nan=False))
_PLACES = st.sampled_from([*WORDS, "杭州", "= 1", "  x", "a\nb"])


@st.composite
def spans(draw: Any) -> Span:
    ends = sorted([draw(NUMBERS), draw(NUMBERS)])
    span = Span(
        low=ends[0] if draw(st.booleans()) else -np.inf,
        high=ends[1],
        low_open=draw(st.booleans()),
        high_open=draw(st.booleans()),
    )
    span = Span(span.low, span.high, span.low_open and span.low > -np.inf, span.high_open)
    return Span(span.low, span.high) if span.is_empty else span


@st.composite
def cells(draw: Any, kind: ColumnType) -> Cell:
    if draw(st.integers(0, 3)) == 0:
        return ANY
    items: Any = {
        ColumnType.number: st.one_of(spans(), NUMBERS.map(Literal)),
        ColumnType.text: _PLACES.map(str.strip).map(Literal),
        ColumnType.choice: st.sampled_from(WORDS).map(Literal),
        ColumnType.flag: st.booleans().map(Literal),
    }[kind]
    listed = tuple(draw(st.lists(items, max_size=3, unique=True)))
    none = draw(st.booleans()) or not listed
    return Cell(listed, none=none, negated=draw(st.booleans()))


@st.composite
def tables(draw: Any) -> Table:
    rows = []
    for number in range(draw(st.integers(1, 7))):
        when = {name: draw(cells(kind)) for name, kind in TYPES.items()}
        then = {
            "verdict": draw(st.sampled_from([None, "ok", "=1+1", "0012", "是"])),
            "minutes": draw(st.one_of(st.integers(-9, 9), st.sampled_from([0.5, 1e-7, 12345678901]))),
            "tells": draw(st.booleans()),
            "becomes": draw(st.sampled_from(WORDS)),
        }
        note = draw(st.sampled_from(["", "说明", "=note", "两行\n备注"]))
        rows.append(Row(f"row_{number}", {name: cell for name, cell in when.items() if not cell.is_any}, then, note))
    return Table("sample", "样表", draw(st.sampled_from(HitPolicy)), INPUTS, OUTPUTS, tuple(rows))


@st.composite
def many_facts(draw: Any) -> list[dict[str, Any]]:
    one = st.fixed_dictionaries(
        {
            "hours": st.one_of(st.none(), NUMBERS, st.just(float("nan")), st.just(float("inf"))),
            "place": st.one_of(st.none(), _PLACES, st.just("")),
            "status": st.one_of(st.none(), st.sampled_from([*WORDS, "unheard_of", ""])),
            "late": st.one_of(st.none(), st.booleans()),
        }
    )
    return draw(st.lists(one, min_size=1, max_size=12))


def columns_of(cases: list[dict[str, Any]]) -> dict[str, Any]:
    """The same facts as arrays, as `RuleBook.matches` takes them."""
    return {
        name: np.array([case[name] for case in cases], dtype=np.float64 if kind is ColumnType.number else object)
        for name, kind in TYPES.items()
    }
