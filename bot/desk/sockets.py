"""The socket that pages talk over: it is the page's own browser that connects, and its session that still counts.

NiceGUI knows a page by an id alone, and lets whoever has that id speak for it as long as the page is kept.
"""

import asyncio
import logging
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs
from weakref import WeakKeyDictionary

import socketio
from nicegui import Client, core

from bot.desk.cookie import COOKIE
from bot.desk.leaving import send_to_login
from bot.desk.service import AgentService

logger = logging.getLogger(__name__)

_HANDLERS: dict[str, Any] = dict(core.sio.handlers["/"])
"""NiceGUI's own, as they were before anything stood in front of them."""


class SocketDoor:
    """Stands before NiceGUI's handlers; `guard` puts it there."""

    def __init__(self, agents: AgentService) -> None:
        self._agents = agents
        self._turns: WeakKeyDictionary[Client, asyncio.Lock] = WeakKeyDictionary()

    def guard(self) -> None:
        """From here on; a second desk in the process takes the socket over as it does the pages."""
        core.sio.on("connect", self._connect)
        core.sio.on("handshake", self._handshake)
        core.sio.on("event", self._event)
        core.sio.on("javascript_response", self._javascript_response)

    async def _connect(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        asked = parse_qs(environ.get("QUERY_STRING", "")).get("client_id", [""])[0]
        client = Client.instances.get(asked)
        if client is not None and not _is_own_browser(client, environ):
            logger.warning("a socket without the cookie of its page is refused")
            raise socketio.exceptions.ConnectionRefusedError("not the browser of this page")
        await _HANDLERS["connect"](sid, environ, auth)

    async def _handshake(self, sid: str, data: dict[str, Any]) -> bool:
        client = Client.instances.get(str(data.get("client_id")))
        if client is None or not _is_own_browser(client, core.sio.get_environ(sid) or {}):
            return False
        return bool(await _HANDLERS["handshake"](sid, data))

    async def _event(self, sid: str, message: dict[str, Any]) -> None:
        if await self._counts(sid, message):
            _HANDLERS["event"](sid, message)

    async def _javascript_response(self, sid: str, message: dict[str, Any]) -> None:
        if await self._counts(sid, message):
            _HANDLERS["javascript_response"](sid, message)

    async def _counts(self, sid: str, message: dict[str, Any]) -> bool:
        """Whether an event comes over its own page's socket, and of a session that has not ended; in order."""
        client = Client.instances.get(str(message.get("client_id")))
        if client is None or client.id not in core.sio.rooms(sid):
            return False
        token = _session_of_page(client)
        async with self._turns.setdefault(client, asyncio.Lock()):
            if token is None or await self._agents.sessions.is_open(token):
                return True
        send_to_login(client)
        return False


def _session_of_page(client: Client) -> str | None:
    """The session that a page was opened with; None for a page before the login."""
    return client.request.cookies.get(COOKIE)


def _is_own_browser(client: Client, environ: dict[str, Any]) -> bool:
    try:
        shown = SimpleCookie(environ.get("HTTP_COOKIE", "")).get(COOKIE)
    except CookieError:
        return False
    return (shown.value if shown else None) == _session_of_page(client)
