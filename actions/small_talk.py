"""Answers that need nothing but words; a form that is open asks again afterwards."""

import re

from actions.base import ServiceAction
from actions.stray import heard_after_all
from actions.talk import Talk

_SURE = 0.5
_FAREWELL = re.compile(
    r"再见|再會|拜|[8８]{2}|晚安|bye|回头|下次|先这样|就这样|走了|没事了?|不用了?|没有了|好了", re.IGNORECASE
)


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
    keeps_count_of_unsure = True

    async def act(self, talk: Talk) -> None:
        if talk.heard.confidence < _SURE and talk.heard.words and not _FAREWELL.search(talk.heard.words):
            talk.follow = "action_unsure"
            return
        talk.put("unsure_count", 0)
        talk.end_form()
        talk.put("last_task", None)
        await super().act(talk)


class Thank(SmallTalk):
    subject = "thank"


class BotChallenge(SmallTalk):
    subject = "bot_challenge"


class Chitchat(SmallTalk):
    """Now and then the classifier takes for a chat what continues a question: 活的小龙虾呢."""

    subject = "chitchat"

    async def act(self, talk: Talk) -> None:
        if not await heard_after_all(talk):
            await super().act(talk)
