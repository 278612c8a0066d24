"""What every page and answer of the desk says to the browser: stay out of frames and caches, load nothing of others."""

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GUARDED = ("/desk", "/studio", "/api")
_MATERIAL = "/desk/_nicegui"
"""What pages are made of: the same for everybody, and kept by the browser."""

_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; media-src 'self' blob:; font-src 'self' data:; connect-src 'self'; frame-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""NiceGUI puts its scripts into the page and makes handlers of text: both have to be allowed."""

_ALWAYS = {"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin"}


class SafeHeaders:
    """ASGI middleware for the desk, the studio and the API; what an answer says itself stands."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] != "http" or not _is_below(path, _GUARDED):
            await self._app(scope, receive, send)
            return

        async def said(message: Message) -> None:
            if message["type"] == "http.response.start":
                _say(MutableHeaders(scope=message), is_material=_is_below(path, (_MATERIAL,)))
            await send(message)

        await self._app(scope, receive, said)


def _say(headers: MutableHeaders, *, is_material: bool) -> None:
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if is_material:
        return
    if "no-store" not in headers.get("Cache-Control", ""):
        headers["Cache-Control"] = "no-store"
    if headers.get("Content-Type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", _POLICY)


def _is_below(path: str, roots: tuple[str, ...]) -> bool:
    return any(path == root or path.startswith(f"{root}/") for root in roots)
