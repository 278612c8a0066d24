"""不满意回答: an apology and another way in; the second time, or after being unsure, a person."""

from actions.base import ServiceAction
from actions.talk import Talk
from bot.conversations.model import HandOffReason
from bot.tickets.model import TicketStatus

_LOOKED_AT = 5


class Dissatisfied(ServiceAction):
    action_name = "action_dissatisfied"
    keeps_count_of_unsure = True

    async def act(self, talk: Talk) -> None:
        times = int(talk.get("dissatisfied_count") or 0) + 1
        talk.put("dissatisfied_count", times)
        if times > 1 or talk.get("unsure_count"):
            talk.hand_off(HandOffReason.dissatisfied)
        elif await _has_open_ticket(talk):
            talk.say("utter_dissatisfied_pending")
        else:
            talk.say("utter_dissatisfied")


async def _has_open_ticket(talk: Talk) -> bool:
    own = await talk.services.tickets.of_customer(talk.turn.customer_id, limit=_LOOKED_AT)
    return any(ticket.status != TicketStatus.closed for ticket in own)
