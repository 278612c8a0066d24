"""Words of the tools for the people at the desk, read from ``data/words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError

DATA = Path(__file__).with_name("data")


class ToolWords(BaseModel):
    """Every section of the file; the maps are keyed by enum value or name.

    ``refusals`` say why something is not possible, ``variables`` what each name in a canned response stands for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    refusals: dict[str, str]
    variables: dict[str, str]
    scopes: dict[str, str]
    severities: dict[str, str]
    promises: dict[str, str]
    promise_states: dict[str, str]
    verdicts: dict[str, str]
    outcomes: dict[str, str]
    secrets: dict[str, str]
    summary: dict[str, str]
    sheet: dict[str, str]


@lru_cache(maxsize=1)
def tool_words() -> ToolWords:
    return ToolWords.model_validate(yaml.safe_load((DATA / "words.yml").read_text(encoding="utf-8")))


def _said(name: str, values: dict[str, object]) -> str:
    return tool_words().refusals[name].format_map(values)


def denied(name: str, /, **values: object) -> AccessRefusedError:
    """The refusal for somebody whose role or conversation it is not."""
    return AccessRefusedError(_said(name, values))


def illegal(name: str, /, **values: object) -> IllegalMoveError:
    """The refusal for what the present state does not allow."""
    return IllegalMoveError(_said(name, values))


def refused(name: str, /, **values: object) -> RefusedError:
    """The refusal for what was asked in a way that makes no sense."""
    return RefusedError(_said(name, values))


def unknown(name: str, /, **values: object) -> NotFoundError:
    """The refusal for what is not there, or is none of the caller's business."""
    return NotFoundError(_said(name, values))
