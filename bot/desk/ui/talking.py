"""What is said in the open conversation, and what of its log was asked for and read."""

from uuid import UUID

from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from bot.desk.schemas import DeskMessage, SayRequest
from bot.desk.service import Person
from bot.desk.ui.parts import Page
from bot.desk.words import desk_words
from bot.errors import SendingRefusedError

_SCREENFUL = 50


class Talking:
    """Answers the chat where it has to do with messages."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._refusals = desk_words().refusals
        chat = page.chat
        chat.on("say", self._on_say).on("typing", self._on_typing)
        chat.on("older", self._on_older).on("read", self._on_read)

    async def _on_say(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args["conversation_id"])
        external_id, chat = str(event.args["external_id"]), self._page.chat
        try:
            said = SayRequest.model_validate(event.args)
        except ValidationError:
            chat.refuse(external_id, self._refusals["too_long"], "block")
            return

        async def say(person: Person) -> DeskMessage | None:
            try:
                return await self._page.workplace.say(
                    person,
                    conversation_id,
                    said.text,
                    external_id=said.external_id,
                    confirmed=said.confirmed,
                    files=said.attachments,
                )
            except SendingRefusedError as refusal:
                chat.refuse(external_id, str(refusal), "warn" if refusal.confirmable else "block")
                return None

        sent = await self._page.try_(
            say, otherwise="not_held", refused=lambda: chat.refuse(external_id, self._refusals["not_held"])
        )
        if sent is not None:
            chat.put(conversation_id, [sent])
            if sent.reminder:
                chat.remind(sent.reminder)

    async def _on_typing(self, event: GenericEventArguments) -> None:
        shown = self._page.shown
        if shown in self._page.held and str(shown) == event.args["conversation_id"]:
            await self._page.workplace.typing(shown, on=bool(event.args["on"]))

    async def _on_older(self, event: GenericEventArguments) -> None:
        conversation_id, seq = UUID(event.args["conversation_id"]), int(event.args["seq"])
        older = await self._page.try_(
            lambda person: self._page.workplace.messages_before(person, conversation_id, seq), otherwise="gone"
        )
        if older is not None:
            self._page.chat.put(conversation_id, older, more=len(older) >= _SCREENFUL)

    async def _on_read(self, event: GenericEventArguments) -> None:
        conversation_id, seq = UUID(event.args["conversation_id"]), int(event.args["seq"])
        await self._page.workplace.read(self._page.person, conversation_id, seq)
        await self._page.refresh_own()
