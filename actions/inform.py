"""提供信息 with no form open: the facts go to the task they most likely are for."""

from actions.base import ServiceAction
from actions.intents import TASKS_WITH_FORM
from actions.talk import Talk

_ABOUT_WAYBILLS = ("query_waybill", "query_eta", "query_pickup_code", "query_courier")
_LIKELY = 0.1


class Inform(ServiceAction):
    action_name = "action_inform"

    async def act(self, talk: Talk) -> None:
        heard = talk.heard
        if heard.first("ticket_no"):
            talk.follow = "action_query_ticket"
        elif heard.first("order_no"):
            talk.follow = "action_query_order"
        elif heard.waybill_numbers:
            go_to_waybill(talk)
        elif heard.phone_tail and not heard.places:
            talk.start(_last_question(talk))
        elif heard.entities and (task := likely_task(talk)) is not None:
            talk.start(task)
        elif heard.places:
            talk.say("utter_inform_place", talk.buttons("query_outlet", "query_price", "place_order"))
        else:
            talk.say("utter_inform_what")


def go_to_waybill(talk: Talk) -> None:
    """A waybill was named, with or without a clear wish: do the likeliest, else answer the question asked last.

    Of several numbers the form asks which, or takes them one after the other.
    """
    task = likely_task(talk) if talk.heard.words_alone else None
    talk.start(task or _last_question(talk))


def likely_task(talk: Talk) -> str | None:
    """The best of what the classifier also thought of; the form that is open has let the message pass."""
    open_task = (talk.active_form or "").removesuffix("_form")
    likely = (name for name, score in talk.heard.ranking if score >= _LIKELY and name != open_task)
    return next((name for name in likely if name in TASKS_WITH_FORM), None)


def _last_question(talk: Talk) -> str:
    last = talk.get("last_task")
    return str(last) if last in _ABOUT_WAYBILLS else _ABOUT_WAYBILLS[0]
