"""One run as a document: Markdown tables, ratios, and what was compared."""

from collections.abc import Iterable, Iterator, Sequence
from math import sqrt
from pathlib import Path

from pydantic import BaseModel

from benchmarks.understanding.contest import OURS, STOCK
from benchmarks.understanding.measures import AnyRow, FaqRow, IntentRow, Row
from benchmarks.understanding.speed import LatencyRow, ProcessRow, SpeedReport

Cell = str | float | None

HEAD = """# How well and how fast customers are understood, side by side

Written by `make bench` (`python -m benchmarks.understanding`): do not edit.  All figures are of one run on one machine.

{machine}

Our own evaluation sentences were written by people who had not seen the training data.  Public sets are other people's,
from other trades; they are measured on and nothing that is shipped is taught with them.
"""

CONTENDERS = Path(__file__).parent / "contenders.md"


class SetRows(BaseModel):
    """What came out on one set.  ``asked``: how many questions; ``note``: what to know of the set."""

    name: str
    title: str
    asked: int
    note: str = ""
    intents: list[IntentRow] = []
    topics: list[FaqRow] = []


def by_lessons(rows: Iterable[AnyRow]) -> list[AnyRow]:
    """Those who were taught the same stand together."""
    found = list(rows)
    order = list(dict.fromkeys(row.taught for row in found))
    return sorted(found, key=lambda row: order.index(row.taught))


class Results(BaseModel):
    machine: str
    sets: list[SetRows]
    speed: SpeedReport | None = None


def render(results: Results, plots: Sequence[str]) -> str:
    """The whole document; ``plots`` are names of pictures beside it."""
    parts = [HEAD.format(machine=results.machine)]
    parts += [f"![{plot.removesuffix('.png')}]({plot})" for plot in plots]
    parts += [_set(found) for found in results.sets]
    if results.speed:
        parts.append(_speed(results.speed))
    return "\n\n".join(part.strip() for part in [*parts, CONTENDERS.read_text("utf-8")]) + "\n"


def table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Markdown; numbers as they are, None as a dash."""
    lines = [header, ["---"] * len(header), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def ratio(ours: float, stock: float) -> str:
    """
    >>> ratio(3.0, 2.0)
    '1.50'
    """
    return f"{ours / stock:.2f}" if stock else "-"


def chance(asked: int) -> float:
    """Points that two contenders may differ by chance: two standard errors where one in five is wrong."""
    return 200 * sqrt(0.2 * 0.8 / asked)


def _cell(cell: Cell) -> str:
    if cell is None:
        return "-"
    return cell if isinstance(cell, str) else f"{cell:g}"


def _share(value: float | None) -> str | None:
    return None if value is None else f"{value:.3f}"


def _set(found: SetRows) -> str:
    said = f"{found.asked} questions; a difference below {chance(found.asked):.1f} points may be chance."
    body = _intents(found.intents) if found.intents else _topics(found.topics)
    return f"## {found.title}\n\n{said}  {found.note}".rstrip() + f"\n\n{body}"


def _intents(rows: Sequence[IntentRow]) -> str:
    header = (
        "contender",
        "taught",
        "accuracy",
        "macro-F1",
        "out-of-scope recall",
        "false rejection",
        "training s",
        "CPU s",
    )
    cells = [
        (
            *(_name(row), row.taught, _share(row.accuracy), _share(row.macro_f1)),
            *(_share(row.out_of_scope_recall), _share(row.false_rejection), *_training(row)),
        )
        for row in rows
    ]
    return _without_empty_columns(header, cells) + _against_stock(rows)


def _topics(rows: Sequence[FaqRow]) -> str:
    header = (
        "contender",
        "taught",
        "hit1",
        "hit3",
        "mrr",
        "unanswerable declined",
        "answerable declined",
        "training s",
        "CPU s",
    )
    cells = [
        (
            *(_name(row), row.taught, _share(row.hit1), _share(row.hit3), _share(row.mrr)),
            *(_share(row.declined_unanswerable), _share(row.declined_answerable), *_training(row)),
        )
        for row in rows
    ]
    return _without_empty_columns(header, cells) + _against_stock(rows)


def _name(row: Row) -> str:
    return f"**{row.contender}**" if row.contender == OURS else row.contender


def _training(row: Row) -> tuple[Cell, Cell]:
    return (
        None if row.wall_s is None else f"{row.wall_s:.0f}",
        None if row.cpu_s is None else f"{row.cpu_s:.0f}",
    )


def _without_empty_columns(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    kept = [column for column in range(len(header)) if any(row[column] is not None for row in rows)]
    return table([header[column] for column in kept], [[row[column] for column in kept] for row in rows])


def _against_stock(rows: Sequence[Row]) -> str:
    """One line for each row of ours, of the ratios to stock Rasa."""
    stock = next((row for row in rows if row.contender == STOCK), None)
    if stock is None:
        return ""
    lines = [
        f"{row.contender}, taught {row.taught}, to stock Rasa, taught {stock.taught}: "
        + ", ".join(f"{name} {ratio(value, stock.quality[name])}" for name, value in row.quality.items())
        + (f", training time {ratio(row.wall_s, stock.wall_s)}" if row.wall_s and stock.wall_s else "")
        + "."
        for row in rows
        if row.contender.startswith(OURS)
    ]
    return "\n\n" + "\n".join(f"- {line}" for line in lines)


def _speed(speed: SpeedReport) -> str:
    noise = f"{speed.cores} cores; load average {speed.load_before} before and {speed.load_after} after."
    return "\n\n".join(
        [
            "## Speed over HTTP (`rasa run --enable-api`, `/model/parse`)",
            f"Both servers run at once and are asked in turns; no sentence comes twice, so no cache helps.  {noise}",
            table(
                ("at once", "server", "n", "p50 ms", "p95 ms", "p99 ms", "parses a second", "CPU ms a parse"),
                [
                    (row.at_once, row.server, row.n, row.p50_ms, row.p95_ms, row.p99_ms, row.per_s, row.cpu_ms)
                    for row in speed.latency
                ],
            ),
            "\n".join(f"- {line}" for line in _speed_ratios(speed.latency)),
            table(
                ("server", "start s", "memory MB", "memory MB under load"),
                [(p.server, p.start_s, p.memory_at_rest_mb, p.memory_after_load_mb) for p in speed.processes],
            ),
            "\n".join(f"- {line}" for line in _process_ratios(speed.processes)),
        ]
    )


def _speed_ratios(rows: Sequence[LatencyRow]) -> Iterator[str]:
    stock = {row.at_once: row for row in rows if row.server == STOCK}
    for row in rows:
        if row.server == OURS and (other := stock.get(row.at_once)):
            yield (
                f"{row.at_once} at once, ours to stock Rasa: throughput {ratio(row.per_s, other.per_s)}, "
                f"p50 {ratio(row.p50_ms, other.p50_ms)}, p95 {ratio(row.p95_ms, other.p95_ms)}, "
                f"CPU {ratio(row.cpu_ms, other.cpu_ms)}."
            )


def _process_ratios(rows: Sequence[ProcessRow]) -> Iterator[str]:
    by_name = {row.server: row for row in rows}
    if (ours := by_name.get(OURS)) and (stock := by_name.get(STOCK)):
        yield (
            f"Ours to stock Rasa: start {ratio(ours.start_s, stock.start_s)}, "
            f"memory {ratio(ours.memory_after_load_mb, stock.memory_after_load_mb)}."
        )
