"""``/studio``: the pages of the studio are NiceGUI's as those of the desk are, which lives below one address only."""

from starlette.types import ASGIApp, Receive, Scope, Send

STUDIO = "/studio"
_DESK = "/desk"


class StudioDoor:
    """ASGI middleware: whoever asks for ``/studio/...`` is served ``/desk/studio/...``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        if scope["type"] == "http" and (path == STUDIO or path.startswith(f"{STUDIO}/")):
            scope = dict(scope)
            scope["raw_path"] = _DESK.encode() + scope.get("raw_path", path.encode())
            scope["path"] = _DESK + path
        await self._app(scope, receive, send)
