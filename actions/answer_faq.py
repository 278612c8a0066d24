"""faq: an answer, up to three topics to choose from, or an honest 不知道 with a person offered."""

from collections.abc import Sequence

from actions.base import ServiceAction
from actions.services import FaqCandidate
from actions.talk import Talk, button
from bot.errors import NotFoundError

_RELATED = 2
_CHOICES = 3


class AnswerFaq(ServiceAction):
    """The topic a button names, or the one the words are nearest to."""

    action_name = "action_answer_faq"

    async def act(self, talk: Talk) -> None:
        topic = talk.heard.first("faq_topic")
        if topic is not None:
            await self._answer_or_decline(talk, topic)
            return
        found = await talk.services.faq.asearch(talk.heard.words, k=_CHOICES)
        if found.decision == "answer":
            await self._answer_or_decline(talk, found.candidates[0].topic)
        elif found.decision == "ask":
            talk.say("utter_did_you_mean", [*topic_buttons(found.candidates), none_of_these(talk)])
        else:
            talk.say("utter_faq_unknown")

    async def _answer_or_decline(self, talk: Talk, topic: str) -> None:
        try:
            await answer_topic(talk, topic)
        except NotFoundError:
            talk.say("utter_faq_unknown")


async def answer_topic(talk: Talk, topic: str) -> None:
    """Say the entry, with its button and related questions.  Raises `NotFoundError`."""
    entry = talk.services.faq.answer(topic, talk.turn.channel)
    action = [button(entry.button[0], entry.button[1])] if entry.button else []
    related = [button(question, "faq", faq_topic=other) for other, question in entry.related[:_RELATED]]
    talk.say_text(entry.text, buttons=[*action, *related])
    await talk.settled("faq", topic)


def topic_buttons(candidates: Sequence[FaqCandidate]) -> list[dict[str, str]]:
    return [button(found.question, "faq", faq_topic=found.topic) for found in candidates[:_CHOICES]]


def none_of_these(talk: Talk) -> dict[str, str]:
    return button(talk.wording.label("none_of_these"), "dissatisfied")
