"""肯定 with no form open: take up what was offered in the turn before."""

from actions.base import ServiceAction
from actions.intents import TASKS_WITH_FORM
from actions.talk import Talk
from bot.conversations.model import HandOffReason


class Affirm(ServiceAction):
    """Runs before the offer of the last turn is dropped."""

    action_name = "action_affirm"

    async def act(self, talk: Talk) -> None:
        offer = talk.tracker.slots.get("offer")
        if offer == "request_human":
            talk.hand_off(HandOffReason.asked)
        elif offer == "faq":
            talk.follow = "action_answer_faq"
        elif offer:
            talk.follow = f"{offer}_form" if offer in TASKS_WITH_FORM else f"action_{offer}"
        else:
            talk.say("utter_affirm")
