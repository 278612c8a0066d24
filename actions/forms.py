"""The base of every form: it decides itself what of a message belongs to it.

A message that belongs fills every slot it can; one that doesn't (a question in between, another task, 算了, 转人工) is
left to the rule of its intent by rejecting the form, as Rasa foresees.  ``docs/dialogue.md`` has the whole table.
"""

from typing import Any, ClassVar

from rasa_sdk import FormValidationAction, Tracker
from rasa_sdk.events import FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import other_carriers
from actions.afterwards import goes_on_about_places, goes_on_with
from actions.earlier import earlier_value
from actions.fields import Field, FormOverError, InvalidAnswerError
from actions.heard import Heard
from actions.intents import CONTROL, PLAIN, PROBLEMS, QUESTIONS
from actions.knowledge import is_likelier_knowledge, tells_terms
from actions.services import Services
from actions.talk import HAND_OFF, LISTEN, Events, Talk, button
from bot.conversations.model import HandOffReason

UNCLEAR = "utter_answer_unclear"
SURE = 0.5
VERY_SURE = 0.8
_TRIES_BEFORE_HELP = 2


class ServiceForm(FormValidationAction):  # type: ignore[misc]
    """Fills the slots of one task, in the order of ``fields``.

    ``kin`` are intents that, said in this form, are about this form (改成后天 while ordering a pickup).
    """

    task: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    kin: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, services: Services) -> None:
        self.services = services

    def name(self) -> str:
        return f"validate_{self.task}_form"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Any) -> Events:  # noqa: ARG002
        talk = Talk(self.services, dispatcher, tracker)
        talk.form_task = self.task
        moment = Moment.of(tracker, self.form_name())
        try:
            if moment.is_resumed and not (moment.is_activated and talk.get("unheard")):
                self._come_back(talk, moment)
            elif not await self._hear(talk, moment):
                return []
            events = await self._next(talk)
            talk.put("form_tries", 0)
            return [*events, SlotSet("form_tries", 0)]
        except InvalidAnswerError as invalid:
            return await self._ask_again(talk, invalid)
        except FormOverError as over:
            return self._over(talk, over)

    # -- hearing -----------------------------------------------------------------------------------

    async def _hear(self, talk: Talk, moment: "Moment") -> bool:
        """Take what belongs to this form; False when the message does not."""
        if talk.heard.life_in_danger:
            raise FormOverError(HandOffReason.risk)
        if moment.is_activated:
            goes_on = goes_on_with(talk) if moment.interrupted is None else None
            if goes_on not in (None, self.form_name()):
                raise FormOverError(follow=goes_on)
            if goes_on is None and await is_likelier_knowledge(talk, self.task):
                talk.put("suspended_form", moment.interrupted)
                raise FormOverError
            self._begin(talk, moment)
        if talk.heard.wants_person:
            raise FormOverError(HandOffReason.asked)
        if not moment.is_activated and await tells_terms(talk, self.task):
            return True
        asked = None if moment.is_activated else self._field(talk.get("requested_slot"))
        if not moment.is_activated and self._leaves(talk, asked):
            return False
        if await self._take(talk, asked) or moment.is_activated:
            return True
        if self._notes(talk):
            talk.say("utter_noted")
            return True
        if talk.heard.intent == self.task:
            return True
        if talk.heard.intent == "affirm":
            return True
        if talk.heard.asks and talk.heard.intent not in ("inform", "deny"):
            return False
        raise InvalidAnswerError(asked.unclear if asked is not None else UNCLEAR)

    def _notes(self, talk: Talk) -> bool:
        """Trouble told while another question is open belongs to the description that was given before."""
        story = next((field for field in self.fields if field.absorbs), None)
        told = talk.heard.words_alone
        if story is None or not talk.get(story.slot) or talk.heard.intent not in PROBLEMS or talk.heard.asks:
            return False
        talk.put(story.slot, f"{talk.text_of(story.slot)}\n{told}")
        return True

    def _come_back(self, talk: Talk, moment: "Moment") -> None:
        """Another action has answered in this turn: nothing is heard, only the next question asked."""
        if moment.is_activated and self.task in QUESTIONS:
            self._suspend(talk, moment)
        talk.put("last_task", self.task)

    def _begin(self, talk: Talk, moment: "Moment") -> None:
        """A fresh start: nothing collected for another matter may leak in, unless that matter waits to be resumed."""
        talk.is_opening = True
        talk.put("unheard", None)
        talk.put("requested_slot", None)
        talk.put("without_waybill", None)
        talk.note_second_wish()
        self._suspend(talk, moment)
        talk.forget_task()
        if goes_on_about_places(talk, self.task):
            for field in self.fields:
                talk.put(field.slot, earlier_value(talk.tracker, field.slot))
        talk.put("last_task", self.task)
        if talk.heard.words and talk.get("suspended_form") is None:
            talk.put("matter", talk.heard.words)

    def _suspend(self, talk: Talk, moment: "Moment") -> None:
        """A question put in the middle of a task lets the task wait; another task takes its place."""
        if self.task not in QUESTIONS or moment.interrupted is None:
            talk.put("suspended_form", None)
        elif moment.interrupted.removesuffix("_form") not in QUESTIONS:
            talk.put("suspended_form", moment.interrupted)

    def _leaves(self, talk: Talk, asked: Field | None) -> bool:
        """Whether the message is for another rule: control, a question in between, or another task."""
        heard = talk.heard
        if heard.waybill_numbers and self._field("waybill_no") is None and heard.intent != self.task:
            return True
        if heard.intent == self.task or heard.intent in self.kin or heard.intent in PLAIN:
            return False
        if (heard.intent == "query_waybill" and self._is_bare_number(heard)) or other_carriers.belongs(talk):
            return False
        if heard.is_wordless or (asked is not None and asked.is_spoken_of(heard)):
            return False
        if heard.intent in CONTROL:
            return heard.confidence >= SURE or heard.is_tapped
        if asked is not None and asked.absorbs and heard.intent in PROBLEMS:
            return False
        answers = (asked is not None and asked.free_text) or bool(heard.entities)
        return heard.confidence >= (VERY_SURE if answers and not heard.asks else SURE)

    def _is_bare_number(self, heard: Heard) -> bool:
        """A number and no question about it: the classifier calls it 查件, here it is the answer."""
        return bool(heard.waybill_numbers) and self._field("waybill_no") is not None and not heard.asks

    async def _take(self, talk: Talk, asked: Field | None) -> bool:
        """Every field looks at the message, the one asked for last: free words only if nothing else was meant."""
        corrected = False
        for field in self.fields:
            if field is not asked:
                corrected = await _taken(field, talk, asked=False) or corrected
        if asked is None:
            return corrected
        only_corrects = corrected and asked.free_text and not asked.absorbs and not talk.heard.places
        taken = await _taken(asked, talk, asked=not only_corrects)
        if corrected:
            talk.put("confirm", None)
        return taken or corrected

    def _field(self, slot: str | None) -> Field | None:
        return next((field for field in self.fields if field.slot == slot), None)

    # -- going on ----------------------------------------------------------------------------------

    async def _next(self, talk: Talk) -> Events:
        for field in self.fields:
            if await _still_open(field, talk):
                await field.ask(talk)
                talk.put("requested_slot", field.slot)
                return self._events(talk)
        talk.put("requested_slot", None)
        return self._events(talk)

    async def _ask_again(self, talk: Talk, invalid: InvalidAnswerError) -> Events:
        slot = invalid.slot or talk.get("requested_slot")
        field = self._field(slot) or self.fields[0]
        talk.put("requested_slot", field.slot)
        if not invalid.response:
            return self._events(talk)
        is_same = not talk.is_opening and slot == talk.tracker.slots.get("requested_slot")
        tries = 1 + (int(talk.get("form_tries") or 0) if is_same else 0)
        talk.put("form_tries", tries)
        talk.say(invalid.response, invalid.buttons, **invalid.values)
        if invalid.response == UNCLEAR:
            await field.ask(talk)
        if tries >= _TRIES_BEFORE_HELP:
            talk.add_buttons([button(talk.wording.label("give_up"), "cancel_flow"), *talk.buttons("request_human")])
        return self._events(talk)

    def _over(self, talk: Talk, over: FormOverError) -> Events:
        talk.put("requested_slot", None)
        follow = LISTEN
        if over.hand_off is not None:
            talk.put("hand_off_reason", over.hand_off.value)
            return [*self._events(talk), FollowupAction(HAND_OFF)]
        if over.follow is not None:
            talk.go_on(over.follow)
            return [*self._events(talk), FollowupAction(over.follow)]
        talk.forget_task()
        if (waiting := talk.get("suspended_form")) is not None:
            talk.put("suspended_form", None)
            follow = str(waiting)
        else:
            talk.offer_second_wish(form_ends=True)
        return [*self._events(talk), FollowupAction(follow)]

    def _events(self, talk: Talk) -> Events:
        """Never empty: an empty list would reject the form."""
        talk.put("form_tries", talk.get("form_tries") or 0)
        return talk.slot_events() or [SlotSet("form_tries", 0)]


