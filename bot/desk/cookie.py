"""The cookie that says who is at the desk: opaque, HttpOnly, SameSite=Lax."""

from starlette.responses import Response

from bot.desk.service import SESSION_LASTS

COOKIE = "desk_session"


def set_cookie(response: Response, token: str, *, secure: bool) -> None:
    response.set_cookie(
        COOKIE, token, max_age=int(SESSION_LASTS.total_seconds()), httponly=True, samesite="lax", secure=secure
    )


def forget_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, httponly=True, samesite="lax")
