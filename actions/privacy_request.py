"""个人信息: recorded for those in charge of personal data, unless it is rather asked how something is done."""

from actions.earlier import words_before
from actions.feedback import Feedback
from actions.knowledge import is_likelier_knowledge
from actions.talk import Talk


class PrivacyRequest(Feedback):
    task = "privacy_request"
    category = "privacy"

    async def perform(self, talk: Talk) -> None:
        if await is_likelier_knowledge(talk, self.task):
            return
        if talk.heard.is_tapped and (before := words_before(talk.tracker)):
            talk.put("matter", before[0])
        await super().perform(talk)
