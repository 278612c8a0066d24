"""The parts of the desk that run in the browser, and what the page tells them."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from nicegui.dependencies import register_esm
from nicegui.element import Element
from pypinyin import lazy_pinyin

from bot.clock import local
from bot.conversations.model import ConversationState
from bot.conversations.mood import Sentiment, Urgency
from bot.conversations.ratings import RatingView, rating_rules
from bot.conversations.schemas import ConversationView
from bot.desk.context import visitor_label
from bot.desk.schemas import Context, DeskMessage, Glance
from bot.desk.service import Person
from bot.desk.standings import Standing
from bot.desk.tools.free_text import mask_text
from bot.desk.tools.notes import Note
from bot.desk.tools.presence import Here
from bot.desk.tools.schemas import HereView, NoteView
from bot.desk.tools.words import tool_words
from bot.desk.words import DeskWords, desk_words

_MODULES = Path(__file__).with_name("talk")
_SHOWN = {
    *("seq", "author", "author_name", "external_id", "text", "buttons", "created_at", "is_masked"),
    *("kind", "attachments", "delivery", "delivery_problem"),
}

register_esm("kuaida-desk", _MODULES, max_time=max(each.stat().st_mtime for each in _MODULES.glob("*.js")))


def mood_badges(sentiment: Sentiment | None, urgency: Urgency | None, words: DeskWords) -> list[dict[str, str]]:
    """What is worth telling about the customer's mood, gravest kinds in colour (``kind``), explained by ``hint``."""
    shown = [(sentiment, words.sentiments), (urgency, words.urgencies)]
    return [
        {"kind": member.value, "text": texts[member].text, "hint": texts[member].hint}
        for member, texts in shown
        if member
    ]


def _fix(element: Element, **props: Any) -> None:
    """Props that nobody changes behind the element's back: neither copied for each page nor watched."""
    for name, value in props.items():
        dict.__setitem__(element.props, name, value)


@lru_cache(maxsize=5000)
def _line(glance: Glance) -> dict[str, Any]:
    """A line of the lists as the browser shows it; lines are shared by all pages."""
    words = desk_words()
    return glance.model_dump(mode="json") | {
        "moods": mood_badges(glance.sentiment, glance.urgency, words),
        "channel": words.channel(glance.channel),
        "reason": words.reasons.get(glance.reason or "", glance.reason),
        "intent": words.intent(glance.intent),
        "author": words.authors.get(glance.last_author or "", ""),
    }


class DeskBell(Element, component="bell.js"):
    """Mentions and tasks of the person; reads them by itself."""

    def __init__(self, words: DeskWords) -> None:
        super().__init__()
        _fix(self, words=words.ui)

    def look(self) -> None:
        """There may be something new."""
        self.run_method("load")


class DeskLists(Element, component="lists.js"):
    """The queue and the person's own conversations, and the person's state.

    Emits ``open``, ``accept``, ``decline`` (an id), ``next`` and ``state``.
    """

    def __init__(self, words: DeskWords, username: str = "") -> None:
        super().__init__()
        self._parts: dict[str, Any] = {}
        self._is_drawn = False
        _fix(self, words=words.ui, shortcuts=words.shortcuts, me=username, first=self._parts)

    def drawn(self) -> None:
        """The page is on its way to the browser: from now on it is told what has changed, and nothing else."""
        self._is_drawn = True

    def be(self, standing: Standing) -> None:
        """The person's state and load."""
        known = {"state": standing.state.value, "why": standing.why, "held": standing.held}
        self._tell(presence=known | {"capacity": standing.capacity})

    def show_queue(self, queue: Sequence[Glance], *, now: datetime) -> None:
        self._tell(now, queue=[_line(glance) for glance in queue])

    def show_mine(self, mine: Sequence[Glance], *, now: datetime) -> None:
        self._tell(now, mine=[_line(glance) for glance in mine])

    def choose(self, chosen: UUID | None) -> None:
        self._tell(chosen=str(chosen or ""))

    def _tell(self, now: datetime | None = None, **parts: Any) -> None:
        """Tell the browser what differs from what it was told before."""
        news = {name: part for name, part in parts.items() if name not in self._parts or self._parts[name] != part}
        if not news:
            return
        if now is not None:
            news["server_now"] = int(now.timestamp() * 1000)
        self._parts.update(news)
        if self._is_drawn:
            self.run_method("take", news)


