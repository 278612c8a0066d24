"""The pages before the desk: password, second factor, single sign-on, a new password by link, and out again."""

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from bot.desk.cookie import (
    COOKIE,
    HALF_COOKIE,
    STATE_COOKIE,
    caller_of,
    forget_cookie,
    is_login_form,
    is_secure,
    set_cookie,
)
from bot.desk.plain import SCRIPT, plain_page
from bot.desk.qr import qr_svg
from bot.desk.service import AgentService, Entered
from bot.desk.words import desk_words
from bot.errors import (
    LoginLockedError,
    LoginRefusedError,
    RefusedError,
    SecondFactorNeededError,
    SignOnRefusedError,
    WeakPasswordError,
)
from bot.staff.login import HALF_LASTS
from bot.staff.single_sign_on import ATTEMPT_LASTS
from bot.staff.words import staff_words

HOME = "/desk/"
LOGIN = "/desk/login"
CODE = "/desk/login/code"


def add_login(app: FastAPI, agents: AgentService) -> None:
    """Add the pages to an application."""
    _add_password(app, agents)
    _add_code(app, agents)
    _add_reset(app, agents)
    if agents.single_sign_on is not None:
        _add_sign_on(app, agents)


def _add_password(app: FastAPI, agents: AgentService) -> None:
    has_sign_on = agents.single_sign_on is not None

    @app.get(LOGIN, include_in_schema=False)
    async def login_page(request: Request) -> Response:
        if await agents.of_session(request.cookies.get(COOKIE)) is not None:
            return RedirectResponse(HOME, 303)
        return _login_form("", sign_on=has_sign_on)

    @app.post(LOGIN, include_in_schema=False)
    async def log_in(
        request: Request,
        username: Annotated[str, Form(max_length=64)] = "",
        password: Annotated[str, Form(max_length=256)] = "",
    ) -> Response:
        if not is_login_form(request):
            return _login_form(desk_words().login["foreign"], status=403, sign_on=has_sign_on)
        replacing, caller = request.cookies.get(COOKIE), caller_of(request)
        try:
            entered = await agents.login.enter(username.strip(), password, replacing=replacing, caller=caller)
        except SecondFactorNeededError as owed:
            response = RedirectResponse(CODE, 303)
            set_cookie(response, owed.token, name=HALF_COOKIE, secure=is_secure(request), lasts=HALF_LASTS)
            return response
        except LoginLockedError as locked:
            return _login_form(_wait(locked), status=429, sign_on=has_sign_on)
        except LoginRefusedError:
            return _login_form(desk_words().login["refused"], status=401, sign_on=has_sign_on)
        return _inside(request, entered)

    @app.post("/desk/logout", include_in_schema=False)
    async def log_out(request: Request) -> Response:
        token = request.cookies.get(COOKIE)
        if not is_login_form(request):
            return _login_form(desk_words().login["foreign"], status=403, sign_on=has_sign_on)
        if token:
            await agents.sessions.log_out(token, address=caller_of(request).network)
        response = RedirectResponse(LOGIN, 303)
        forget_cookie(response)
        return response


def _add_code(app: FastAPI, agents: AgentService) -> None:
    @app.get(CODE, include_in_schema=False)
    async def code_page(request: Request) -> Response:
        return await _code_form(agents, request.cookies.get(HALF_COOKIE, ""), "")

    @app.post(CODE, include_in_schema=False)
    async def log_in_with_code(request: Request, code: Annotated[str, Form(max_length=40)] = "") -> Response:
        half = request.cookies.get(HALF_COOKIE, "")
        if not is_login_form(request):
            return await _code_form(agents, half, desk_words().login["foreign"], status=403)
        try:
            entered = await agents.login.finish(
                half, code, replacing=request.cookies.get(COOKIE), caller=caller_of(request)
            )
        except LoginLockedError as locked:
            return await _code_form(agents, half, _wait(locked), status=429)
        except LoginRefusedError:
            return await _code_form(agents, half, desk_words().login["wrong_code"], status=401)
        return _inside(request, entered)


