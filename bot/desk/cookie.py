"""The cookies of the desk: opaque, HttpOnly, SameSite=Lax, Secure where the page came over https; and their misuse."""

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response

from bot.staff.people import Caller

COOKIE = "desk_session"
HALF_COOKIE = "desk_half"
"""Stands for a login whose code is still owed."""

STATE_COOKIE = "desk_sign_on"
"""What has to come back from the single sign-on."""

CSRF_HEADER = "x-csrf-token"
_HARMLESS = {"GET", "HEAD", "OPTIONS"}
_DESK = "/"


def set_cookie(
    response: Response, token: str, *, secure: bool, name: str = COOKIE, lasts: timedelta | None = None
) -> None:
    """A session's cookie ends with the browser unless ``lasts`` says so before; the server ends it anyway."""
    response.set_cookie(
        name,
        token,
        max_age=int(lasts.total_seconds()) if lasts else None,
        httponly=True,
        samesite="lax",
        secure=secure,
        path=_DESK,
    )


def forget_cookie(response: Response, name: str = COOKIE) -> None:
    response.delete_cookie(name, httponly=True, samesite="lax", path=_DESK)


def is_secure(request: HTTPConnection) -> bool:
    return request.url.scheme in ("https", "wss")


def caller_of(request: HTTPConnection) -> Caller:
    """Where a request comes from; behind a proxy the server has put the customer's address there already."""
    return Caller(request.client.host if request.client else None, request.headers.get("user-agent", ""))


def csrf_token(session_token: str) -> str:
    """What a program without a browser shows beside the cookie: only who has the cookie can work it out."""
    return hmac.new(session_token.encode(), b"csrf", hashlib.sha256).hexdigest()


def is_own_form(request: Request) -> bool:
    """Whether a changing request was sent by our own page.

    Browsers say so in ``Sec-Fetch-Site``, older ones in ``Origin``; who says neither is no browser, and shows the token
    of the cookie instead where there is a cookie to misuse.
    """
    if request.method in _HARMLESS:
        return True
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.headers.get("host")
    token = request.cookies.get(COOKIE)
    given = request.headers.get(CSRF_HEADER, "")
    return token is None or hmac.compare_digest(csrf_token(token).encode(), given.encode())


def is_login_form(request: Request) -> bool:
    """Whether a form was sent from our own page: nobody else may log a person in or out.  No cookie guards it yet, so
    what is no browser may pass."""
    says = {"sec-fetch-site", "origin"} & set(request.headers.keys())
    return is_own_form(request) if says else True
