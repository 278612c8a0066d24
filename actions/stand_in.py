"""What answers while the dialogue engine is away: waybill numbers and FAQ, and always a person.

It keeps no state of its own: the waybill under discussion stands with the conversation, so a phone tail can follow a
number.  Forms are not run here; they go on where they stood once the engine is back.
"""

import re
from collections.abc import Sequence

from actions.danger import speaks_of_ending_life
from actions.services import Services
from actions.status import StatusWords, status_words
from actions.talk import button
from actions.timeliness import Asked, Timeliness
from actions.wording import Wording
from bot.channels import Button, Reply
from bot.conversations.model import HandOffReason
from bot.dialogue.engine import EngineAnswer, Turn
from bot.errors import AccessRefusedError, NotFoundError, TooManyGuessesError
from bot.tickets.service import Contact
from bot.waybills.numbers import find_phone_tail, find_waybill_numbers
from bot.waybills.progress import Progress

_TASK = "query_waybill"
_WANTS_PERSON = re.compile(r"^/request_human|人工|真人|转接|客服(?!电话)")
_PAYLOAD_FACT = re.compile(r'"(faq_topic|waybill_no)":\s*"([^"]+)"')


class StandIn:
    """A `DialogueEngine` that needs nothing but the database and the knowledge base."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def respond(self, turn: Turn) -> EngineAnswer:
        if speaks_of_ending_life(turn.says):
            await self._hand_off(turn, HandOffReason.risk, first="utter_life_in_danger")
            return EngineAnswer(())
        if _WANTS_PERSON.search(turn.says):
            await self._hand_off(turn, HandOffReason.asked)
            return EngineAnswer(())
        replies = await self._about_waybill(turn)
        if replies is None:
            replies = await self._from_knowledge(turn)
        return EngineAnswer(tuple(replies or self._say("utter_degraded_no_answer")))

    async def _about_waybill(self, turn: Turn) -> Sequence[Reply] | None:
        """The state of the waybill named, or under discussion when only a tail is given; None when it is about none."""
        facts = dict(_PAYLOAD_FACT.findall(turn.payload))
        numbers = find_waybill_numbers(facts.get("waybill_no", turn.text))
        tail = find_phone_tail(turn.text)
        if numbers:
            return await self._status(turn, numbers[0], None)
        if tail is None:
            return None
        under_discussion = (await self._services.conversations.view(turn.conversation_id)).waybill_no
        return await self._status(turn, under_discussion, tail) if under_discussion else None

    async def _status(self, turn: Turn, waybill_no: str, tail: str | None) -> Sequence[Reply]:
        waybills = self._services.waybills
        if not await waybills.exists(waybill_no):
            return self._say("utter_waybill_unknown", waybill_no=waybill_no)
        await self._services.conversations.remember_waybill(turn.conversation_id, waybill_no)
        try:
            if tail is not None:
                await waybills.prove(turn.customer_id, waybill_no, tail)
        except TooManyGuessesError:
            await self._hand_off(turn, HandOffReason.locked)
            return ()
        except AccessRefusedError:
            return self._say("utter_phone_tail_wrong", waybill_no=waybill_no)
        if await waybills.party(turn.customer_id, waybill_no) is None:
            return self._say("utter_need_phone_tail", waybill_no=waybill_no)
        words = await self._settled(turn, await waybills.progress(waybill_no), told=None if tail else turn.text)
        return [self._with_person(reply) for reply in self._say("utter_waybill_status", **words.values)]

    async def _settled(self, turn: Turn, progress: Progress, *, told: str | None) -> StatusWords:
        """The status, with what the timeliness rule makes of the question; the engine may have asked it already."""
        wording = self._wording()
        contact = Contact(turn.customer_id, turn.conversation_id, f"{turn.id}:trace", channel=turn.channel)
        asked = Asked(_TASK, told or wording.label(_TASK), contact)
        return await Timeliness(self._services, wording).trace(asked, progress, status_words(wording, progress))

    async def _from_knowledge(self, turn: Turn) -> Sequence[Reply] | None:
        """The answer of the knowledge base, when it is sure enough to give one outright."""
        topic = dict(_PAYLOAD_FACT.findall(turn.payload)).get("faq_topic")
        if topic is None:
            found = await self._services.faq.asearch(turn.text)
            if found.decision != "answer":
                return None
            topic = found.candidates[0].topic
        try:
            return [self._with_person(Reply(text=self._services.faq.answer(topic, turn.channel).text))]
        except NotFoundError:
            return None

    async def _hand_off(self, turn: Turn, reason: HandOffReason, *, first: str | None = None) -> None:
        summary = self._wording().part("summary_degraded", text=turn.text)
        await self._services.conversations.hand_off(
            turn.conversation_id, reason, intent=None, summary=summary, seq=turn.seq, first=first
        )

    def _with_person(self, reply: Reply) -> Reply:
        human = button(self._wording().label("request_human"), "request_human")
        return reply.model_copy(update={"buttons": (Button(**human),)})

    def _say(self, response: str, **values: str) -> Sequence[Reply]:
        return self._services.words.render(response, **values)

    def _wording(self) -> Wording:
        return Wording(self._services.words, self._services.clock())
