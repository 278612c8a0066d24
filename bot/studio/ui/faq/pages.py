"""The addresses of the knowledge base's pages."""

from pathlib import Path

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client
from nicegui import ui as nicegui

from bot.clock import Clock
from bot.desk.service import AgentService
from bot.desk.ui.forms import tag
from bot.desk.ui.office import Visit
from bot.studio.faq.service import FaqStudio
from bot.studio.roles import TRAINS
from bot.studio.ui.faq.document_page import DocumentPart
from bot.studio.ui.faq.entry_page import EntryPart
from bot.studio.ui.faq.import_page import ImportPart
from bot.studio.ui.faq.list_page import KEYS, ListPart, ListQuery
from bot.studio.ui.faq.wording import ui
from bot.studio.ui.frame import studio_visit

CSS = Path(__file__).resolve().parent.parent / "faq.css"


def add_faq_pages(agents: AgentService, studio: FaqStudio, clock: Clock) -> None:
    """Add them; who may look but not change sees entries and cannot save."""
    _add_list(agents, studio)
    _add_files(agents, studio, clock)
    _add_entry(agents, studio)


def _add_list(agents: AgentService, studio: FaqStudio) -> None:
    @nicegui.page("/studio/faq")
    async def faq_page(
        request: Request, client: Client, q: str = "", group: str = "", state: str = "", after: str = ""
    ) -> Response | None:
        here = await _visit(agents, request, client)
        if isinstance(here, Response):
            return here
        nicegui.add_body_html(f"<script>{KEYS}</script>")
        with tag("div", "desk-page office faq-page"), tag("div", "office-body"):
            await ListPart(here, studio, ListQuery(q, group, state, after)).draw()
        return None


def _add_files(agents: AgentService, studio: FaqStudio, clock: Clock) -> None:
    @nicegui.page("/studio/faq/import")
    async def import_page(request: Request, client: Client) -> Response | None:
        here = await _visit(agents, request, client)
        if isinstance(here, Response):
            return here
        with tag("div", "desk-page office faq-page"), tag("div", "office-body"):
            if not _refuse(here):
                ImportPart(here, studio).draw()
        return None

    @nicegui.page("/studio/faq/document")
    async def document_page(request: Request, client: Client) -> Response | None:
        here = await _visit(agents, request, client)
        if isinstance(here, Response):
            return here
        with tag("div", "desk-page office faq-page"), tag("div", "office-body"):
            if not _refuse(here):
                DocumentPart(here, studio, clock).draw()
        return None


def _add_entry(agents: AgentService, studio: FaqStudio) -> None:
    @nicegui.page("/studio/faq/new")
    async def new_page(
        request: Request, client: Client, topic: str = "", question: str = "", phrasings: str = ""
    ) -> Response | None:
        here = await _visit(agents, request, client)
        if isinstance(here, Response):
            return here
        given = {"id": topic[:80], "question": question[:500], "phrasings": phrasings[:20_000]}
        with tag("div", "desk-page office faq-page"), tag("div", "office-body"):
            if not _refuse(here):
                await EntryPart(here, studio, None, given).draw()
        return None

    @nicegui.page("/studio/faq/{topic}")
    async def entry_page(request: Request, client: Client, topic: str) -> Response | None:
        here = await _visit(agents, request, client)
        if isinstance(here, Response):
            return here
        with tag("div", "desk-page office faq-page"), tag("div", "office-body"):
            await EntryPart(here, studio, topic).draw()
        return None


async def _visit(agents: AgentService, request: Request, client: Client) -> Visit | Response:
    here = await studio_visit(agents, request, client, "faq")
    if not isinstance(here, Response):
        nicegui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")
    return here


def _refuse(here: Visit) -> bool:
    """Whether this page is none for who looks, which it then says."""
    if here.person.role in TRAINS:
        return False
    tag("p", "empty", ui("only_trainers"))
    return True
