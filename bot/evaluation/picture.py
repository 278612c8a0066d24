"""The confusion matrix as a picture: pale where it is right, dark where intents are taken for one another."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bot.evaluation.intents import NluMeasured

PICTURE = "confusion.png"
_RIGHT, _WRONG = "#3d8f5f", "#c0392b"


def draw_confusions(measured: NluMeasured, file: Path) -> None:
    """Rows are true intents, columns what they were taken for; numbers count sentences."""
    mpl.use("Agg")
    truths = [sentence.intent for sentence in measured.sentences]
    names = sorted({*truths, *measured.guesses})
    figure = Figure(figsize=(17, 16), layout="constrained")
    axes = figure.add_subplot()
    _frame(axes, names)
    _cells(axes, names, Counter(zip(truths, measured.guesses, strict=True)))
    axes.set_title(f"{measured.n} sentences, accuracy {measured.report.accuracy:.3f}", fontsize=14)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=90)


def _frame(axes: Axes, names: Sequence[str]) -> None:
    places = range(len(names))
    axes.set_xlim(-0.5, len(names) - 0.5)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xticks(places, names, rotation=90, fontsize=10)
    axes.set_yticks(places, names, fontsize=10)
    axes.set_xlabel("taken for", fontsize=12)
    axes.set_ylabel("is", fontsize=12)
    axes.tick_params(length=0)
    for place in np.arange(-0.5, len(names)):
        axes.axhline(place, color="#e6e6e6", linewidth=0.5, zorder=0)
        axes.axvline(place, color="#e6e6e6", linewidth=0.5, zorder=0)


def _cells(axes: Axes, names: Sequence[str], counts: "Counter[tuple[str, str]]") -> None:
    """A cell's shade is its share of the row."""
    rows = Counter({name: sum(n for (truth, _), n in counts.items() if truth == name) for name in names})
    for (truth, guess), n in counts.items():
        share = n / rows[truth]
        is_right = truth == guess
        shade = 0.08 + 0.3 * share if is_right else min(1.0, 0.08 + 3.2 * share)
        x, y = names.index(guess), names.index(truth)
        axes.add_patch(_square(x, y, _RIGHT if is_right else _WRONG, shade))
        colour = "white" if not is_right and shade > 0.6 else "#222222"
        axes.text(x, y, str(n), ha="center", va="center", fontsize=9, color=colour)


def _square(x: int, y: int, colour: str, shade: float) -> "mpl.patches.Rectangle":
    return mpl.patches.Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=colour, alpha=shade, linewidth=0)
