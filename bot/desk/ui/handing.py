"""The person's state, offers, transfers and what supervisors may do: the part of the desk's page about handing over."""

from collections.abc import Awaitable, Callable
from typing import TypeVar
from uuid import UUID

from nicegui.events import GenericEventArguments

from bot.desk.service import Person
from bot.desk.ui.elements import DeskChat, DeskLists
from bot.desk.ui.parts import Page
from bot.desk.words import desk_words
from bot.errors import RefusedError
from bot.handover.kinds import AgentState
from bot.handover.service import Handover
from bot.staff.model import Role

T = TypeVar("T")
_LEADS = {Role.supervisor, Role.admin}


class Handing:
    """Draws nothing of its own: tells the lists and the chat, and does what they ask."""

    def __init__(self, page: Page, handover: Handover) -> None:
        self._page = page
        self._handover = handover
        self._words = desk_words()
        self._is_here = False

    def draw(self, lists: DeskLists, chat: DeskChat, person: Person) -> None:
        self._lists, self._chat, self._person = lists, chat, person
        chat.can(leads=person.role in _LEADS)
        lists.on("state", self._on_state).on("decline", self._on_decline)
        chat.on("places", self._on_places).on("transfer", self._on_transfer)
        chat.on("take_over", self._on_take_over).on("whisper", self._on_whisper)

    async def arrive(self) -> None:
        """The page is open: from now on the person is missed when it is gone."""
        beats = self._page.services.heartbeats
        if beats is not None and not self._is_here:
            self._is_here = True
            await beats.opened(self._person.username)
        await self.show()

    def leave(self) -> None:
        beats = self._page.services.heartbeats
        if beats is not None and self._is_here:
            self._is_here = False
            beats.closed(self._person.username)

    async def show(self) -> None:
        self._lists.be(await self._page.workplace.standing(self._person))

    async def _on_state(self, event: GenericEventArguments) -> None:
        state = AgentState(str(event.args))
        await self._try(lambda person: self._handover.be(person.actor, state))
        await self.show()

    async def _on_decline(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args)
        await self._try(lambda person: self._handover.decline(person.actor, conversation_id))
        await self._page.refresh()

    async def _on_places(self) -> None:
        ui = self._words.ui
        teams = await self._try(lambda person: self._handover.teams(person.actor)) or []
        agents = await self._try(lambda person: self._handover.agents(person.actor)) or []
        places = [{"value": f"team:{name}", "text": ui["transfer_team"].format(label=label)} for name, label in teams]
        places += [
            {"value": f"agent:{one.username}", "text": ui["transfer_agent"].format(name=one.name, free=one.free)}
            for one in agents
            if one.takes_offers and one.username != self._person.username
        ]
        self._chat.transfer_to(places)

    async def _on_transfer(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args["conversation_id"])
        team, agent, note = (event.args.get(name) for name in ("team", "agent", "note"))
        moved = await self._try(
            lambda person: self._handover.transfer(
                person.actor, conversation_id, team=team, agent=agent, note=str(note or "")[:500]
            )
        )
        if moved is not None:
            self._chat.moved_on(conversation_id)
            await self._page.close(conversation_id)
            self._page.tell(self._words.ui["transferred"])

    async def _on_take_over(self, event: GenericEventArguments) -> None:
        conversation_id = UUID(event.args)
        taken = await self._try(lambda person: self._handover.take_over(person.actor, conversation_id))
        if taken is not None:
            await self._page.show(conversation_id)
            await self._page.refresh()

    async def _on_whisper(self, event: GenericEventArguments) -> None:
        conversation_id, text = UUID(event.args["conversation_id"]), str(event.args["text"])[:500]

        async def whisper(person: Person) -> bool:
            await self._handover.whisper(person.actor, conversation_id, text)
            return True

        if await self._try(whisper):
            self._page.tell(self._words.ui["whispered"])

    async def _try(self, move: Callable[[Person], Awaitable[T]]) -> T | None:
        """Refusals of the handover are sentences already, those of the core are not."""
        try:
            return await self._page.attempt(move)
        except RefusedError as refusal:
            text = str(refusal)
            is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in text)
            self._page.warn(text if is_chinese else self._words.refusals["handover"])
            return None
