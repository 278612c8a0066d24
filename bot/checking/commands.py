"""``bot check``: for trainers, before they train."""

from collections.abc import Iterable
from typing import Annotated

import typer

check_app = typer.Typer(help="Look for mistakes in what trainers wrote.", no_args_is_help=True)


@check_app.callback()
def _check() -> None:
    """Keeps the name of the one command."""


@check_app.command("data")
def check_data(
    labels: Annotated[bool, typer.Option(help="Also look for doubtful labels; takes minutes.")] = True,
) -> None:
    """Examples that stand twice or nearly, intents with too few, and labels that a model taught without them doubts."""
    from bot.checking.balance import Counts
    from bot.checking.examples import read_examples
    from bot.checking.noise import doubts
    from bot.checking.report import balance_lines, doubt_lines, likeness_lines
    from bot.settings import get_settings
    from bot.training import current_encoder
    from knowledge_base.encoder import Encoder

    settings, examples = get_settings(), read_examples()
    _say(likeness_lines(examples))
    _say(balance_lines(Counts.of(examples)))
    if labels:
        encoder = Encoder(current_encoder(settings))
        _say(doubt_lines(doubts(examples, encoder, settings.cache_dir / "vectors")))


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
