"""What is different between two versions, by table, row and column."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal, TypeAlias

from bot.rules.table import HitPolicy, Row, Table
from bot.rules.writing import cell_text, value_text

What: TypeAlias = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True)
class Difference:
    """One thing that is different; a row that came, went or moved has no column."""

    table: str
    row: str
    what: What
    column: str = ""
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """``表 deadlines 行 urgent 列 solve_minutes：120 → 90``."""
        where = f"表 {self.table} 行 {self.row}" + (f" 列 {self.column}" if self.column else "")
        if self.what == "added":
            return f"{where}：新增 {self.after}"
        if self.what == "removed":
            return f"{where}：删除 {self.before}"
        return f"{where}：{self.before or '（空）'} → {self.after or '（空）'}"


def differences(before: Mapping[str, Table], after: Mapping[str, Table]) -> tuple[Difference, ...]:
    """Everything that is different between two sets of tables."""
    found: list[Difference] = []
    for name in sorted({*before, *after}):
        found += _of_table(name, before.get(name), after.get(name))
    return tuple(found)


def _of_table(name: str, before: Table | None, after: Table | None) -> Iterator[Difference]:
    old = {row.id: row for row in before.rows} if before else {}
    new = {row.id: row for row in after.rows} if after else {}
    for row in old:
        if row not in new and before:
            yield Difference(name, row, "removed", before=row_text(old[row], before))
    for row in new:
        if after and row not in old:
            yield Difference(name, row, "added", after=row_text(new[row], after))
        elif after:
            yield from _of_row(after, old[row], new[row])
    if before and after and after.hit is HitPolicy.first:
        yield from _moved(name, list(old), list(new))


def _of_row(table: Table, old: Row, new: Row) -> Iterator[Difference]:
    for column in table.inputs:
        texts = (cell_text(old.cell(column.name), column), cell_text(new.cell(column.name), column))
        if texts[0] != texts[1]:
            yield Difference(table.name, new.id, "changed", column.name, *texts)
    for column in table.outputs:
        texts = (value_text(old.then.get(column.name), column), value_text(new.then.get(column.name), column))
        if texts[0] != texts[1]:
            yield Difference(table.name, new.id, "changed", column.name, *texts)
    if old.note != new.note:
        yield Difference(table.name, new.id, "changed", "remark", old.note, new.note)


def _moved(name: str, old: list[str], new: list[str]) -> Iterator[Difference]:
    """The rows that stand in another order among those that stayed; the order decides where the first row counts."""
    stayed = [row for row in old if row in set(new)]
    now = [row for row in new if row in set(old)]
    blocks = SequenceMatcher(None, stayed, now, autojunk=False).get_matching_blocks()
    in_place = {row for block in blocks for row in stayed[block.a : block.a + block.size]}
    for row in now:
        if row not in in_place:
            yield Difference(
                name, row, "moved", before=f"第 {old.index(row) + 1} 行", after=f"第 {new.index(row) + 1} 行"
            )


def row_text(row: Row, table: Table) -> str:
    """A rule as one line: ``tier: outlet; overdue_minutes: >= 120 => action: escalate``."""
    when = [
        f"{column.name}: {cell_text(row.cell(column.name), column)}"
        for column in table.inputs
        if column.name in row.when
    ]
    then = [f"{column.name}: {value_text(row.then.get(column.name), column)}" for column in table.outputs]
    return f"{'; '.join(when) or '其他'} => {'; '.join(then)}"
