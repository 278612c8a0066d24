"""不满意回答: an apology and another way in; the second time, or after being unsure, a person."""

from actions.base import ServiceAction
from actions.talk import Talk
from bot.conversations.model import HandOffReason


class Dissatisfied(ServiceAction):
    action_name = "action_dissatisfied"
    keeps_count_of_unsure = True

    async def act(self, talk: Talk) -> None:
        times = int(talk.get("dissatisfied_count") or 0) + 1
        talk.put("dissatisfied_count", times)
        if times > 1 or talk.get("unsure_count"):
            talk.hand_off(HandOffReason.dissatisfied)
        else:
            talk.say("utter_dissatisfied")
