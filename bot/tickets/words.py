"""Words for the people who work on tickets, read from ``data/words.yml``."""

from functools import lru_cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError
from bot.tickets.kinds import Move

DATA = Path(__file__).with_name("data")


class TicketWords(BaseModel):
    """``moves``: what each move is called; ``illegal``: why it is not possible; ``denied``: why not by this person."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    moves: dict[str, str]
    statuses: dict[str, str]
    illegal: dict[str, str]
    denied: dict[str, str]
    api: dict[str, str]
    texts: dict[str, str]


@lru_cache(maxsize=1)
def ticket_words() -> TicketWords:
    return TicketWords.model_validate(yaml.safe_load((DATA / "words.yml").read_text(encoding="utf-8")))


def illegal(refusal: str, /, **values: object) -> IllegalMoveError:
    """The refusal to raise when the state of a ticket does not allow something."""
    return IllegalMoveError(ticket_words().illegal[refusal].format_map(values))


def denied(refusal: str, /, **values: object) -> AccessRefusedError:
    """The refusal to raise when somebody may not do something."""
    return AccessRefusedError(ticket_words().denied[refusal].format_map(values))


def unknown(ticket_no: str) -> NotFoundError:
    """For a ticket that is not there, and for one whose existence is none of the caller's business."""
    return NotFoundError(ticket_words().denied["unknown"].format(ticket_no=ticket_no))


def move_name(move: Move) -> str:
    return ticket_words().moves[move.value]