class DeskChat(Element, component="chat.js"):
    """One conversation.

    Emits ``accept``, ``say``, ``typing``, ``older``, ``read``, ``resolve``, ``places`` (where may this go?),
    ``transfer``, ``take_over``, ``whisper`` and ``again`` (show it anew).
    """

    def __init__(self, words: DeskWords, person: Person, *, tools: bool = False) -> None:
        super().__init__()
        self._words = words
        self._person = person
        _fix(self, words=words.ui, authors=words.authors, fates=words.fates, files=words.files)
        _fix(self, codes=_codes(), kinds=tool_words().promises)
        self._props.update(me=person.username, conversation=None, leads=False, hands_over=False, tools=tools)

    def can(self, *, leads: bool) -> None:
        """Conversations may be handed on from here; who leads may take them over."""
        self._props.update(leads=leads, hands_over=True)

    def transfer_to(self, places: Sequence[dict[str, str]]) -> None:
        """Teams and colleagues that the open conversation may go to."""
        self.run_method("chooseTransfer", list(places))

    def moved_on(self, conversation_id: UUID) -> None:
        self.run_method("movedOn", str(conversation_id))

    def show(self, context: Context | None) -> None:
        """Which conversation is open and who has it; its messages follow with `put`."""
        shown = self._conversation(context) if context else None
        if shown != self._props["conversation"]:
            self._props["conversation"] = shown
            self.update()

    def put(self, conversation_id: UUID, messages: Sequence[DeskMessage], *, more: bool | None = None) -> None:
        """Add messages to the log, each shown once; ``more`` says whether there are older ones, None leaves it."""
        plain = [message.model_dump(mode="json", include=_SHOWN) for message in messages]
        self.run_method("put", str(conversation_id), plain, more)

    def put_notes(self, conversation_id: UUID, notes: Sequence[Note]) -> None:
        """All notes of the conversation."""
        plain = [NoteView.model_validate(note).model_dump(mode="json") for note in notes]
        self.run_method("putNotes", str(conversation_id), plain)

    def put_others(self, conversation_id: UUID, others: Sequence[Here]) -> None:
        """Who else looks at the conversation."""
        plain = [HereView.model_validate(one).model_dump(mode="json") for one in others]
        self.run_method("putOthers", str(conversation_id), plain)

    def put_read(self, conversation_id: UUID, seq: int) -> None:
        """How far the customer has read."""
        self.run_method("putRead", str(conversation_id), seq)

    def customer_types(self, conversation_id: UUID, *, on: bool) -> None:
        self.run_method("typing", str(conversation_id), on)

    def refuse(self, external_id: str, why: str, kind: str = "") -> None:
        """A message was not taken; the person gets the words back.

        ``kind``: ``block`` where other words are needed, ``warn`` where it goes out once confirmed.
        """
        self.run_method("refuse", external_id, why, kind)

    def remind(self, why: str) -> None:
        """It was sent, and this is to be minded."""
        self.run_method("remind", why)

    def resolved(self, conversation_id: UUID) -> None:
        self.run_method("resolved", str(conversation_id))

    def unresolved(self, why: str) -> None:
        """The summary was not taken; it stays open with everything that stands in it."""
        self.run_method("unresolved", why)

    def _conversation(self, context: Context) -> dict[str, Any]:
        words, view = self._words, context.conversation
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
            "scripts": context.scripts.model_dump(mode="json"),
            "suggested": context.suggested.model_dump(mode="json") if context.suggested else None,
            "ratings": [_rating(one) for one in context.past.ratings if one.conversation_id == view.id],
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


def rating_words(rating: RatingView) -> str:
    """What a customer said of a service besides the stars."""
    rules = rating_rules()
    reasons = [(rules.low | rules.high).get(code, code) for code in rating.reasons]
    whom = rating.agent_name or desk_words().authors["bot"]
    told = "、".join([*reasons, *filter(None, [mask_text(rating.comment)])])
    return f"{desk_words().ui['rated'].format(whom=whom)} {told}".strip()


def _rating(rating: RatingView) -> dict[str, Any]:
    plain = rating.model_dump(mode="json", include={"seq", "score", "answered_at"})
    return plain | {"text": rating_words(rating)}


@lru_cache(maxsize=1)
def _codes() -> list[dict[str, Any]]:
    """The wrap-up codes with their names, and what is quick to type for each: pinyin and its first letters."""
    words = desk_words()
    found = []
    for code in words.wrap_up_codes:
        syllables = lazy_pinyin(words.intent(code))
        spelled = ["".join(syllables), "".join(each[:1] for each in syllables)]
        found.append({"code": code, "name": words.intent(code), "spelled": spelled})
    return found
