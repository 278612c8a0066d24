"""What colleagues do beside the open conversation: notes, who looks, who writes; and how far the customer has read."""

from uuid import UUID

from bot.conversations.events import EVERYTHING, Event
from bot.desk.tools.services import DeskTools
from bot.desk.ui.elements import DeskBell
from bot.desk.ui.news import News, concerns
from bot.desk.ui.parts import Page
from bot.errors import AccessRefusedError, NotFoundError

_RECEIPTS_EVERY_S = 3.0
_BELL_AFTER_S = 3.0


class Beside:
    """Pushes to the chat what is not in the log, and to the bell that there is something to look at."""

    def __init__(self, page: Page, tools: DeskTools, bell: DeskBell | None) -> None:
        self._page = page
        self._tools = tools
        self._bell = bell
        self._bell_is_due = False
        self._read: tuple[UUID, int] | None = None

    def follow(self, news: News) -> None:
        news.follow(self._tools.hub, self._react)
        news.every(_RECEIPTS_EVERY_S, self._look_at_receipts)
        news.every(_BELL_AFTER_S, self._ring)

    async def begin(self) -> None:
        """What the conversation that was just opened needs."""
        self._read = None
        await self._put_notes()
        await self._look_at_receipts()

    async def _react(self, batch: list[Event]) -> None:
        """``EVERYTHING`` comes with a (re)connect, after which anything may have been missed."""
        shown = self._page.shown
        kinds = {one.kind for one in batch if one.conversation_id in (shown, EVERYTHING)}
        anything = any(one.conversation_id == EVERYTHING for one in batch)
        if concerns(batch, shown) and (anything or "note" in kinds):
            await self._put_notes()
        if concerns(batch, shown) and (anything or "presence" in kinds):
            await self._put_others()
        self._bell_is_due |= any(one.kind in ("note", "task") for one in batch)

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

    async def _look_at_receipts(self) -> None:
        """Nobody tells when a customer has read: it is looked up while a conversation is on the screen."""
        shown = self._page.shown
        if shown is None:
            return
        read = (shown, await self._page.workplace.read_up_to(shown))
        if read != self._read:
            self._read = read
            self._page.chat.put_read(*read)

    async def _ring(self) -> None:
        """However much is told at once, the bell looks once."""
        if self._bell is not None and self._bell_is_due:
            self._bell_is_due = False
            self._bell.look()
