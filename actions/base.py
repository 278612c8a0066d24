"""The base of every action: hear, act once, say, and go back to the form that was open."""

from abc import ABC, abstractmethod
from typing import ClassVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.afterwards import goes_on_with
from actions.services import Services
from actions.talk import Events, Talk
from bot.conversations.model import HandOffReason


class ServiceAction(Action, ABC):  # type: ignore[misc]
    """One custom action.

    After it has answered, the form that was open asks its question again; with no form open the bot listens.
    An offer (需要我帮您催一下吗) stands for one turn only, and being unsure counts only in a row.
    """

    action_name: str
    keeps_count_of_unsure = False
    hears_words = True
    """Whether it answers the customer's sentence, which may rather belong to what was said before."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def name(self) -> str:
        return self.action_name

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: object) -> Events:  # noqa: ARG002
        talk = Talk(self.services, dispatcher, tracker)
        if talk.get("offer") is not None:
            talk.put("offer", None)
        if not self.keeps_count_of_unsure and talk.get("unsure_count"):
            talk.put("unsure_count", 0)
        if talk.active_form is None:
            talk.note_second_wish()
        if not self._leads_elsewhere(talk):
            await self.act(talk)
        talk.offer_second_wish()
        return talk.events()

    def _leads_elsewhere(self, talk: Talk) -> bool:
        """A person at once where a life is in danger; else the matter of before that the sentence belongs to."""
        if not self.hears_words:
            return False
        if talk.heard.life_in_danger:
            talk.end_form()
            talk.hand_off(HandOffReason.risk)
            return True
        goes_on = goes_on_with(talk) if talk.active_form is None else None
        if goes_on is None or goes_on == self.name():
            return False
        talk.go_on(goes_on)
        return True

    @abstractmethod
    async def act(self, talk: Talk) -> None:
        """Slots in, one service call, a response name out."""


class TaskAction(ServiceAction):
    """The last step of a task: its form has every fact, now it is done and forgotten."""

    task: str
    hears_words = False
    needs: ClassVar[tuple[str, ...]] = ()
    """The slots without which nothing is done: Rasa goes on as if a form were complete when the form itself failed."""

    def name(self) -> str:
        return f"action_{self.task}"

    async def act(self, talk: Talk) -> None:
        if any(not talk.get(slot) for slot in self.needs):
            talk.hand_off(HandOffReason.failed)
            return
        await self.perform(talk)
        talk.forget_task()

    @abstractmethod
    async def perform(self, talk: Talk) -> None:
        """One service call and the answer."""
