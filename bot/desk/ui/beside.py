"""What colleagues do beside the open conversation: notes, who looks, who writes; and how far the customer has read."""

import asyncio

from bot.conversations.events import EVERYTHING, Event
from bot.desk.tools.services import DeskTools
from bot.desk.ui.elements import DeskBell
from bot.desk.ui.news import concerns
from bot.desk.ui.parts import Page
from bot.errors import AccessRefusedError, NotFoundError

_BELL_AFTER_S = 3.0


class Beside:
    """Pushes to the chat what is not in the log, and to the bell that there is something to look at."""

    def __init__(self, page: Page, tools: DeskTools, bell: DeskBell | None) -> None:
        self._page = page
        self._tools = tools
        self._bell = bell
        self._bell_rings: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self._bell_rings is not None:
            self._bell_rings.cancel()

    async def begin(self) -> None:
        """What the conversation that was just opened needs."""
        await self._put_notes()
        await self.look_at_receipts()

    async def react(self, batch: list[Event]) -> None:
        """``EVERYTHING`` comes with a (re)connect, after which anything may have been missed."""
        shown = self._page.shown
        kinds = {one.kind for one in batch if one.conversation_id in (shown, EVERYTHING)}
        anything = any(one.conversation_id == EVERYTHING for one in batch)
        if concerns(batch, shown) and (anything or "note" in kinds):
            await self._put_notes()
        if concerns(batch, shown) and (anything or "presence" in kinds):
            await self._put_others()
        if any(one.kind in ("note", "task") for one in batch):
            self._ring_soon()

    async def _put_notes(self) -> None:
        shown = self._page.shown
        if shown is None:
            return
        try:
            self._page.chat.put_notes(shown, await self._tools.notes.of(self._page.person.actor, shown))
        except (AccessRefusedError, NotFoundError):
            return

    async def _put_others(self) -> None:
        shown = self._page.shown
        if shown is None:
            return
        try:
            self._page.chat.put_others(shown, await self._tools.presence.others(self._page.person.actor, shown))
        except (AccessRefusedError, NotFoundError):
            return

    async def look_at_receipts(self) -> None:
        """How far the customer has read what is on the screen."""
        shown = self._page.shown
        if shown is not None:
            self._page.chat.put_read(shown, await self._page.workplace.read_up_to(shown))

    def _ring_soon(self) -> None:
        """However much is told within a few seconds, the bell looks once."""
        if self._bell_rings is None:
            self._bell_rings = asyncio.get_running_loop().call_later(_BELL_AFTER_S, self._ring)

    def _ring(self) -> None:
        self._bell_rings = None
        if self._bell is not None:
            self._bell.look()
