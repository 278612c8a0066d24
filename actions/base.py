"""The base of every action: hear, act once, say, and go back to the form that was open."""

from abc import ABC, abstractmethod

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.services import Services
from actions.talk import Events, Talk


class ServiceAction(Action, ABC):  # type: ignore[misc]
    """One custom action.

    After it has answered, the form that was open asks its question again; with no form open the bot listens.
    An offer (需要我帮您催一下吗) stands for one turn only, and being unsure counts only in a row.
    """

    action_name: str
    keeps_count_of_unsure = False

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
        await self.act(talk)
        talk.offer_second_wish()
        return talk.events()

    @abstractmethod
    async def act(self, talk: Talk) -> None:
        """Slots in, one service call, a response name out."""


class TaskAction(ServiceAction):
    """The last step of a task: its form has every fact, now it is done and forgotten."""

    task: str

    def name(self) -> str:
        return f"action_{self.task}"

    async def act(self, talk: Talk) -> None:
        await self.perform(talk)
        talk.forget_task()

    @abstractmethod
    async def perform(self, talk: Talk) -> None:
        """One service call and the answer."""
