"""What was measured, for a terminal."""

from collections.abc import Iterator

from rich.table import Column, Table

from bot.evaluation.everything import Evaluation, Measured
from bot.evaluation.floors import Floors
from bot.evaluation.intents import NluMeasured

CONFUSIONS, SENTENCES = 15, 3


def score_table(evaluation: Evaluation, floors: Floors) -> Table:
    """Every score of every set beside its floor; a shortfall is red."""
    table = Table(_whole("set"), _whole("sentences"), _whole("score"), "measured", "floor")
    for name, measured in evaluation.by_set().items():
        for row in _rows(name, measured, floors):
            table.add_row(*row)
        table.add_section()
    return table


def _whole(name: str) -> Column:
    """A column that is never cut, however narrow the terminal."""
    return Column(name, no_wrap=True, overflow="ignore")


def confusion_lines(measured: NluMeasured) -> Iterator[str]:
    """The most frequent confusions with their surest sentences."""
    for confusion in measured.confusions[:CONFUSIONS]:
        yield f"{confusion.n} x {confusion.truth} taken for {confusion.taken_for}"
        for sure, text in confusion.sentences[:SENTENCES]:
            yield f"    {sure:.2f}  {text}"


def _rows(name: str, measured: Measured, floors: Floors) -> Iterator[tuple[str, ...]]:
    for number, (score, value) in enumerate(measured.scores().items()):
        floor = floors.get(name, {}).get(score)
        is_short = floor is not None and value < floor
        shown = f"[red]{value:.3f}[/red]" if is_short else f"{value:.3f}"
        first = (name, str(measured.n)) if number == 0 else ("", "")
        yield (*first, score, shown, "" if floor is None else f"{floor:.2f}")
