"""The pages of the draft, below ``/studio``."""

from fastapi import Request
from fastapi.responses import Response
from nicegui import Client, ui

from bot.desk.service import AgentService
from bot.desk.ui.forms import tag
from bot.desk.ui.sheet import Sheet
from bot.studio.drafts.service import Drafts
from bot.studio.ui.drafts.draft_page import DraftPart, DraftQuery
from bot.studio.ui.drafts.intent_list import IntentList, IntentQuery
from bot.studio.ui.drafts.intent_page import IntentPart
from bot.studio.ui.drafts.response_list import ResponseList
from bot.studio.ui.drafts.response_page import ResponsePart
from bot.studio.ui.drafts.shared import CSS, KEYS, MARKING
from bot.studio.ui.drafts.word_page import ListPart, WordLists
from bot.studio.ui.frame import studio_visit


def add_draft_pages(agents: AgentService, drafts: Drafts) -> None:
    """Add ``/studio/intents``, ``/studio/words`` and ``/studio/draft``."""
    _add_intents(agents, drafts)
    _add_words(agents, drafts)
    _add_draft(agents, drafts)


def _add_intents(agents: AgentService, drafts: Drafts) -> None:
    @ui.page("/studio/intents")
    async def intents_page(
        request: Request, client: Client, intent: str = "", q: str = "", show: str = "", after: str = ""
    ) -> Response | None:
        here = await studio_visit(agents, request, client, "intents")
        if isinstance(here, Response):
            return here
        _dress()
        query = IntentQuery(intent[:80], q[:100], show, after[:300])
        with tag("div", "desk-page office drafts-page"), tag("div", "office-body"):
            if query.intent or query.q:
                await IntentPart(here, drafts, Sheet(client), query).draw()
            else:
                await IntentList(drafts, query).draw()
        return None


def _add_words(agents: AgentService, drafts: Drafts) -> None:
    @ui.page("/studio/words")
    async def words_page(
        request: Request,
        client: Client,
        tab: str = "",
        name: str = "",
        q: str = "",
        after: str = "",
    ) -> Response | None:
        here = await studio_visit(agents, request, client, "words")
        if isinstance(here, Response):
            return here
        _dress()
        name, q, after = name[:120], q[:100], after[:300]
        with tag("div", "desk-page office drafts-page"), tag("div", "office-body"):
            if tab == "responses":
                part = ResponsePart(here, drafts, Sheet(client), name) if name else ResponseList(drafts, q, after)
                await part.draw()
            else:
                await (ListPart(here, drafts, Sheet(client), name, q, after) if name else WordLists(drafts)).draw()
        return None


def _add_draft(agents: AgentService, drafts: Drafts) -> None:
    @ui.page("/studio/draft")
    async def draft_page(
        request: Request, client: Client, tab: str = "", kind: str = "", who: str = "", page: int = 1
    ) -> Response | None:
        here = await studio_visit(agents, request, client, "draft")
        if isinstance(here, Response):
            return here
        _dress()
        with tag("div", "desk-page office drafts-page"), tag("div", "office-body"):
            await DraftPart(here, drafts, Sheet(client), DraftQuery(tab, kind, who[:80], max(page, 1))).draw()
        return None


def _dress() -> None:
    ui.add_head_html(f"<style>{CSS.read_text(encoding='utf-8')}</style>")
    ui.add_body_html(f"<script>{MARKING.read_text(encoding='utf-8')}{KEYS}</script>")
