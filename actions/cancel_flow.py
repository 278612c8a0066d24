"""算了: the form ends, what it collected is forgotten, and that is said."""

from actions.base import ServiceAction
from actions.talk import Talk


class CancelFlow(ServiceAction):
    action_name = "action_cancel_flow"

    async def act(self, talk: Talk) -> None:
        open_form = talk.active_form
        talk.end_form()
        talk.say("utter_form_cancelled" if open_form else "utter_nothing_to_cancel")
