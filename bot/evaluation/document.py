"""What was measured, for ``docs/evaluation.md``: everything between its markers is written, the rest is people's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bot.errors import DataFileError
from bot.evaluation.calibration import Calibration
from bot.evaluation.entities import EntitiesMeasured
from bot.evaluation.everything import Evaluation, Results
from bot.evaluation.floors import Floors
from bot.evaluation.intents import NluMeasured
from bot.evaluation.moods import MoodsMeasured
from bot.evaluation.picture import PICTURE, draw_confusions
from bot.evaluation.questions import QuestionsMeasured
from bot.evaluation.wishes import WishesMeasured
from bot.mood_evaluation import LabelScore
from bot.settings import PROJECT

DOCUMENT = PROJECT / "docs" / "evaluation.md"
MEASURED = ("<!-- measured -->", "<!-- /measured -->")
HISTORY = ("<!-- history -->", "<!-- /history -->")

CONFUSIONS, SENTENCES = 25, 3
WORST = 20

_HISTORY_COLUMNS = (
    *("date", "model", "intents: accuracy", "macro-F1", "out of scope", "in scope kept", "calibration error"),
    *("entities F1", "FAQ hit1", "hit3", "declined", "answerable kept", "sentiment F1", "urgency F1", "both wishes"),
)


def write_document(evaluation: Evaluation, floors: Floors, file: Path = DOCUMENT) -> None:
    """The figures, the picture beside them, and one more row of history; `DataFileError` if a marker is missing."""
    text = file.read_text(encoding="utf-8")
    history = _history(_between(text, HISTORY, file), evaluation)
    text = _replaced(text, MEASURED, "\n\n".join(_sections(evaluation, floors)), file)
    file.write_text(_replaced(text, HISTORY, history, file), encoding="utf-8")
    if evaluation.nlu:
        draw_confusions(evaluation.nlu.together, file.parent / "images" / PICTURE)


def _sections(evaluation: Evaluation, floors: Floors) -> Iterator[str]:
    yield f"Measured on {evaluation.day} with model `{evaluation.model}` and encoder `{evaluation.encoder}`."
    yield "## Scores"
    yield _scores(evaluation, floors)
    if evaluation.nlu:
        yield from _intents(evaluation.nlu)
    if evaluation.entities:
        yield from _entities(evaluation.entities)
    if evaluation.faq:
        yield from _questions(evaluation.faq.together)
    if evaluation.sentiment:
        yield from _moods(evaluation.sentiment.together)
    if evaluation.two:
        yield from _wishes(evaluation.two.together, evaluation.made_up)


def _scores(evaluation: Evaluation, floors: Floors) -> str:
    rows = [
        (name, str(measured.n), score, f"{value:.3f}", _floor(floors, name, score))
        for name, measured in evaluation.by_set().items()
        for score, value in measured.scores().items()
    ]
    return _table(("set", "sentences", "score", "measured", "floor"), rows)


def _floor(floors: Floors, name: str, score: str) -> str:
    floor = floors.get(name, {}).get(score)
    return "" if floor is None else f"{floor:.2f}"


def _intents(results: Results[NluMeasured]) -> Iterator[str]:
    measured = results.together
    yield "## Intents"
    yield f"All sets together: {measured.n} sentences."
    yield f"![Confusion matrix](images/{PICTURE})"
    yield "### Worst confusions"
    yield _table(
        ("sentences", "is", "taken for", "surest"),
        [
            (str(one.n), one.truth, one.taken_for, _sentences(text for _, text in one.sentences[:SENTENCES]))
            for one in measured.confusions[:CONFUSIONS]
        ],
    )
    yield "### Each intent"
    yield _table(
        ("intent", "sentences", "precision", "recall", "F1"),
        [
            (name, str(score.n), *_figures(score.precision, score.recall, score.f1))
            for name, score in sorted(measured.report.per_intent.items(), key=lambda pair: pair[1].f1)
        ],
    )
    yield "### Is the confidence honest?"
    yield f"Expected calibration error {measured.calibration.error:.3f}, of the classifier's first guess."
    yield _reliability(measured.calibration)


def _entities(results: Results[EntitiesMeasured]) -> Iterator[str]:
    report = results.together.report
    yield "## Entities"
    yield f"All sets together: {report.n} sentences, {report.micro.n} entities."
    rows = []
    for kind, score in report.per_kind.items():
        value = report.values.get(kind)
        read = (str(value.n), f"{value.accuracy:.3f}") if value else ("", "")
        rows.append((kind, str(score.n), *_figures(score.precision, score.recall, score.f1), *read))
    yield _table(("kind", "entities", "precision", "recall", "F1", "with a value", "read rightly"), rows)
    yield _worst(results.together.worst())


def _questions(measured: QuestionsMeasured) -> Iterator[str]:
    yield "## Knowledge base"
    yield f"All sets together: {measured.n} questions."
    yield _table(
        ("group", "questions", "hit1", "hit3", "declined"),
        [(name, str(g.n), *_figures(g.hit1, g.hit3, g.declined)) for name, g in measured.groups.items()],
    )
    yield f"Expected calibration error {measured.calibration.error:.3f}, of the confidence in the best topic."
    yield _reliability(measured.calibration)
    yield _worst(measured.worst())


def _moods(measured: MoodsMeasured) -> Iterator[str]:
    yield "## Sentiment and urgency"
    yield f"All sets together: {measured.n} messages."
    rows = [*_labels(measured.report.sentiment.per_label), *_labels(measured.report.urgency.per_label)]
    yield _table(("label", "messages", "precision", "recall", "F1"), rows)
    yield _worst(measured.worst())


def _labels(per_label: Mapping[str, LabelScore]) -> list[tuple[str, ...]]:
    return [
        (label, str(score.n), *_figures(score.precision, score.recall, score.f1)) for label, score in per_label.items()
    ]


def _wishes(measured: WishesMeasured, made_up: float | None) -> Iterator[str]:
    yield "## Two wishes in one message"
    report = measured.report
    yield (
        f"{report.n} messages. One of the wishes was understood first in {report.first:.3f}; of messages with two, "
        f"both were found in {report.both:.3f}; of rambling messages with one, another was made up in "
        f"{report.made_up:.3f}."
    )
    if made_up is not None:
        yield f"Of the sentences of the intent sets, a second wish was seen in {made_up:.3f}."
    yield _worst(measured.worst())


def _reliability(calibration: Calibration) -> str:
    return _table(
        ("confidence", "answers", "mean confidence", "right"),
        [
            (f"{one.lowest:.2f} to {one.highest:.2f}", str(one.n), f"{one.confidence:.3f}", f"{one.right:.3f}")
            for one in calibration.bins
        ],
    )


def _worst(lines: Sequence[str]) -> str:
    """Folded away: a page of mistakes is for whoever looks for them."""
    shown = "\n".join(f"- {_plain(line)}" for line in lines[:WORST])
    return f"<details><summary>The worst of {len(lines)} mistakes</summary>\n\n{shown}\n\n</details>"


def _history(old: str, evaluation: Evaluation) -> str:
    """The table as it was, or a new one, and today's row."""
    head = _table(_HISTORY_COLUMNS, [])
    kept = [line for line in old.splitlines() if line.startswith("|") and line not in head.splitlines()]
    return "\n".join([head, *kept, _row(_history_row(evaluation))])


