"""faq: an answer, up to three topics to choose from, or an honest 不知道 with a person offered."""

from collections.abc import Sequence

from actions.afterwards import continues_question
from actions.base import ServiceAction
from actions.earlier import completed, words_before
from actions.plaints import is_upset, say_sorry
from actions.services import FaqCandidate, FaqRetrieval
from actions.talk import Talk, button
from bot.errors import NotFoundError
from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context

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
        found = await search_faq(talk, self._question(talk))
        if found.decision == "answer":
            await self._answer_or_decline(talk, found.candidates[0].topic)
        elif found.decision == "ask":
            talk.say("utter_did_you_mean", [*topic_buttons(found.candidates), none_of_these(talk)])
        elif is_upset(talk.heard):
            say_sorry(talk)
        else:
            talk.say("utter_faq_unknown")

    def _question(self, talk: Talk) -> str:
        """The customer's words, completed from the question before; or after 好的 the question that was offered."""
        if talk.heard.intent == "affirm":
            return talk.text_of("offer_words")
        continued = completed(talk.heard.words, words_before(talk.tracker)) if continues_question(talk) else None
        return continued or talk.heard.words

    async def _answer_or_decline(self, talk: Talk, topic: str) -> None:
        try:
            await answer_topic(talk, topic)
        except NotFoundError:
            talk.say("utter_faq_unknown")


async def search_faq(talk: Talk, words: str) -> FaqRetrieval:
    """What the words may ask, given the task last begun and the parcel under discussion."""
    context = Context(last_intent=talk.get("last_task"), waybill=await _waybill_status(talk))
    return await talk.services.faq.asearch(words, k=_CHOICES, context=context)


async def _waybill_status(talk: Talk) -> WaybillStatus | None:
    waybill_no = talk.waybill_no or talk.turn.waybill_no
    if waybill_no is None:
        return None
    return await talk.services.waybills.status_for(talk.turn.customer_id, waybill_no)


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
