"""否定 with no form open: nothing is done, and the customer is asked what else."""

from actions.base import ServiceAction
from actions.talk import Talk


class Deny(ServiceAction):
    action_name = "action_deny"

    async def act(self, talk: Talk) -> None:
        talk.say("utter_deny")
