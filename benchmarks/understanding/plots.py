"""The same figures as pictures.  Labels are English: not every machine has a font with Chinese."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.understanding.contest import OURS, STOCK
from benchmarks.understanding.measures import Row
from benchmarks.understanding.report import Results, SetRows
from benchmarks.understanding.speed import LatencyRow, SpeedReport

OUR_COLOUR, STOCK_COLOUR, OTHER_COLOUR = "#1f6f8b", "#d1495b", "#b8b8b8"
_COLUMNS = 2
_DPI = 110


def draw(results: Results, folder: Path) -> list[str]:
    """Write the pictures and return their names."""
    mpl.use("Agg")
    drawn = {}
    if intents := [found for found in results.sets if found.intents]:
        drawn["intents.png"] = _quality(intents)
    if topics := [found for found in results.sets if found.topics]:
        drawn["faq.png"] = _quality(topics)
    if results.speed:
        drawn["speed.png"] = _speed(results.speed)
    for name, figure in drawn.items():
        figure.savefig(folder / name, dpi=_DPI)
    return list(drawn)


def _quality(sets: Sequence[SetRows]) -> Figure:
    lines = -(-len(sets) // _COLUMNS)
    tallest = max(len(rows) for rows in (_rows(found) for found in sets))
    figure = Figure(figsize=(13, lines * (1.2 + 0.34 * tallest)), layout="constrained")
    for number, found in enumerate(sets):
        _bars(figure.add_subplot(lines, _COLUMNS, number + 1), found.title, _rows(found))
    return figure


def _rows(found: SetRows) -> Sequence[Row]:
    return found.intents or found.topics


def _bars(axes: Axes, title: str, rows: Sequence[Row]) -> None:
    """Two thin bars for each contender: the first measure strong, the second pale."""
    places = np.arange(len(rows))
    for number, (measure, shade) in enumerate(zip(rows[0].quality, (1.0, 0.55), strict=True)):
        values = [row.quality[measure] for row in rows]
        bars = axes.barh(
            places + 0.38 * number, values, 0.36, color=[_colour(row) for row in rows], alpha=shade, label=measure
        )
        axes.bar_label(bars, fmt="%.3f", fontsize=7, padding=2)
    axes.set_yticks(places + 0.19, [f"{row.contender} ({row.taught})" for row in rows], fontsize=8)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12)
    axes.set_title(f"{title}: {' (strong), '.join(rows[0].quality)} (pale)", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _colour(row: Row) -> str:
    if row.contender.startswith(OURS):
        return OUR_COLOUR
    return STOCK_COLOUR if row.contender.startswith(STOCK) else OTHER_COLOUR


def _speed(speed: SpeedReport) -> Figure:
    figure = Figure(figsize=(13, 3.6), layout="constrained")
    latency, throughput, rest = figure.subplots(1, 3)
    _pairs(throughput, "parses a second", speed.latency, "per_s")
    _pairs(latency, "latency in ms: p50, and p95 as a line", speed.latency, "p50_ms")
    for number, row in enumerate(_in_order(speed.latency)):
        latency.plot([_place(number)] * 2, [row.p50_ms, row.p95_ms], color="#333333", linewidth=1)
    latency.set_yscale("log")
    _process_bars(rest, speed)
    return figure


def _in_order(rows: Sequence[LatencyRow]) -> list[LatencyRow]:
    return sorted(rows, key=lambda row: (row.at_once, row.server))


def _place(number: int) -> float:
    """Two bars side by side, then a gap."""
    return number // 2 + 0.4 * (number % 2)


def _pairs(axes: Axes, title: str, rows: Sequence[LatencyRow], measure: str) -> None:
    ordered = _in_order(rows)
    for number, row in enumerate(ordered):
        colour = OUR_COLOUR if row.server == OURS else STOCK_COLOUR
        bars = axes.bar(
            _place(number), getattr(row, measure), 0.38, color=colour, label=row.server if number < 2 else None
        )
        axes.bar_label(bars, fmt="%g", fontsize=7, padding=1)
    at_once = sorted({row.at_once for row in ordered})
    axes.set_xticks([place + 0.2 for place in range(len(at_once))], [f"{count} at once" for count in at_once])
    axes.set_title(title, fontsize=9)
    axes.legend(fontsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def _process_bars(axes: Axes, speed: SpeedReport) -> None:
    """Start-up and memory have nothing in common but a scale from 0 to the larger of the two."""
    for number, row in enumerate(sorted(speed.processes, key=lambda process: process.server)):
        starts, memory = zip(*((p.start_s, p.memory_after_load_mb) for p in speed.processes), strict=True)
        shares = (row.start_s / max(starts), row.memory_after_load_mb / max(memory))
        colour = OUR_COLOUR if row.server == OURS else STOCK_COLOUR
        bars = axes.bar([0.4 * number, 1 + 0.4 * number], shares, 0.38, color=colour)
        axes.bar_label(bars, [f"{row.start_s:.0f} s", f"{row.memory_after_load_mb:.0f} MB"], fontsize=7, padding=1)
    axes.set_xticks([0.2, 1.2], ["start", "memory"])
    axes.set_yticks([])
    axes.set_title("start-up and memory", fontsize=9)
    axes.spines[["top", "right", "left"]].set_visible(False)
