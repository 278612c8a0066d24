"""``/desk`` and ``/desk/login``: NiceGUI mounted beside everything else, and a plain login form before it."""

from pathlib import Path
from string import Template
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from nicegui import Client, ui
from nicegui import app as nicegui_app

from bot.desk.cookie import COOKIE, forget_cookie, set_cookie
from bot.desk.dossier import Dossiers
from bot.desk.endpoints import desk_router
from bot.desk.ui.page import DeskPage
from bot.desk.ui.waybill_page import WaybillPage, draw_search
from bot.desk.words import desk_words
from bot.desk.workplace import DeskServices, Workplace
from bot.errors import LoginLockedError, LoginRefusedError, NotFoundError
from bot.waybills.numbers import normalise_waybill_no

HERE = Path(__file__).resolve().parent
HOME = "/desk/"
LOGIN = "/desk/login"
_RECONNECT_S = 10.0
_REPLAYED_MESSAGES = 200


def mount_desk(app: FastAPI, desk: DeskServices, dossiers: Dossiers | None = None, *, storage_secret: str) -> None:
    """Add the desk's pages and its API to an application; waybills have a page where there are ``dossiers``.

    NiceGUI lives below ``/desk`` with its own assets and socket, so no other route is touched.  It is one per process:
    a second application mounted in the same process takes the pages over from the first.
    """
    workplace = Workplace(desk)
    app.include_router(desk_router(desk.agents, workplace))
    _add_login(app, desk)
    _add_page(desk, workplace)
    if dossiers is not None:
        _add_waybill_page(desk, dossiers)
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


def _add_page(desk: DeskServices, workplace: Workplace) -> None:
    css = (HERE / "ui" / "desk.css").read_text(encoding="utf-8")

    @ui.page("/")
    async def desk_page(request: Request, client: Client, c: UUID | None = None) -> Response | None:
        token = request.cookies.get(COOKIE)
        person = await desk.agents.of_session(token)
        if person is None or token is None:
            return RedirectResponse(LOGIN, 303)
        if not person.role.may_talk:
            return _login_form(desk_words().refusals["role"], status=403)
        ui.add_head_html(f"<style>{css}</style>")
        ui.dark_mode({"dark": True, "light": False}.get(request.cookies.get("desk_theme", "")))
        page = DeskPage(desk, workplace, person, token, client)
        page.draw()
        await page.begin(c)
        client.on_connect(page.follow)
        client.on_delete(page.stop)
        return None


def _add_waybill_page(desk: DeskServices, dossiers: Dossiers) -> None:
    css = (HERE / "ui" / "desk.css").read_text(encoding="utf-8")
    words = desk_words()

    @ui.page("/waybill/{waybill_no}")
    async def waybill_page(request: Request, waybill_no: str) -> Response | None:
        person = await desk.agents.of_session(request.cookies.get(COOKIE))
        if person is None:
            return RedirectResponse(LOGIN, 303)
        ui.add_head_html(f"<style>{css}</style>")
        ui.dark_mode({"dark": True, "light": False}.get(request.cookies.get("desk_theme", "")))
        try:
            dossier = await dossiers.of(normalise_waybill_no(waybill_no), person.actor)
        except NotFoundError:
            with ui.element("main").classes("desk dossier-none"):
                ui.label(words.timeline["not_found"])
                draw_search(words)
            return None
        WaybillPage(dossier, words).draw()
        return None


def _add_login(app: FastAPI, desk: DeskServices) -> None:
    @app.get(LOGIN, include_in_schema=False)
    async def login_page(request: Request) -> Response:
        if await desk.agents.of_session(request.cookies.get(COOKIE)) is not None:
            return RedirectResponse(HOME, 303)
        return _login_form("")

    @app.post(LOGIN, include_in_schema=False)
    async def log_in(
        request: Request,
        username: Annotated[str, Form(max_length=64)] = "",
        password: Annotated[str, Form(max_length=256)] = "",
    ) -> Response:
        if not _is_own_form(request):
            return _login_form(desk_words().login["foreign"], status=403)
        try:
            _, token = await desk.agents.log_in(username, password, replacing=request.cookies.get(COOKIE))
        except LoginLockedError:
            return _login_form(desk_words().login["locked"], status=429)
        except LoginRefusedError:
            return _login_form(desk_words().login["refused"], status=401)
        response = RedirectResponse(HOME, 303)
        set_cookie(response, token, secure=request.url.scheme == "https")
        return response

    @app.post("/desk/logout", include_in_schema=False)
    async def log_out(request: Request) -> Response:
        if token := request.cookies.get(COOKIE):
            await desk.agents.log_out(token)
        response = RedirectResponse(LOGIN, 303)
        forget_cookie(response)
        return response


def _is_own_form(request: Request) -> bool:
    """Whether a form was sent from our own page: nobody else may log a person into a foreign account."""
    return request.headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")


def _login_form(problem: str, *, status: int = 200) -> HTMLResponse:
    """The form; ``problem`` and all words are our own, from ``words.yml``."""
    page = Template((HERE / "login.html").read_text(encoding="utf-8"))
    html = page.substitute(desk_words().login, problem=problem, problem_hidden="" if problem else "hidden")
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'"}
    return HTMLResponse(html, status_code=status, headers=headers | {"Cache-Control": "no-store"})
