"""What the pages of tickets have in common."""

from functools import lru_cache
from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.service import AgentService
from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit, visit

HERE = Path(__file__).resolve().parent


async def enter(agents: AgentService, request: Request, client: Client, active: str) -> Visit | Response:
    """Who looks, with the bar and the look of these pages; or the way to the login."""
    here = await visit(agents, request, client, active)
    if isinstance(here, Visit):
        ui.add_head_html(f"<style>{_css()}</style>")
    return here


def card(title: str, classes: str = "", **attributes: str) -> ui.element:
    """A block with a heading."""
    block = tag("section", f"block {classes}", **attributes)
    with block:
        tag("h2", "", title)
    return block


def fact(name: str, value: str | None, *, classes: str = "") -> None:
    """A line of a definition list; nothing where there is nothing to say."""
    if not value:
        return
    tag("dt", "", name)
    tag("dd", classes, value)


def say_missing(text: str) -> None:
    """A whole page with one sentence."""
    with tag("main", "desk-page office"), tag("div", "office-body"):
        tag("p", "empty", text, **{"data-testid": "refused"})


@lru_cache(maxsize=1)
def _css() -> str:
    return (HERE / "tickets.css").read_text(encoding="utf-8")
