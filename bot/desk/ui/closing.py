"""The end of a contact: the service summary, then back to the bot or over."""

from uuid import UUID

from nicegui.events import GenericEventArguments
from pydantic import ValidationError

from bot.desk.schemas import ResolveRequest
from bot.desk.service import Person
from bot.desk.ui.parts import Page
from bot.desk.words import desk_words
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError, RefusedError


class Closing:
    """Takes what stands in the sheet of the summary; a refusal is read there, and nothing of it is lost."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._words = desk_words()
        page.chat.on("resolve", self._on_resolve)

    async def _on_resolve(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args["conversation_id"])
        fields = {name: value for name, value in event.args.items() if name != "conversation_id"}
        try:
            wanted = ResolveRequest.model_validate(fields)
        except ValidationError:
            self._page.chat.unresolved(self._words.refusals["summary"])
            return
        if await self._page.attempt(lambda person: self._resolve(person, conversation_id, wanted)):
            self._page.chat.resolved(conversation_id)
            self._page.tell(self._words.ui["ended_now" if wanted.then == "ended" else "resolved"])
            await self._page.close(conversation_id)

    async def _resolve(self, person: Person, conversation_id: UUID, wanted: ResolveRequest) -> bool:
        try:
            await self._page.workplace.resolve(person, conversation_id, wanted)
        except (IllegalMoveError, AccessRefusedError, NotFoundError):
            self._page.chat.unresolved(self._words.refusals["not_held_resolve"])
        except RefusedError as refusal:
            self._page.chat.unresolved(str(refusal))
        else:
            return True
        return False
