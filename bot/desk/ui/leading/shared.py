"""What the pages of supervisors have in common."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.clock import local
from bot.desk.leading.words import refused
from bot.desk.service import AgentService
from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit, visit
from bot.errors import RefusedError
from bot.staff.model import Actor, Role

HERE = Path(__file__).resolve().parent
T = TypeVar("T")


async def enter(
    agents: AgentService, request: Request, client: Client, active: str, roles: frozenset[Role]
) -> Visit | Response:
    """Who looks, with the bar and the look of these pages; or where they have to go instead."""
    here = await visit(agents, request, client, active, roles)
    if isinstance(here, Visit):
        ui.add_head_html(f"<style>{_css()}</style>")
    return here


def in_words(move: Callable[[Actor], Awaitable[T]]) -> Callable[[Actor], Awaitable[T]]:
    """The same move; refusals of the core, which are for developers, become a sentence for people."""

    async def told(actor: Actor) -> T:
        try:
            return await move(actor)
        except RefusedError as refusal:
            if any("\u4e00" <= letter <= "\u9fff" for letter in str(refusal)):
                raise
            raise refused("meanwhile") from refusal

    return told


def moment(at: datetime | None) -> str:
    """On the wall clock of the business, without the year."""
    return f"{local(at):%m-%d %H:%M}" if at else "—"


def say_missing(text: str) -> None:
    """A whole page with one sentence."""
    with tag("main", "desk-page office"), tag("div", "office-body"):
        tag("p", "empty", text, **{"data-testid": "refused"})


@lru_cache(maxsize=1)
def _css() -> str:
    return (HERE / "leading.css").read_text(encoding="utf-8")
