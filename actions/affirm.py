"""肯定 with no form open: take up what was offered in the turn before."""

from actions.base import ServiceAction
from actions.intents import TASKS_WITH_FORM
from actions.talk import Talk
from actions.waybill_gate import keep_for_later
from bot.conversations.model import HandOffReason
from bot.waybills.numbers import find_waybill_numbers


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
            await _about_offered_waybill(talk)
            talk.follow = f"{offer}_form" if offer in TASKS_WITH_FORM else f"action_{offer}"
        else:
            talk.say("utter_affirm")


async def _about_offered_waybill(talk: Talk) -> None:
    """The waybill that the offer was about, which need not be the one just spoken of; a third one waits its turn."""
    numbers = find_waybill_numbers(talk.text_of("offer_words"))
    if numbers:
        await talk.remember_waybill(numbers[0])
        keep_for_later(talk, str(talk.tracker.slots.get("offer")), numbers[1:])