def _add_reset(app: FastAPI, agents: AgentService) -> None:
    """The link itself stands behind the #: the browser keeps it, and no log has it."""

    @app.get("/desk/reset", include_in_schema=False)
    async def reset_page() -> Response:
        return _reset_form("")

    @app.post("/desk/reset", include_in_schema=False)
    async def reset(
        request: Request,
        link: Annotated[str, Form(max_length=200)] = "",
        password: Annotated[str, Form(max_length=1000)] = "",
        repeat: Annotated[str, Form(max_length=1000)] = "",
    ) -> Response:
        if not is_login_form(request):
            return _reset_form(desk_words().login["foreign"], status=403)
        if password != repeat:
            return _reset_form(desk_words().login["not_the_same"], status=422)
        try:
            await agents.own.reset_password(link, password, address=caller_of(request).network)
        except WeakPasswordError as weak:
            return _reset_form(str(weak), status=422)
        except RefusedError as over:
            return _reset_form(str(over), status=410)
        response = _login_form(desk_words().login["password_set"], sign_on=agents.single_sign_on is not None)
        forget_cookie(response)
        return response


def _add_sign_on(app: FastAPI, agents: AgentService) -> None:
    sign_on = agents.single_sign_on
    assert sign_on is not None  # noqa: S101  only called then

    @app.get("/desk/login/sso", include_in_schema=False)
    async def depart(request: Request) -> Response:
        try:
            departure = await sign_on.depart()
        except SignOnRefusedError:
            return _login_form(staff_words().refusals["sign_on"], status=502, sign_on=True)
        response = RedirectResponse(departure.address, 303)
        set_cookie(response, departure.state, name=STATE_COOKIE, secure=is_secure(request), lasts=ATTEMPT_LASTS)
        return response

    @app.get("/desk/login/sso/return", include_in_schema=False)
    async def arrive(request: Request, code: str = "", state: str = "", iss: str | None = None) -> Response:
        try:
            entered = await sign_on.arrive(
                code=code,
                state=state,
                kept=request.cookies.get(STATE_COOKIE),
                issuer=iss,
                replacing=request.cookies.get(COOKIE),
                caller=caller_of(request),
            )
        except SignOnRefusedError:
            response: Response = _login_form(staff_words().refusals["sign_on"], status=401, sign_on=True)
        else:
            response = _inside(request, entered)
        forget_cookie(response, STATE_COOKIE)
        return response


def _inside(request: Request, entered: Entered) -> Response:
    """The desk, or first the recovery codes of an authenticator that was just set up."""
    response: Response = RedirectResponse(HOME, 303)
    if entered.recovery_codes:
        items = "".join(f"<li>{code}</li>" for code in entered.recovery_codes)
        response = plain_page("codes", title="codes_title", subtitle="codes_hint", items=items)
    set_cookie(response, entered.token, secure=is_secure(request))
    forget_cookie(response, HALF_COOKIE)
    return response


def _login_form(problem: str, *, status: int = 200, sign_on: bool = False) -> HTMLResponse:
    return plain_page("login", problem=problem, status=status, sso_hidden="" if sign_on else "hidden")


def _reset_form(problem: str, *, status: int = 200) -> HTMLResponse:
    return plain_page(
        "reset", title="reset_title", subtitle="reset_hint", problem=problem, status=status, script=SCRIPT
    )


async def _code_form(agents: AgentService, half: str, problem: str, *, status: int = 200) -> Response:
    """The field for the code, with what an authenticator is set up by where there is none yet."""
    try:
        setup = await agents.login.setup_of(half)
    except LoginRefusedError:
        return RedirectResponse(LOGIN, 303)
    if setup is None:
        return plain_page("code", title="code_title", subtitle="code_hint", problem=problem, status=status)
    return plain_page(
        "setup",
        title="setup_title",
        subtitle="setup_hint",
        problem=problem,
        status=status,
        qr=qr_svg(setup.address),
        secret=setup.secret,
    )


def _wait(locked: LoginLockedError) -> str:
    return staff_words().refusals["wait"].format(seconds=locked.wait_s)