async def _taken(field: Field, talk: Talk, *, asked: bool) -> bool:
    try:
        return await field.take(talk, asked=asked)
    except InvalidAnswerError as invalid:
        invalid.slot = field.slot
        raise


async def _still_open(field: Field, talk: Talk) -> bool:
    try:
        return await field.is_open(talk)
    except InvalidAnswerError as invalid:
        invalid.slot = field.slot
        raise


class Moment:
    """Where in the turn the form runs: just activated, listening, or back after a question in between."""

    def __init__(self, *, is_activated: bool, is_resumed: bool, interrupted: str | None) -> None:
        self.is_activated = is_activated
        self.is_resumed = is_resumed
        self.interrupted = interrupted

    @classmethod
    def of(cls, tracker: Tracker, form: str) -> "Moment":
        """Read from the events since the customer spoke; Rasa adds one execution of the form itself beforehand."""
        events = list(tracker.events)
        start = max((at for at, event in enumerate(events) if event["event"] == "user"), default=0)
        since = events[start:]
        loops = [event.get("name") for event in since if event["event"] == "active_loop"]
        acted = any(_is_another_action(event, form) for event in since)
        before = [event.get("name") for event in events[:start] if event["event"] == "active_loop"]
        interrupted = before[-1] if before and None not in loops else None
        return cls(
            is_activated=form in loops,
            is_resumed=acted,
            interrupted=interrupted if interrupted != form else None,
        )


def _is_another_action(event: dict[str, Any], form: str) -> bool:
    if event["event"] != "action":
        return False
    return event["name"] not in (form, LISTEN, "action_extract_slots", "action_session_start")
