"""辱骂: stay calm; the second time a person takes over."""

from actions.base import ServiceAction
from actions.talk import Talk
from bot.conversations.model import HandOffReason


class Abuse(ServiceAction):
    action_name = "action_abuse"

    async def act(self, talk: Talk) -> None:
        times = int(talk.get("abuse_count") or 0) + 1
        talk.put("abuse_count", times)
        if times > 1:
            talk.hand_off(HandOffReason.abuse)
        else:
            talk.say("utter_abuse")