def _history_row(evaluation: Evaluation) -> Iterator[str]:
    yield str(evaluation.day)
    yield f"`{evaluation.model}`"
    nlu = dict(evaluation.nlu.together.scores()) if evaluation.nlu else {}
    nlu |= {"error": evaluation.nlu.together.calibration.error} if evaluation.nlu else {}
    yield from _picked(nlu, "accuracy", "macro_f1", "out_of_scope_recall", "in_scope_kept", "error")
    yield from _picked(_together(evaluation.entities), "micro_f1")
    yield from _picked(_together(evaluation.faq), "hit1", "hit3", "declined_unanswerable", "answerable_kept")
    yield from _picked(_together(evaluation.sentiment), "sentiment_macro_f1", "urgency_macro_f1")
    yield from _picked(_together(evaluation.two), "both")


def _together(results: "Results[Any] | None") -> Mapping[str, float]:
    return results.together.scores() if results else {}


def _picked(scores: Mapping[str, float], *names: str) -> Iterator[str]:
    return (f"{scores[name]:.3f}" if name in scores else "" for name in names)


def _between(text: str, markers: tuple[str, str], file: Path) -> str:
    begin, end = markers
    if begin not in text or end not in text:
        raise DataFileError.at(file, 1, f"the markers {begin} and {end} are missing")
    return text.partition(begin)[2].partition(end)[0]


def _replaced(text: str, markers: tuple[str, str], content: str, file: Path) -> str:
    old = _between(text, markers, file)
    begin, end = markers
    return text.replace(f"{begin}{old}{end}", f"{begin}\n{content}\n{end}")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join([_row(head), _row(["---"] * len(head)), *map(_row, rows)])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _figures(*values: float) -> tuple[str, ...]:
    return tuple(f"{value:.3f}" for value in values)


def _sentences(texts: Iterable[str]) -> str:
    return "<br>".join(map(_plain, texts))


def _plain(text: str) -> str:
    """Nothing that Markdown or a table would take for its own."""
    return "".join(f"\\{char}" if char in "|*_`<>[]#~" else char for char in text)
