"""The two parts of the desk that run in the browser, and what the page tells them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from nicegui.element import Element

from bot.clock import local
from bot.conversations.model import ConversationState
from bot.conversations.mood import Sentiment, Urgency
from bot.conversations.schemas import ConversationView, MessageView
from bot.desk.context import visitor_label
from bot.desk.schemas import Glance
from bot.desk.service import Person
from bot.desk.words import DeskWords
from bot.handover.presence import AgentCard


def mood_badges(sentiment: Sentiment | None, urgency: Urgency | None, words: DeskWords) -> list[dict[str, str]]:
    """What is worth telling about the customer's mood, gravest kinds in colour (``kind``), explained by ``hint``."""
    shown = [(sentiment, words.sentiments), (urgency, words.urgencies)]
    return [
        {"kind": member.value, "text": texts[member].text, "hint": texts[member].hint}
        for member, texts in shown
        if member
    ]


_SHOWN = {
    *("seq", "author", "author_name", "external_id", "text", "buttons", "created_at"),
    *("kind", "attachments", "delivery", "delivery_problem"),
}


class DeskLists(Element, component="lists.js"):
    """The queue and the person's own conversations, and the person's state.

    Emits ``open``, ``accept``, ``decline`` (an id), ``next`` and ``state``.
    """

    def __init__(self, words: DeskWords, username: str = "") -> None:
        super().__init__()
        self._words = words
        self._props.update(words=words.ui, shortcuts=words.shortcuts, queue=[], mine=[], chosen="")
        self._props.update(me=username, presence=None)

    def be(self, card: AgentCard) -> None:
        """The person's state and load."""
        known = {"state": card.state.value, "why": card.why, "held": card.held, "capacity": card.capacity}
        if known != self._props["presence"]:
            self._props["presence"] = known
            self.update()

    def show(self, queue: Sequence[Glance], mine: Sequence[Glance], *, chosen: UUID | None, now: datetime) -> None:
        self._props["queue"] = [self._line(glance) for glance in queue]
        self._props["mine"] = [self._line(glance) for glance in mine]
        self._props["server_now"] = int(now.timestamp() * 1000)
        self.choose(chosen)

    def choose(self, chosen: UUID | None) -> None:
        self._props["chosen"] = str(chosen or "")
        self.update()

    def _line(self, glance: Glance) -> dict[str, Any]:
        words = self._words
        return glance.model_dump(mode="json") | {
            "moods": mood_badges(glance.sentiment, glance.urgency, words),
            "channel": words.channel(glance.channel),
            "reason": words.reasons.get(glance.reason or "", glance.reason),
            "intent": words.intent(glance.intent),
            "author": words.authors.get(glance.last_author or "", ""),
        }


class DeskChat(Element, component="chat.js"):
    """One conversation.

    Emits ``accept``, ``say``, ``typing``, ``older``, ``read``, ``resolve``, ``places`` (where may this go?),
    ``transfer``, ``take_over`` and ``whisper``.
    """

    def __init__(self, words: DeskWords, person: Person) -> None:
        super().__init__()
        self._words = words
        self._person = person
        codes = [{"code": code, "name": words.intent(code)} for code in words.wrap_up_codes]
        self._props.update(words=words.ui, authors=words.authors, codes=codes, me=person.username, conversation=None)
        self._props.update(fates=words.fates, files=words.files, leads=False, hands_over=False)

    def can(self, *, leads: bool) -> None:
        """Conversations may be handed on from here; who leads may take them over."""
        self._props.update(leads=leads, hands_over=True)

    def transfer_to(self, places: Sequence[dict[str, str]]) -> None:
        """Teams and colleagues that the open conversation may go to."""
        self.run_method("chooseTransfer", list(places))

    def moved_on(self, conversation_id: UUID) -> None:
        self.run_method("movedOn", str(conversation_id))

    def show(self, view: ConversationView | None) -> None:
        """Which conversation is open and who has it; its messages follow with `put`."""
        shown = self._conversation(view) if view else None
        if shown != self._props["conversation"]:
            self._props["conversation"] = shown
            self.update()

    def put(self, conversation_id: UUID, messages: Sequence[MessageView], *, more: bool | None = None) -> None:
        """Add messages to the log, each shown once; ``more`` says whether there are older ones, None leaves it."""
        plain = [message.model_dump(mode="json", include=_SHOWN) for message in messages]
        self.run_method("put", str(conversation_id), plain, more)

    def customer_types(self, conversation_id: UUID, *, on: bool) -> None:
        self.run_method("typing", str(conversation_id), on)

    def refuse(self, external_id: str, why: str) -> None:
        """A message was not taken; the person gets the words back."""
        self.run_method("refuse", external_id, why)

    def resolved(self, conversation_id: UUID) -> None:
        self.run_method("resolved", str(conversation_id))

    def _conversation(self, view: ConversationView) -> dict[str, Any]:
        words = self._words
        code = view.hand_off_intent if view.hand_off_intent in words.wrap_up_codes else "other"
        return {
            "id": str(view.id),
            "visitor": visitor_label(view.customer_id),
            "channel": words.channel(view.reply_channel),
            "state": self._state(view),
            "state_text": self._state_text(view),
            "moods": mood_badges(view.sentiment, view.urgency, words),
            "wrap_up_code": code,
            "wrap_up_text": words.ui["wrap_up_prefill"].format(intent=words.intent(code)),
        }

    def _state(self, view: ConversationView) -> str:
        if view.state != ConversationState.agent:
            return view.state.value
        return "mine" if view.agent == self._person.username else "colleague"

    def _state_text(self, view: ConversationView) -> str:
        ui = self._words.ui
        texts = {
            "queued": ui["queued"],
            "offered": ui["queued"],
            "mine": ui["with_you"],
            "colleague": ui["with_colleague"].format(name=view.agent_name or view.agent),
            "ended": ui["ended"],
        }
        text = texts.get(self._state(view), ui["with_bot"])
        return f"{text} · {local(view.accepted_at):%H:%M}" if view.accepted_at else text
