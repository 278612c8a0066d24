"""``/desk`` and ``/desk/login``: NiceGUI mounted beside everything else, and a plain login form before it."""

from pathlib import Path
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from nicegui import Client, ui
from nicegui import app as nicegui_app

from bot.desk.cookie import COOKIE
from bot.desk.dossier import Dossiers
from bot.desk.endpoints import desk_router
from bot.desk.headers import SafeHeaders
from bot.desk.leading.services import Leading
from bot.desk.login import LOGIN, add_login
from bot.desk.lost import add_lost_pages
from bot.desk.sockets import SocketDoor
from bot.desk.ticket_desk import TicketDesk
from bot.desk.ui.account import ACCOUNT, add_account_page
from bot.desk.ui.audit import add_audit_page
from bot.desk.ui.leading.pages import add_leading_pages
from bot.desk.ui.office import Visit, visit
from bot.desk.ui.page import DeskPage
from bot.desk.ui.people import add_people_page
from bot.desk.ui.tickets.open_dialog import OpenTicketDialog
from bot.desk.ui.tickets.pages import add_ticket_pages
from bot.desk.ui.watching import watch
from bot.desk.ui.waybill_page import WaybillPage, draw_search
from bot.desk.words import desk_words
from bot.desk.workplace import DeskServices, Workplace
from bot.errors import NotFoundError
from bot.staff.model import Role
from bot.waybills.numbers import normalise_waybill_no

HERE = Path(__file__).resolve().parent
STUDIO = "/studio"
_RECONNECT_S = 10.0
_REPLAYED_MESSAGES = 200
_PATIENCE_S = 60.0
"""So long a page may take: at the beginning of a shift everybody comes at once, and late is better than an error."""


def mount_desk(
    app: FastAPI,
    desk: DeskServices,
    dossiers: Dossiers | None = None,
    *,
    storage_secret: str,
    base_url: str = "",
    tickets: TicketDesk | None = None,
    leading: Leading | None = None,
) -> None:
    """Add the desk's pages and its API to an application; waybills have a page where there are ``dossiers``, and
    tickets where there is their desk.

    NiceGUI lives below ``/desk`` with its own assets and socket, so no other route is touched.  It is one per process:
    a second application mounted in the same process takes the pages over from the first.
    Links to choose a password begin with ``base_url``.
    """
    workplace = Workplace(desk)
    app.include_router(desk_router(desk.agents, workplace))
    add_login(app, desk.agents)
    _add_page(desk, workplace, tickets)
    add_people_page(desk.agents, base_url=base_url)
    add_account_page(desk.agents)
    add_audit_page(desk.agents)
    if dossiers is not None:
        _add_waybill_page(desk, dossiers)
    if tickets is not None:
        add_ticket_pages(tickets)
    if leading is not None:
        add_leading_pages(leading)
    add_lost_pages(nicegui_app)
    app.add_middleware(SafeHeaders)
    SocketDoor(desk.agents).guard()
    nicegui_app.middleware_stack = None
    nicegui_app.user_middleware.clear()
    ui.run_with(
        app,
        mount_path="/desk",
        title=desk_words().ui["title"],
        language="zh-CN",
        dark=None,
        favicon=HERE / "ui" / "favicon.svg",
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECT_S,
        message_history_length=_REPLAYED_MESSAGES,
        storage_secret=storage_secret,
        session_middleware_kwargs={"session_cookie": "desk_browser", "same_site": "lax"},
        show_welcome_message=False,
    )


def _add_page(desk: DeskServices, workplace: Workplace, tickets: TicketDesk | None) -> None:
    css = "".join((HERE / "ui" / name).read_text(encoding="utf-8") for name in ("desk.css", "people.css"))

    @ui.page("/", response_timeout=_PATIENCE_S)
    async def desk_page(request: Request, client: Client, c: UUID | None = None) -> Response | None:
        token = request.cookies.get(COOKIE)
        person = await desk.agents.of_session(token)
        if person is None or token is None:
            return RedirectResponse(LOGIN, 303)
        if not person.role.may_talk:
            return RedirectResponse(_home_of(person.role) if tickets is not None else ACCOUNT, 303)
        ui.add_head_html(f"<style>{css}</style>")
        ui.dark_mode({"dark": True, "light": False}.get(request.cookies.get("desk_theme", "")))
        page = DeskPage(desk, workplace, person, token, client)
        page.draw()
        if tickets is not None:
            visitor = Visit(desk.agents, request, token, person, client)
            page.offer_tickets(OpenTicketDialog(tickets, visitor, client).open_ticket_dialog)
        client.on_delete(page.stop)
        await page.begin(c)
        client.on_connect(page.follow)
        watch(desk.agents, token, client)
        return None


def _home_of(role: Role) -> str:
    """Where those begin who take no conversations."""
    return STUDIO if role is Role.trainer else "/desk/tickets"


def _add_waybill_page(desk: DeskServices, dossiers: Dossiers) -> None:
    words = desk_words()

    @ui.page("/waybill/{waybill_no}")
    async def waybill_page(request: Request, client: Client, waybill_no: str) -> Response | None:
        here = await visit(desk.agents, request, client, "waybill")
        if isinstance(here, Response):
            return here
        try:
            dossier = await dossiers.of(normalise_waybill_no(waybill_no), here.person.actor)
        except NotFoundError:
            with ui.element("main").classes("desk dossier-none"):
                ui.label(words.timeline["not_found"])
                draw_search(words)
            return None
        WaybillPage(dossier, words).draw()
        return None
