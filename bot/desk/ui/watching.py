"""Open pages whose session was ended: asked once for all pages of the process, and sent to the login."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable
from weakref import WeakKeyDictionary

from nicegui import Client
from sqlalchemy.exc import SQLAlchemyError

from bot.desk.leaving import FAREWELL_S, send_to_login
from bot.desk.service import AgentService
from bot.staff.sessions import Sessions

logger = logging.getLogger(__name__)
CHECKED_EVERY_S = 10.0

Ended = Callable[[], None]


class OpenSessions:
    """Asks every few seconds which of the sessions that are looked at from here still count; other processes end them
    too.  While nobody looks nothing is asked."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._pages: defaultdict[str, set[Ended]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None

    def follow(self, token: str, ended: Ended) -> None:
        """Call ``ended`` once this session is over, unless `leave` comes first."""
        self._pages[token].add(ended)
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="desk-sessions")

    def leave(self, token: str, ended: Ended) -> None:
        self._pages[token].discard(ended)
        if not self._pages[token]:
            del self._pages[token]
        if not self._pages and self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except (SQLAlchemyError, OSError) as error:
                logger.warning("which sessions are open could not be read: %s", type(error).__name__)
            await asyncio.sleep(CHECKED_EVERY_S)

    async def _look(self) -> None:
        asked = set(self._pages)
        still = await self._sessions.open_among(asked)
        for token in asked - still:
            for ended in list(self._pages.get(token, ())):
                ended()


_OF_DESK: WeakKeyDictionary[AgentService, OpenSessions] = WeakKeyDictionary()


def watch(agents: AgentService, token: str, client: Client) -> None:
    """Send an open page to the login soon after its session was ended, though nobody touches it.

    A browser that does not go gets nothing more: the page and what it listens to are forgotten.
    """
    sessions = _OF_DESK.setdefault(agents, OpenSessions(agents.sessions))
    leaving: list[asyncio.Task[None]] = []
    followed = False

    def ended() -> None:
        if not leaving:
            leaving.append(asyncio.create_task(_send_away(client), name="desk-session"))

    def begin() -> None:
        nonlocal followed
        if not followed:
            followed = True
            sessions.follow(token, ended)

    def stop() -> None:
        if followed:
            sessions.leave(token, ended)

    client.on_connect(begin)
    client.on_delete(stop)


async def _send_away(client: Client) -> None:
    send_to_login(client)
    await asyncio.sleep(FAREWELL_S)
    # A page whose browser went is forgotten by NiceGUI itself a little later, and nothing is forgotten twice.
    if client.id in Client.instances and client.has_socket_connection:
        client.delete()
