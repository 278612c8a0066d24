"""Not understood: the knowledge base is asked, then the customer; a second time in a row a person is."""

from actions.answer_faq import answer_topic, none_of_these, search_faq, topic_buttons
from actions.base import ServiceAction
from actions.intents import CONVERSATION
from actions.plaints import is_upset, say_sorry
from actions.services import FaqRetrieval
from actions.stray import heard_after_all
from actions.talk import Talk
from bot.conversations.model import HandOffReason

_CHOICES = 3
_LIKELY = 0.06


class Unsure(ServiceAction):
    """您是不是想问, with up to three choices."""

    action_name = "action_unsure"
    keeps_count_of_unsure = True

    async def act(self, talk: Talk) -> None:
        if talk.heard.is_wordless or talk.heard.waybill_numbers:
            talk.put("unsure_count", 0)
            await heard_after_all(talk)
            return
        found = await search_faq(talk, talk.heard.words) if talk.heard.words else None
        if found is not None and found.decision == "answer":
            talk.put("unsure_count", 0)
            await answer_topic(talk, found.candidates[0].topic)
            return
        count = int(talk.get("unsure_count") or 0) + 1
        talk.put("unsure_count", count)
        if count > 1:
            talk.hand_off(HandOffReason.unsure)
            return
        choices = self._choices(talk, found)
        if is_upset(talk.heard):
            say_sorry(talk)
        elif choices:
            talk.say("utter_did_you_mean", [*choices, none_of_these(talk), *talk.buttons("request_human")])
        else:
            talk.say("utter_not_understood")

    def _choices(self, talk: Talk, found: FaqRetrieval | None) -> list[dict[str, str]]:
        """Tasks the classifier thought of, then topics of the knowledge base."""
        likely = [
            intent for intent, confidence in talk.heard.ranking if intent not in CONVERSATION and confidence >= _LIKELY
        ]
        topics = topic_buttons(found.candidates) if found is not None and found.decision == "ask" else []
        return [*talk.buttons(*likely[: _CHOICES - min(len(topics), 1)]), *topics][:_CHOICES]


class OutOfScope(Unsure):
    """Nothing we do: a polite no where that is clear, else treated as not understood."""

    action_name = "action_out_of_scope"
    _CLEAR = 0.5

    async def act(self, talk: Talk) -> None:
        if await heard_after_all(talk):
            talk.put("unsure_count", 0)
            return
        if talk.heard.confidence < self._CLEAR and talk.heard.words:
            await super().act(talk)
            return
        talk.put("unsure_count", 0)
        talk.say("utter_out_of_scope")
