"""What every page of the studio has around it: who looks, the bar of the desk, and the studio's own."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.service import AgentService
from bot.desk.ui.office import Visit, visit
from bot.studio.roles import LOOKS
from bot.studio.words import studio_words

CSS = Path(__file__).with_name("studio.css")

PAGES = {
    "next": "/studio",
    "misses": "/studio/misses",
    "faq": "/studio/faq",
    "intents": "/studio/intents",
    "words": "/studio/words",
    "draft": "/studio/draft",
    "releases": "/studio/releases",
    "sets": "/studio/sets",
    "numbers": "/studio/numbers",
}
"""Every page with its address, in the order of the bar.  NiceGUI knows them by the same address."""


async def studio_visit(agents: AgentService, request: Request, client: Client, active: str) -> Visit | Response:
    """Who looks at a page of the studio, with both bars drawn; or where they have to go instead.

    ``active`` is a key of `PAGES`.
    """
    here = await visit(agents, request, client, "studio", LOOKS)
    if isinstance(here, Response):
        return here
    ui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")
    _draw_bar(active)
    return here


def _draw_bar(active: str) -> None:
    words = studio_words()
    with ui.element("nav").classes("studio-bar").props(f'aria-label="{words.ui["title"]}"'):
        for name, address in PAGES.items():
            link = ui.element("a").props(f'href="{address}"')
            if name == active:
                link.props("aria-current=page")
            with link:
                ui.label(words.nav[name])
