"""What has to be true of tables as a whole.  Reading has judged every cell by itself before."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from bot.rules.cells import ANY, NEVER, Literal
from bot.rules.problems import Draft, Problem, in_order
from bot.rules.table import Column, HitPolicy, Row, Table

Check: TypeAlias = Callable[[Draft], Iterable[Problem]]
"""A further check over all tables together, e.g. `known_elsewhere`."""

MOST_ROWS = 1_000
_TAKEN = {"id", "remark"}
_ROW_ID = re.compile(r"[a-z][a-z0-9_]*")
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


def check(draft: Draft, *, shapes: Iterable[Table] = (), also: Sequence[Check] = ()) -> list[Problem]:
    """Every problem of a draft at once.

    Parameters
    ----------
    shapes: the tables the program knows; a draft has to have exactly these, with their columns.
    """
    problems = list(draft.problems)
    for table in draft.tables.values():
        problems += [*_size(draft, table), *_ids(draft, table), *_texts(draft, table), *_reachable(draft, table)]
        problems += _catch_all(draft, table)
    known = {table.name: table for table in shapes}
    if known:
        problems += _agreement(draft, known)
    for further in also:
        problems += further(draft)
    return in_order(problems)


def known_elsewhere(table: str, column: str, source: str, source_column: str) -> Check:
    """Every word in a column has to be named by a column of another table, as far as that table is there."""

    def found(draft: Draft) -> Iterator[Problem]:
        if table not in draft.tables or source not in draft.tables:
            return
        known = {word for row in draft.tables[source].rows for word in _words(row, source_column)}
        for number, row in enumerate(draft.tables[table].rows):
            for word in _words(row, column):
                if word not in known:
                    what = f"“{word}”在表 {source} 的 {source_column} 列里没有"
                    yield draft.problem(table, what, row=number, column=column)

    return found


def _words(row: Row, column: str) -> list[object]:
    if column in row.then:
        return [] if row.then[column] is None else [row.then[column]]
    return [item.value for item in row.when.get(column, ANY).items if isinstance(item, Literal)]


def _size(draft: Draft, table: Table) -> Iterator[Problem]:
    if not table.rows:
        yield draft.problem(table.name, "没有任何行")
    if len(table.rows) > MOST_ROWS:
        yield draft.problem(table.name, f"一张表最多 {MOST_ROWS} 行")
    if not table.outputs:
        yield draft.problem(table.name, "没有任何结果列")
    for name in {column.name for column in table.inputs} & {column.name for column in table.outputs}:
        yield draft.problem(table.name, "条件列和结果列不能同名", column=name)
    for column in table.columns:
        if column.name in _TAKEN:
            yield draft.problem(table.name, "这个列名留给行号和备注", column=column.name)


def _ids(draft: Draft, table: Table) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, row in enumerate(table.rows):
        if not row.id:
            yield draft.problem(table.name, "缺少行号 id", row=number)
        elif not _ROW_ID.fullmatch(row.id):
            yield draft.problem(table.name, "行号只能用小写字母、数字和下划线，以字母开头", row=number)
        elif row.id in seen:
            yield draft.problem(table.name, "行号重复", row=number)
        seen.add(row.id)


def _texts(draft: Draft, table: Table) -> Iterator[Problem]:
    for number, row in enumerate(table.rows):
        if _UNPRINTABLE.search(row.note):
            yield draft.problem(table.name, "备注里有不可见的控制字符", row=number)
        for name in (*row.when, *row.then):
            if any(isinstance(word, str) and _UNPRINTABLE.search(word) for word in _words(row, name)):
                yield draft.problem(table.name, "有不可见的控制字符", row=number, column=name)


def _reachable(draft: Draft, table: Table) -> Iterator[Problem]:
    """Where the first row decides, a row behind one that lets at least as much pass never gets its turn."""
    if table.hit is not HitPolicy.first or len(table.rows) > MOST_ROWS:
        return
    for number, row in enumerate(table.rows):
        if NEVER in row.when.values():
            continue
        earlier = next((before for before in table.rows[:number] if _covers(before, row, table.inputs)), None)
        if earlier is not None:
            yield draft.problem(table.name, f"永远轮不到：前面的行 {earlier.id} 已包括它", row=number)


def _covers(before: Row, row: Row, inputs: tuple[Column, ...]) -> bool:
    return all(before.cell(column.name).covers(row.cell(column.name)) for column in inputs)


def _catch_all(draft: Draft, table: Table) -> Iterator[Problem]:
    if table.complete and table.rows and not any(row.is_catch_all for row in table.rows):
        yield draft.problem(table.name, "需要一行不带任何条件的兜底行")


def _agreement(draft: Draft, known: dict[str, Table]) -> Iterator[Problem]:
    for name, shape in known.items():
        if name not in draft.tables:
            yield draft.problem(name, f"缺少表 {name}（{shape.title}）")
        else:
            yield from _same_shape(draft, draft.tables[name], shape)
    for name in draft.tables:
        if name not in known:
            yield draft.problem(name, f"程序没有这张表，可用：{'、'.join(known)}")


def _same_shape(draft: Draft, table: Table, shape: Table) -> Iterator[Problem]:
    """Columns, hit policy and completeness belong to the program; titles and notes may differ."""
    if (table.hit, table.complete) != (shape.hit, shape.complete):
        yield draft.problem(table.name, f"hit 应为 {shape.hit}，complete 应为 {str(shape.complete).lower()}")
    for side, columns, wanted in (("条件", table.inputs, shape.inputs), ("结果", table.outputs, shape.outputs)):
        names = {column.name: column for column in columns}
        for column in wanted:
            if column.name not in names:
                yield draft.problem(table.name, f"缺少{side}列 {column.name}（{column.title}）", column=column.name)
            elif not _same_column(names[column.name], column):
                yield draft.problem(table.name, "列的类型、可选值或是否可空与程序不同", column=column.name)
        for name in names.keys() - {column.name for column in wanted}:
            yield draft.problem(table.name, f"程序不认识这个{side}列", column=name)


def _same_column(column: Column, wanted: Column) -> bool:
    values = [{choice.value for choice in one.choices} for one in (column, wanted)]
    return (column.type, column.optional) == (wanted.type, wanted.optional) and values[0] == values[1]
