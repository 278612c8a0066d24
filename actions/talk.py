"""What an action has in hand while it runs: the turn, the message, the slots, the services and a voice."""

import json
import re
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.foreign_numbers import with_numbers
from actions.heard import Heard
from actions.services import Services
from actions.turn import TurnOf
from actions.wording import Wording
from bot.conversations.model import HandOffReason

_LINKS = re.compile(r"^(?:另外|还有|还想|再|顺便|对了|然后|以及|以及还有|也|想|问一下|问下|问|请问|[,，、。\s])+")
LISTEN = "action_listen"
HAND_OFF = "action_hand_off"

# What a task collects; forgotten when it ends.  The waybill under discussion is not among them.
TASK_SLOTS = (
    "matter",
    "form_tries",
    "phone_tail",
    "confirm",
    "new_address",
    "new_phone",
    "new_name",
    "delivery_when",
    "preference",
    "description",
    "order_no",
    "ticket_no",
    "contact_phone",
    "pickup_address",
    "destination",
    "goods",
    "pickup_when",
    "origin",
    "target",
    "weight",
    "place",
)
# What a question in between collects; the task that waits keeps everything else.
QUESTION_SLOTS = ("form_tries", "phone_tail", "origin", "target", "weight", "place")

Events = list[dict[str, Any]]


def button(title: str, intent: str, **entities: str) -> dict[str, str]:
    """A quick reply that carries its meaning."""
    facts = json.dumps(entities, ensure_ascii=False) if entities else ""
    return {"title": title[:60], "payload": f"/{intent}{facts}"}


class Talk:
    """One run of one action.  Slots are read through what this run has set.

    ``form_task`` is the task whose form runs, ``is_opening`` whether this message started it.
    """

    def __init__(self, services: Services, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.services = services
        self.tracker = tracker
        self.turn = TurnOf.of(tracker)
        self.heard = with_numbers(Heard.of(tracker), services.others)
        self.wording = Wording(services.words, services.clock())
        self.follow: str | None = None
        self.form_task = ""
        self.is_opening = False
        self._dispatcher = dispatcher
        self._set: dict[str, Any] = {}
        self._ends_form = False

    # -- slots -------------------------------------------------------------------------------------

    def get(self, slot: str) -> Any:
        return self._set[slot] if slot in self._set else self.tracker.slots.get(slot)

    def text_of(self, slot: str) -> str:
        """The slot's value in words; empty when it has none."""
        return str(self.get(slot) or "")

    def put(self, slot: str, value: Any) -> None:
        self._set[slot] = value

    def forget_task(self) -> None:
        """Forget what was collected; when another task waits to be resumed, only what the question in between took."""
        for slot in QUESTION_SLOTS if self.get("suspended_form") else TASK_SLOTS:
            if self.get(slot) is not None:
                self.put(slot, None)

    @property
    def waybill_no(self) -> str | None:
        value = self.get("waybill_no")
        return str(value) if value else None

    async def remember_waybill(self, waybill_no: str) -> None:
        """This is the waybill under discussion from here on, for the bot and for the desk."""
        if waybill_no != self.waybill_no:
            self.put("waybill_no", waybill_no)
            await self.services.conversations.remember_waybill(self.turn.conversation_id, waybill_no)

    # -- speaking ----------------------------------------------------------------------------------

    def say(self, response: str, buttons: list[dict[str, str]] | None = None, /, **values: str) -> None:
        """A response by name; its own buttons come first."""
        self._dispatcher.utter_message(response=response, buttons=buttons or [], **values)

    def say_text(self, text: str, *, buttons: list[dict[str, str]] | None = None) -> None:
        """Words that come from data, e.g. an answer of the knowledge base."""
        self._dispatcher.utter_message(text=text, buttons=buttons or [])

    def start(self, task: str) -> None:
        """Go on with the form of this task, which has yet to read the message."""
        self.put("unheard", True)
        self.follow = f"{task}_form"

    def go_on(self, action: str) -> None:
        """Go on with a form or an action, which has yet to read the message."""
        if action.endswith("_form"):
            self.put("unheard", True)
        self.follow = action

    def add_buttons(self, buttons: list[dict[str, str]]) -> None:
        """More quick replies under the last bubble."""
        if self._dispatcher.messages:
            self._dispatcher.messages[-1]["buttons"].extend(buttons)

    def buttons(self, *intents: str) -> list[dict[str, str]]:
        """Quick replies that start a task, titled by its name."""
        return [button(self.wording.label(intent), intent) for intent in intents]

    # -- a second wish in one message ------------------------------------------------------------------

    def note_second_wish(self) -> None:
        """Keep what the message wanted besides, unless a form is open and waits for an answer of its own."""
        waiting = self.get("also")
        if waiting is not None and waiting["intent"] == self.heard.intent:
            self.put("also", None)
        if self.turn.also is not None and self.turn.also.intent != self.heard.intent:
            self.put("also", {"intent": self.turn.also.intent, "text": self.turn.also.text})

    def offer_second_wish(self, *, form_ends: bool = False) -> None:
        """Ask for it once nothing else is open; 好的 or the button takes it up."""
        wish = self.get("also")
        is_busy = self.active_form is not None and not (form_ends or self._ends_form)
        if wish is None or is_busy or self.follow is not None or self.get("suspended_form"):
            return
        self.put("also", None)
        self.put("offer", wish["intent"])
        self.put("offer_words", wish["text"])
        is_question = wish["intent"] == "faq"
        title = self.wording.label("answer_it" if is_question else wish["intent"])
        spoken = _LINKS.sub("", wish["text"]) if is_question else wish.get("spoken") or title
        later = button(self.wording.label("not_now"), "deny")
        self.say("utter_also_wanted", [{"title": title, "payload": wish["text"]}, later], wish=spoken)

    # -- where it goes from here -------------------------------------------------------------------

    @property
    def active_form(self) -> str | None:
        name = (self.tracker.active_loop or {}).get("name")
        return str(name) if name else None

    def end_form(self) -> None:
        """Whatever form is open, or waits to be resumed, is over."""
        self._ends_form = True
        self.put("requested_slot", None)
        self.put("suspended_form", None)
        self.forget_task()

    def hand_off(self, reason: HandOffReason) -> None:
        """A person takes over, in this very turn."""
        self.put("hand_off_reason", reason.value)
        self.follow = HAND_OFF

    def slot_events(self) -> Events:
        return [SlotSet(slot, value) for slot, value in self._set.items()]

    def events(self) -> Events:
        """Everything set, and the next step: named, back to the open form, or listen."""
        resumed = None if self._ends_form else self.active_form or self.get("suspended_form")
        if self.follow is None and resumed:
            self.put("suspended_form", None)
        loop = [ActiveLoop(None)] if self._ends_form else []
        return [*loop, *self.slot_events(), FollowupAction(self.follow or resumed or LISTEN)]

    # -- records -----------------------------------------------------------------------------------

    async def settled(self, task: str, result: str, *, waybill_no: str | None = None) -> None:
        """The summary of a matter settled in this contact, once however often the turn is tried."""
        text, contact = self.wording.summary(task, result), self.turn.contact(task)
        await self.services.tickets.summarise(task, text, waybill_no=waybill_no, contact=contact)
