"""The desk of one person in one browser tab: what is open, and how news reach it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from nicegui import Client, ui
from nicegui.events import GenericEventArguments
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.events import EVERYTHING, Event
from bot.conversations.model import ConversationState
from bot.conversations.schemas import ConversationView
from bot.desk.exchange import THE_QUEUE
from bot.desk.leaving import send_to_login
from bot.desk.schemas import Context, DeskMessage
from bot.desk.service import Person
from bot.desk.tools.scripts import Scripts
from bot.desk.ui.beside import Beside
from bot.desk.ui.closing import Closing
from bot.desk.ui.elements import DeskChat, DeskLists
from bot.desk.ui.handing import Handing
from bot.desk.ui.header import draw_header
from bot.desk.ui.news import News, concerns
from bot.desk.ui.panel import Panel
from bot.desk.ui.talking import Talking
from bot.desk.words import desk_words
from bot.desk.workplace import DeskServices, Workplace
from bot.errors import AccessRefusedError, BotError, IllegalMoveError, NotFoundError, SendingRefusedError

T = TypeVar("T")
_TYPING_LASTS = timedelta(seconds=30)
_LOOK_AROUND_S = 2.0
"""So long after a message it is read again what stands beside the conversation: messages seldom change it."""


class DeskPage:
    """Draws the desk once, then follows what happens to its conversations until the tab is closed.

    Events are hints: on each the list or the log that it is about is read again.  What is said, how a contact ends,
    what colleagues do beside it, and how it changes hands are parts of their own.
    """

    def __init__(
        self, services: DeskServices, workplace: Workplace, person: Person, token: str, client: Client
    ) -> None:
        self.services = services
        self.workplace = workplace
        self.person = person
        self.held: set[UUID] = set()
        self.shown: UUID | None = None
        self._token = token
        self._client = client
        self._words = desk_words()
        self._typing: dict[UUID, datetime] = {}
        self._seq = 0
        self._one_at_a_time = asyncio.Lock()
        self._news = News(person.username)
        self._news.hear(workplace.exchange, self._react)
        self._scripts = Scripts()
        self._around: asyncio.TimerHandle | None = None
        self._handing: Handing | None = None
        self._beside: Beside | None = None

    def draw(self) -> None:
        """Build the page's elements in the current client."""
        with ui.element("div").classes("desk"):
            bell = draw_header(self._words, self.person)
            with ui.element("div").classes("desk-columns"):
                self._lists = DeskLists(self._words, self.person.username)
                self.chat = DeskChat(self._words, self.person, tools=self.services.tools is not None)
                self._panel = Panel(self._words)
        self._lists.on("open", self._on_open).on("accept", self._on_accept).on("next", self._on_next)
        self.chat.on("accept", self._on_accept).on("again", self._on_open)
        Talking(self)
        Closing(self)
        if self.services.tools is not None:
            self._beside = Beside(self, self.services.tools, bell)
            if self.workplace.beside is not None:
                self._news.hear(self.workplace.beside, self._beside.react)
        if self.services.handover is not None:
            self._handing = Handing(self, self.services.handover)
            self._handing.draw(self._lists, self.chat, self.person)

    def offer_tickets(self, open_ticket: Callable[[UUID], Awaitable[None]]) -> None:
        """Let tickets be opened from the conversation that is shown."""
        self._panel.on_open_ticket = open_ticket

    async def begin(self, conversation_id: UUID | None) -> None:
        """What the first paint shows."""
        if self._handing is not None:
            await self._handing.arrive()
        await self.refresh()
        if conversation_id is not None:
            await self.show(conversation_id)
        self._lists.drawn()

    def follow(self) -> None:
        """The browser is there; called again when it reconnects."""
        self._news.begin()

    def stop(self) -> None:
        self._news.stop()
        if self._around is not None:
            self._around.cancel()
        if self._beside is not None:
            self._beside.stop()
        if self._handing is not None:
            self._handing.leave()

    # -- for its parts ---------------------------------------------------------------------------

    async def attempt(self, move: Callable[[Person], Awaitable[T]]) -> T | None:
        """Do something as the person of this session; refusals fly on."""
        person = await self.services.agents.of_session(self._token)
        if person is None:
            send_to_login(self._client)
            return None
        return await move(person)

    async def try_(
        self,
        move: Callable[[Person], Awaitable[T]],
        *,
        otherwise: str,
        refused: Callable[[], None] = lambda: None,
    ) -> T | None:
        """Do something as the person this session belongs to now; None when that could not be done.

        A refusal is told in words and to ``refused``.  When the session is over the browser goes to the login, and a
        failing database is told and flies on: in both cases what was typed waits in the browser.
        """
        try:
            return await self.attempt(move)
        except SendingRefusedError as refusal:
            self.warn(str(refusal))
            refused()
        except (IllegalMoveError, AccessRefusedError, NotFoundError) as refusal:
            self.warn(self._words.refusals[_refusal(refusal, otherwise)])
            refused()
        except SQLAlchemyError:
            self.warn(self._words.refusals["failed"])
            raise
        return None

    def tell(self, text: str) -> None:
        with self._client:
            ui.notify(text, position="top")

    def warn(self, text: str) -> None:
        with self._client:
            ui.notify(text, type="warning", position="top")

    async def show(self, conversation_id: UUID) -> None:
        """Open a conversation with the end of its log and everything beside it."""
        async with self._one_at_a_time:
            self._news.mind(self.held | {conversation_id})
            context = await self.try_(lambda person: self.workplace.open(person, conversation_id), otherwise="gone")
            if context is None:
                self._close()
                return
            self.shown = conversation_id
            self._scripts = _scripts_of(context)
            messages = await self.workplace.end_of(conversation_id, self._scripts)
            self.chat.show(context)
            self._put(conversation_id, messages, more=bool(messages) and messages[0].seq > 1)
            since = self._typing.get(conversation_id)
            if since is not None and self.services.clock() - since < _TYPING_LASTS:
                self.chat.customer_types(conversation_id, on=True)
            self._panel_show(context)
        self._lists.choose(conversation_id)
        if self._beside is not None:
            await self._beside.begin()

    async def close(self, conversation_id: UUID) -> None:
        """It is no longer ours: without a word, for the person knows."""
        async with self._one_at_a_time:
            self.held.discard(conversation_id)
            if self.shown == conversation_id:
                self._close()
        await self.refresh()

    async def refresh(self) -> None:
        """Read the lists again."""
        await self._read_queue()
        await self.refresh_own()

    async def refresh_own(self) -> None:
        """Read the person's own conversations again."""
        mine = await self.workplace.mine(self.person)
        self.held = {glance.id for glance in mine}
        self._mind()
        self._typing = {one: since for one, since in self._typing.items() if self._lists_it(one)}
        self._lists.show_mine(mine, now=self.services.clock())

    async def _read_queue(self) -> None:
        self._lists.show_queue(await self.workplace.waiting(), now=self.services.clock())

    def _mind(self) -> None:
        self._news.mind(self.held | ({self.shown} if self.shown else set()))

    # -- news ------------------------------------------------------------------------------------

    async def _react(self, batch: list[Event]) -> None:
        for event in batch:
            self._note_typing(event)
        self._note_read(batch)
        await self._show_fates({event.seq for event in batch if _is_fate(event, self.shown)})
        news = [event for event in batch if event.kind in ("message", "state")]
        told = {event.conversation_id for event in news}
        held = self.held
        if EVERYTHING in told and self._beside is not None:
            await self._beside.look_at_receipts()
        await self._catch_up(news)
        if any(one in (EVERYTHING, THE_QUEUE) or self.workplace.waits(one) for one in told):
            await self._read_queue()
        if EVERYTHING in told or told & held or any(_moved(event) for event in news):
            await self.refresh_own()
        if self._handing is not None and (self.held != held or any(event.kind == "agents" for event in batch)):
            await self._handing.show()

    async def _show_fates(self, seqs: set[int]) -> None:
        """Bubbles of the open conversation that got somewhere, or failed to."""
        if self.shown is None or not seqs:
            return
        found = await self.workplace.messages_after(self.person, self.shown, min(seqs) - 1)
        self.chat.put(self.shown, [message for message in found if message.seq in seqs])

    def _note_typing(self, event: Event) -> None:
        """Show it where it is open, and remember it for who opens it meanwhile: it is told once, not again."""
        types = event.kind == "typing" and event.by == "customer"
        if types and event.conversation_id == self.shown:
            self.chat.customer_types(event.conversation_id, on=event.on)
        if types and event.on and self._lists_it(event.conversation_id):
            self._typing[event.conversation_id] = self.services.clock()
        elif types or event.kind == "message":
            self._typing.pop(event.conversation_id, None)

    def _note_read(self, batch: list[Event]) -> None:
        """How far the customer has read is in the event itself."""
        read = max((one.seq for one in batch if one.kind == "read" and one.conversation_id == self.shown), default=0)
        if read and self.shown is not None:
            self.chat.put_read(self.shown, read)

    def _lists_it(self, conversation_id: UUID) -> bool:
        return conversation_id in self.held or self.workplace.waits(conversation_id)

    async def _catch_up(self, news: list[Event]) -> None:
        """Show what the open conversation gained, or close it when it is no longer ours to see."""
        async with self._one_at_a_time:
            if self.shown is None or not concerns(news, self.shown):
                return
            try:
                messages = await self.workplace.gained(self.person, self.shown, self._seq, self._scripts)
                self._put(self.shown, messages)
                if any(event.kind == "state" or event.conversation_id == EVERYTHING for event in news):
                    await self._look_around(self.shown)
                elif any(message.author != "agent" for message in messages):
                    self._look_around_later(self.shown)
            except AccessRefusedError:
                self.warn(self._words.refusals[await self._why_gone(self.shown)])
                self._close()

    async def _look_around(self, conversation_id: UUID) -> None:
        context = await self.workplace.context(self.person, conversation_id)
        self._scripts = _scripts_of(context)
        self.chat.show(context)
        self._panel_show(context)

    def _look_around_later(self, conversation_id: UUID) -> None:
        """However many messages come until then, once."""
        if self._around is not None and not self._around.cancelled() and self._around.when() > _now():
            return
        event = Event(conversation_id=conversation_id, kind="state")
        self._around = asyncio.get_running_loop().call_later(_LOOK_AROUND_S, self._news.tell, event)

    async def _why_gone(self, conversation_id: UUID) -> str:
        """The refusal that tells why an open conversation is no longer to be seen."""
        if conversation_id in self.held:
            return "lost"
        state = (await self.services.conversations.view(conversation_id)).state
        return "taken" if state in (ConversationState.offered, ConversationState.agent) else "gone"

    def _put(self, conversation_id: UUID, messages: list[DeskMessage], *, more: bool | None = None) -> None:
        if messages or more is not None:
            self.chat.put(conversation_id, messages, more=more)
        self._seq = messages[-1].seq if messages else (self._seq if more is None else 0)

    def _panel_show(self, context: Context | None) -> None:
        with self._client:
            self._panel.show(context)

    def _close(self) -> None:
        self.shown = None
        self.chat.show(None)
        self._panel_show(None)
        self._lists.choose(None)
        self._mind()

    # -- what the person does --------------------------------------------------------------------

    async def _on_open(self, event: GenericEventArguments) -> None:
        await self.show(UUID(event.args))

    async def _on_accept(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args)
        view = await self.try_(lambda person: self.workplace.accept(person, conversation_id), otherwise="taken")
        await self._accepted(view)

    async def _on_next(self) -> None:
        view = await self.try_(self.workplace.accept_next, otherwise="taken")
        if view is None:
            self.tell(self._words.ui["no_one_waits"])
        await self._accepted(view)

    async def _accepted(self, view: ConversationView | None) -> None:
        if view is not None:
            await self.show(view.id)
        await self.refresh()


def _refusal(error: BotError, otherwise: str) -> str:
    """The words for a refusal; what an illegal move means depends on what was tried."""
    if isinstance(error, IllegalMoveError):
        return otherwise
    return "missing" if isinstance(error, NotFoundError) else "not_yours"


def _moved(event: Event) -> bool:
    """Whether somebody else may have the conversation now; a hint about the queue alone says nothing of one's own."""
    return event.kind == "state" and event.conversation_id != THE_QUEUE


def _scripts_of(context: Context) -> Scripts:
    return Scripts(context.scripts.read_in, context.scripts.answer_in)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _is_fate(event: Event, conversation_id: UUID | None) -> bool:
    return event.kind == "delivery" and event.conversation_id == conversation_id
