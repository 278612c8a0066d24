"""The desk of one person in one browser tab: what is open, and how news reach it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from nicegui import Client, ui
from nicegui.events import GenericEventArguments
from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from bot.conversations.events import EVERYTHING, Event
from bot.conversations.model import ConversationState
from bot.conversations.schemas import ConversationView, MessageView
from bot.desk.schemas import ResolveRequest, SayRequest
from bot.desk.service import Person
from bot.desk.ui.elements import DeskChat, DeskLists
from bot.desk.ui.handing import Handing
from bot.desk.ui.header import draw_header
from bot.desk.ui.panel import Panel
from bot.desk.words import desk_words
from bot.desk.workplace import DeskServices, Workplace
from bot.errors import AccessRefusedError, BotError, IllegalMoveError, NotFoundError, SendingRefusedError

logger = logging.getLogger(__name__)
T = TypeVar("T")
_GATHER_S = 0.02
_SCREENFUL = 50
_TYPING_LASTS = timedelta(seconds=30)


class DeskPage:
    """Draws the desk once, then follows the events of all conversations until the tab is closed.

    Events are hints: on each the lists or the log are read again.  A hint about a conversation that this desk neither
    lists nor shows costs nothing.
    """

    def __init__(
        self, services: DeskServices, workplace: Workplace, person: Person, token: str, client: Client
    ) -> None:
        self._services = services
        self._workplace = workplace
        self._person = person
        self._token = token
        self._client = client
        self._words = desk_words()
        self._listed: set[UUID] = set()
        self._held: set[UUID] = set()
        self._typing: dict[UUID, datetime] = {}
        self._open: UUID | None = None
        self._seq = 0
        self._one_at_a_time = asyncio.Lock()
        self._following: asyncio.Task[None] | None = None
        self._handing: Handing | None = None

    def draw(self) -> None:
        """Build the page's elements in the current client."""
        with ui.element("div").classes("desk"):
            draw_header(self._words, self._person)
            with ui.element("div").classes("desk-columns"):
                self._lists = DeskLists(self._words, self._person.username)
                self._chat = DeskChat(self._words, self._person)
                self._panel = Panel(self._words)
        self._lists.on("open", self._on_open).on("accept", self._on_accept).on("next", self._on_next)
        self._chat.on("accept", self._on_accept).on("say", self._on_say).on("typing", self._on_typing)
        self._chat.on("older", self._on_older).on("read", self._on_read).on("resolve", self._on_resolve)
        if self._services.handover is not None:
            self._handing = Handing(self, self._services.handover)
            self._handing.draw(self._lists, self._chat, self._person)

    def offer_tickets(self, open_ticket: Callable[[UUID], Awaitable[None]]) -> None:
        """Let tickets be opened from the conversation that is shown."""
        self._panel.on_open_ticket = open_ticket

    async def begin(self, conversation_id: UUID | None) -> None:
        """What the first paint shows."""
        if self._handing is not None:
            await self._handing.arrive()
        await self._show_lists()
        if conversation_id is not None:
            await self._show(conversation_id)

    def follow(self) -> None:
        """Start listening; called again when the browser reconnects."""
        if self._following is None:
            self._following = asyncio.create_task(self._follow(), name=f"desk-{self._person.username}")

    def stop(self) -> None:
        if self._following is not None:
            self._following.cancel()
        if self._handing is not None:
            self._handing.leave()

    # -- for its parts ---------------------------------------------------------------------------

    @property
    def services(self) -> DeskServices:
        return self._services

    async def attempt(self, move: Callable[[Person], Awaitable[T]]) -> T | None:
        """Do something as the person of this session; refusals fly on."""
        person = await self._services.agents.of_session(self._token)
        if person is None:
            self._log_in_again()
            return None
        return await move(person)

    def tell(self, text: str) -> None:
        self._inform(text)

    def warn(self, text: str) -> None:
        with self._client:
            ui.notify(text, type="warning", position="top")

    async def show(self, conversation_id: UUID) -> None:
        await self._show(conversation_id)

    async def close(self, conversation_id: UUID) -> None:
        """It is no longer ours: without a word, for the person knows."""
        async with self._one_at_a_time:
            self._held.discard(conversation_id)
            if self._open == conversation_id:
                self._close()
        await self._show_lists()

    async def refresh(self) -> None:
        await self._show_lists()

    # -- news ------------------------------------------------------------------------------------

    async def _follow(self) -> None:
        with self._services.hub.subscribe() as events:
            events.put_nowait(Event(conversation_id=EVERYTHING, kind="state"))
            while True:
                batch = [await events.get()]
                await asyncio.sleep(_GATHER_S)
                while not events.empty():
                    batch.append(events.get_nowait())
                await self._react(batch)

    async def _react(self, batch: list[Event]) -> None:
        try:
            for event in batch:
                self._note_typing(event)
            await self._show_fates({event.seq for event in batch if _is_fate(event, self._open)})
            news = [event for event in batch if event.kind not in ("typing", "delivery")]
            if any(event.conversation_id in (self._open, EVERYTHING) for event in news):
                await self._catch_up()
            if any(self._concerns_lists(event) for event in news):
                await self._show_lists()
            if self._handing is not None and any(event.kind in ("state", "agents") for event in batch):
                await self._handing.show()
        except SQLAlchemyError as error:
            logger.warning("desk of %s could not read: %s", self._person.username, type(error).__name__)

    async def _show_fates(self, seqs: set[int]) -> None:
        """Bubbles of the open conversation that got somewhere, or failed to."""
        if self._open is None or not seqs:
            return
        found = await self._workplace.messages_after(self._person, self._open, min(seqs) - 1)
        self._chat.put(self._open, [message for message in found if message.seq in seqs])

    def _note_typing(self, event: Event) -> None:
        """Show it where it is open, and remember it for who opens it meanwhile: it is told once, not again."""
        types = event.kind == "typing" and event.by == "customer"
        if types and event.conversation_id == self._open:
            self._chat.customer_types(event.conversation_id, on=event.on)
        if types and event.on and event.conversation_id in self._listed:
            self._typing[event.conversation_id] = self._services.clock()
        elif types or event.kind == "message":
            self._typing.pop(event.conversation_id, None)

    def _concerns_lists(self, event: Event) -> bool:
        return event.kind == "state" or event.conversation_id in self._listed | {EVERYTHING}

    async def _show_lists(self) -> None:
        queue = await self._workplace.waiting()
        mine = await self._workplace.mine(self._person)
        self._held = {glance.id for glance in mine}
        self._listed = {glance.id for glance in queue} | self._held
        self._typing = {one: since for one, since in self._typing.items() if one in self._listed}
        self._lists.show(queue, mine, chosen=self._open, now=self._services.clock())

    async def _show(self, conversation_id: UUID) -> None:
        """Open a conversation with the end of its log and everything beside it."""
        async with self._one_at_a_time:
            context = await self._try(lambda person: self._workplace.open(person, conversation_id), otherwise="gone")
            if context is None:
                self._close()
                return
            messages = await self._workplace.newest(self._person, conversation_id)
            self._open = conversation_id
            self._chat.show(context.conversation)
            self._put(conversation_id, messages, more=bool(messages) and messages[0].seq > 1)
            since = self._typing.get(conversation_id)
            if since is not None and self._services.clock() - since < _TYPING_LASTS:
                self._chat.customer_types(conversation_id, on=True)
            self._panel_show(context)
        self._lists.choose(conversation_id)

    async def _catch_up(self) -> None:
        """Show what the open conversation gained, or close it when it is no longer ours to see."""
        async with self._one_at_a_time:
            if self._open is None:
                return
            try:
                messages = await self._workplace.messages_after(self._person, self._open, self._seq)
                self._put(self._open, messages)
                context = await self._workplace.context(self._person, self._open)
            except AccessRefusedError:
                self._notify(await self._why_gone(self._open))
                self._close()
                return
            self._chat.show(context.conversation)
            self._panel_show(context)

    async def _why_gone(self, conversation_id: UUID) -> str:
        """The refusal that tells why an open conversation is no longer to be seen."""
        if conversation_id in self._held:
            return "lost"
        state = (await self._services.conversations.view(conversation_id)).state
        if state == ConversationState.offered:
            return "taken"
        return "taken" if state == ConversationState.agent else "gone"

    def _put(self, conversation_id: UUID, messages: list[MessageView], *, more: bool | None = None) -> None:
        if messages or more is not None:
            self._chat.put(conversation_id, messages, more=more)
        self._seq = messages[-1].seq if messages else (self._seq if more is None else 0)

    def _panel_show(self, context: Any) -> None:
        with self._client:
            self._panel.show(context)

    def _close(self) -> None:
        self._open = None
        self._chat.show(None)
        self._panel_show(None)
        self._lists.choose(None)

    # -- what the person does --------------------------------------------------------------------

    async def _on_open(self, event: GenericEventArguments) -> None:
        await self._show(UUID(event.args))

    async def _on_accept(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args)
        view = await self._try(lambda person: self._workplace.accept(person, conversation_id), otherwise="taken")
        await self._accepted(view)

    async def _on_next(self) -> None:
        view = await self._try(self._workplace.accept_next, otherwise="taken")
        if view is None:
            self._inform(self._words.ui["no_one_waits"])
        await self._accepted(view)

    async def _accepted(self, view: ConversationView | None) -> None:
        if view is None:
            await self._show_lists()
            return
        await self._show(view.id)
        await self._show_lists()

    async def _on_say(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args["conversation_id"])
        external_id = str(event.args["external_id"])
        try:
            said = SayRequest.model_validate(event.args)
        except ValidationError:
            self._chat.refuse(external_id, self._words.refusals["too_long"])
            return
        sent = await self._try(
            lambda person: self._workplace.say(person, conversation_id, said.text, external_id=said.external_id),
            otherwise="not_held",
            refused=lambda: self._chat.refuse(external_id, self._words.refusals["not_held"]),
        )
        if sent is not None:
            self._chat.put(conversation_id, [sent])

    async def _on_typing(self, event: GenericEventArguments) -> None:
        if self._open in self._held and str(self._open) == event.args["conversation_id"]:
            await self._workplace.typing(self._open, on=bool(event.args["on"]))

    async def _on_older(self, event: GenericEventArguments) -> None:
        conversation_id, seq = UUID(event.args["conversation_id"]), int(event.args["seq"])
        older = await self._try(
            lambda person: self._workplace.messages_before(person, conversation_id, seq), otherwise="gone"
        )
        if older is not None:
            self._chat.put(conversation_id, older, more=len(older) >= _SCREENFUL)

    async def _on_read(self, event: GenericEventArguments) -> None:
        await self._workplace.read(self._person, UUID(event.args["conversation_id"]), int(event.args["seq"]))
        await self._show_lists()

    async def _on_resolve(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args["conversation_id"])
        wanted = ResolveRequest.model_validate(event.args)
        async with self._one_at_a_time:
            done = await self._try(
                lambda person: self._resolve(person, conversation_id, wanted), otherwise="not_held_resolve"
            )
            if done and self._open == conversation_id:
                self._close()
        if done:
            self._chat.resolved(conversation_id)
            self._inform(self._words.ui["resolved"])
            await self._show_lists()

    async def _resolve(self, person: Person, conversation_id: UUID, wanted: ResolveRequest) -> bool:
        await self._workplace.resolve(person, conversation_id, wanted.wrap_up_code, wanted.text)
        return True

    async def _try(
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
            person = await self._services.agents.of_session(self._token)
            if person is None:
                self._log_in_again()
                return None
            return await move(person)
        except (IllegalMoveError, AccessRefusedError, NotFoundError) as refusal:
            self._notify(_refusal(refusal, otherwise))
            refused()
        except SendingRefusedError as refusal:
            with self._client:
                ui.notify(str(refusal), type="warning", position="top")
            refused()
        except SQLAlchemyError:
            self._notify("failed")
            raise
        return None

    def _log_in_again(self) -> None:
        with self._client:
            ui.navigate.to("/login")

    def _notify(self, refusal: str) -> None:
        with self._client:
            ui.notify(self._words.refusals[refusal], type="warning", position="top")

    def _inform(self, text: str) -> None:
        with self._client:
            ui.notify(text, position="top")


def _refusal(error: BotError, otherwise: str) -> str:
    """The words for a refusal; what an illegal move means depends on what was tried."""
    if isinstance(error, IllegalMoveError):
        return otherwise
    return "missing" if isinstance(error, NotFoundError) else "not_yours"


def _is_fate(event: Event, conversation_id: UUID | None) -> bool:
    return event.kind == "delivery" and event.conversation_id == conversation_id
