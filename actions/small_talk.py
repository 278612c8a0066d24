"""Answers that need nothing but words; a form that is open asks again afterwards."""

from actions.base import ServiceAction
from actions.talk import Talk


class SmallTalk(ServiceAction):
    """Says ``utter_<subject>``."""

    subject: str

    def name(self) -> str:
        return f"action_{self.subject}"

    async def act(self, talk: Talk) -> None:
        talk.say(f"utter_{self.subject}")


class Greet(SmallTalk):
    """Greets back; in the middle of a form without the list of suggestions."""

    subject = "greet"

    async def act(self, talk: Talk) -> None:
        talk.say("utter_greet_again" if talk.active_form else "utter_greet_back")


class Goodbye(SmallTalk):
    """Whoever leaves is not asked any further."""

    subject = "goodbye"

    async def act(self, talk: Talk) -> None:
        talk.end_form()
        talk.put("last_task", None)
        await super().act(talk)


class Thank(SmallTalk):
    subject = "thank"


class BotChallenge(SmallTalk):
    subject = "bot_challenge"


class Chitchat(SmallTalk):
    subject = "chitchat"
