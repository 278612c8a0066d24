"""``bot evaluate``: one command for each part and one for all of them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from bot.settings import get_settings

if TYPE_CHECKING:
    from bot.evaluation.everything import Evaluation, Part

evaluate_app = typer.Typer(
    help="""Measure understanding on people's sentences, by the very models that serve customers.

    Without FILE: all sets in tests/evaluation, every score beside its floor.  With FILE (JSON lines): one line of JSON.
    """,
    no_args_is_help=True,
    rich_markup_mode="rich",
)

console = Console(highlight=False)

Errors = Annotated[bool, typer.Option("--errors", help="List what went wrong first.")]


@evaluate_app.command("all")
def evaluate_all(
    write: Annotated[bool, typer.Option("--write", help="Write docs/evaluation.md and its picture.")] = False,
    higher: Annotated[bool, typer.Option("--raise-floors", help="Raise tests/evaluation/floors.yml.")] = False,
) -> None:
    """Everything, and the worst confusions of intents."""
    from bot.evaluation.everything import PARTS
    from bot.evaluation.floors import read_floors
    from bot.evaluation.shown import confusion_lines

    evaluation = _evaluate(*PARTS)
    if evaluation.nlu:
        for line in confusion_lines(evaluation.nlu.together):
            typer.echo(line)
    if higher:
        from bot.evaluation.floors import raise_floors

        for line in raise_floors(evaluation.by_set()):
            typer.echo(f"raised: {line}")
    if write:
        from bot.evaluation.document import DOCUMENT, write_document

        write_document(evaluation, read_floors())
        typer.echo(f"written: {DOCUMENT}")


@evaluate_app.command("nlu")
def evaluate_nlu(
    file: Annotated[Path | None, typer.Argument(help='Lines of {"text", "intent", "alt": [...]}.')] = None,
    errors: Errors = False,
) -> None:
    """Intents and what is out of scope."""
    _evaluate_part("nlu", file, errors=errors)


@evaluate_app.command("entities")
def evaluate_entities(
    file: Annotated[Path | None, typer.Argument(help='Lines of {"text", "entities": [{"type", "text"}]}.')] = None,
    errors: Errors = False,
) -> None:
    """Entities and what they were read as."""
    _evaluate_part("entities", file, errors=errors)


@evaluate_app.command("faq")
def evaluate_faq(
    file: Annotated[
        Path | None, typer.Argument(help='Lines of {"text", "topic", "alt": [...]}; topic "none" = decline.')
    ] = None,
    errors: Errors = False,
) -> None:
    """FAQ retrieval."""
    _evaluate_part("faq", file, errors=errors)


@evaluate_app.command("sentiment")
def evaluate_sentiment(
    file: Annotated[Path | None, typer.Argument(help='Lines of {"text", "sentiment", "urgency"}.')] = None,
    errors: Errors = False,
) -> None:
    """Sentiment and urgency."""
    _evaluate_part("sentiment", file, errors=errors)


@evaluate_app.command("two")
def evaluate_two(
    file: Annotated[Path | None, typer.Argument(help='Lines of {"text", "intents": [one or two]}.')] = None,
    errors: Errors = False,
) -> None:
    """Two wishes in one message."""
    _evaluate_part("two", file, errors=errors)


def _evaluate_part(part: "Part", file: Path | None, *, errors: bool) -> None:
    from bot.evaluation.everything import EvaluationSets, measure

    if file is None:
        evaluation = _evaluate(part)
    else:
        evaluation = measure(get_settings(), EvaluationSets.of({part: [file]}), lambda _: None)
    for measured in evaluation.by_set().values():
        for line in measured.worst() if errors else []:
            typer.echo(line)
        if file is not None:
            typer.echo(json.dumps(measured.report.model_dump(exclude={"worst"}), ensure_ascii=False))


def _evaluate(*parts: "Part") -> "Evaluation":
    """Measure, and show every score beside its floor."""
    from bot.evaluation.everything import EvaluationSets, measure
    from bot.evaluation.floors import read_floors
    from bot.evaluation.shown import score_table

    evaluation = measure(get_settings(), EvaluationSets.read(parts), typer.echo)
    console.print(score_table(evaluation, read_floors()))
    return evaluation
