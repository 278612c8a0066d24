"""What forms ask for.  A field finds its own answer in a message, judges it, and asks for it."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import date

from actions.earlier import offered
from actions.heard import Appointment, Heard
from actions.talk import Talk, button
from bot.clock import local
from bot.conversations.model import HandOffReason
from bot.dialogue.components.values.dates import read_date
from bot.errors import BotError, NotFoundError
from bot.network.weights import parse_weight

_PHONE = re.compile(r"1[3-9]\d{9}|0\d{9,11}|400\d{7}")
_WORDS = re.compile(r"[^\W\d_]{2}")
_ORDERS = re.compile(r"[改换換约約推延送派来來取收挪调]")
_ANY_TIME = re.compile(r"随时|都行|都可以|尽快|马上|现在|越快|立刻|\d+\s*[点:：]")
_SHORTEST_ADDRESS = 5
_SHORTEST_STORY = 5
_SHORT_QUESTION = 10
_MOST_CHOICES = 5


class InvalidAnswerError(BotError):
    """An answer was given but is no good; the response says why and how it should look, and thereby asks again.

    An empty response means that everything has been said already.  ``slot`` is filled in by the form.
    """

    def __init__(self, response: str, buttons: list[dict[str, str]] | None = None, /, **values: str) -> None:
        super().__init__(response)
        self.response = response
        self.buttons = buttons or []
        self.values = values
        self.slot: str | None = None


class FormOverError(BotError):
    """The form ends here, without its last step; what there was to say has been said.

    ``follow`` is the form or action that the message belongs to instead.
    """

    def __init__(self, hand_off: HandOffReason | None = None, *, follow: str | None = None) -> None:
        super().__init__(str(hand_off or follow))
        self.hand_off = hand_off
        self.follow = follow


class Field(ABC):
    """One fact a form needs, kept in the slot of the same name.

    Parameters
    ----------
    free_text: whether any words may be the answer when it was asked for.
    absorbs: whether problems told on the way (碎了, 没送上门) are part of the answer rather than a new matter.
    unclear: what is said to words that are no answer, before it is asked again.
    """

    free_text = False
    absorbs = False
    unclear = "utter_answer_unclear"

    def __init__(self, slot: str) -> None:
        self.slot = slot

    def is_spoken_of(self, heard: Heard) -> bool:  # noqa: ARG002
        """Whether the message is about this very question (我不知道尾号), whatever the classifier makes of it."""
        return False

    @abstractmethod
    async def take(self, talk: Talk, *, asked: bool) -> bool:
        """Whether the message held an answer, which is then in the slot.  Raises `InvalidAnswerError`."""

    async def is_open(self, talk: Talk) -> bool:
        """Whether it still has to be asked for.  Raises `FormOverError` when the form can't go on."""
        return talk.get(self.slot) is None

    async def ask(self, talk: Talk) -> None:
        """In the words of this task where it has its own, else in the slot's."""
        own = f"need_{talk.form_task}_{self.slot}"
        talk.say(f"utter_{own}" if talk.wording.has(own) else f"utter_need_{self.slot}")

    def fill(self, talk: Talk, value: str | None) -> bool:
        if value is None:
            return False
        talk.put(self.slot, value)
        return True


class EntityField(Field):
    """Answered by an entity; by any words too when ``free_text``."""

    def __init__(
        self, slot: str, *kinds: str, free_text: bool = False, parse: Callable[[str], str | None] = str
    ) -> None:
        super().__init__(slot)
        self._kinds = kinds
        self._parse = parse
        self.free_text = free_text

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        found = talk.heard.first(*self._kinds)
        value = self._parse(found) if found else None
        if value is None and asked and talk.heard.words and not talk.heard.asks:
            value = self._parse(talk.heard.words) if self.free_text or self._parse is not str else None
        return self.fill(talk, value)


class PhoneField(Field):
    """A mobile or landline number."""

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        digits = re.sub(r"\D", "", talk.heard.first("phone") or "")
        if _PHONE.fullmatch(digits):
            return self.fill(talk, digits)
        if asked and talk.heard.digits:
            raise InvalidAnswerError("utter_bad_phone")
        return False


class WhenField(Field):
    """A day or a time of day: the day in full where it is known, the rest in the customer's words.

    A day that is over is refused where it is the answer; told in passing (昨天没人在家), it is no answer.

    Parameters
    ----------
    any_time: 随时 and the like will do as well.
    """

    def __init__(self, slot: str, *, any_time: bool = False) -> None:
        super().__init__(slot)
        self._any_time = any_time

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        now = local(talk.services.clock())
        named = talk.heard.appointment(now.date())
        if named is None and asked and talk.heard.intent == "affirm":
            named = _proposed(talk, now.date())
        if named is None:
            any_time = asked and self._any_time and _ANY_TIME.search(talk.heard.words)
            return self.fill(talk, talk.heard.words if any_time else None)
        if self._only_asks(talk):
            return False
        if named.days is None:
            return self.fill(talk, named.words)
        if not named.is_over_by(now):
            return self.fill(talk, _in_full(talk, named, now.date()))
        if asked or named.intended or not named.is_over(now.date()):
            raise InvalidAnswerError("utter_past_day", day=_in_full(talk, named, now.date()))
        return False

    async def ask(self, talk: Talk) -> None:
        """A day that was only asked about is proposed; nothing is done for a question."""
        now = local(talk.services.clock())
        named = talk.heard.appointment(now.date()) if self._only_asks(talk) else None
        if named is None or named.days is None or named.is_over_by(now):
            await super().ask(talk)
            return
        when = _in_full(talk, named, now.date())
        facts = {"date": named.day_words, "time_period": named.hour}
        yes = button(talk.wording.label("yes"), "inform", **{kind: words for kind, words in facts.items() if words})
        talk.say("utter_propose_when", [yes, button(talk.wording.label("not_now"), "cancel_flow")], when=when)

    def _only_asks(self, talk: Talk) -> bool:
        """那周末呢 orders nothing yet; 能不能明天送 does."""
        return talk.is_opening and only_asks(talk.heard)


def only_asks(heard: Heard) -> bool:
    """A question about a day that says nothing of bringing or changing."""
    return heard.asks and not _ORDERS.search(heard.words)


def _proposed(talk: Talk, today: date) -> Appointment | None:
    """The day on the button of the answer before, for who says 好 instead of tapping it."""
    day = next(iter(offered(talk.tracker, "date")), None)
    hour = next(iter(offered(talk.tracker, "time_period")), "")
    return Appointment(day + hour, read_date(day, today), hour, intended=True) if day else None


def _in_full(talk: Talk, named: Appointment, today: date) -> str:
    days = named.left(today) if not named.is_over(today) else named.days
    return (talk.wording.days(days) if days else "") + named.hour


class PlaceField(Field):
    """A place for prices, times and coverage: only places the network knows.

    Parameters
    ----------
    role: the end of a route it is (``origin`` or ``destination``); None when there is only one place to speak of.
    """

    def __init__(self, slot: str, role: str | None = None) -> None:
        super().__init__(slot)
        self._role = role

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        text = self._choose(talk, asked=asked)
        if text is None and asked and not talk.heard.asks and talk.heard.first("weight") is None:
            text = talk.heard.words or None
        if text is None:
            return False
        try:
            talk.services.network.place(text)
        except NotFoundError as error:
            if asked:
                raise InvalidAnswerError("utter_bad_place", place=text) from error
            return False
        return self.fill(talk, text)

    def _choose(self, talk: Talk, *, asked: bool) -> str | None:
        places = talk.heard.places
        if self._role is None:
            return places[0].text if places else None
        named = [place.text for place in places if place.role == self._role]
        if named:
            return named[0]
        unnamed = [place.text for place in places if place.role is None]
        if asked and len(places) == 1 and unnamed:
            return unnamed[0]
        return _by_order(unnamed, self._role, alone_is_destination=talk.is_opening and len(places) == 1, of=len(places))


def _by_order(unnamed: list[str], role: str, *, alone_is_destination: bool, of: int) -> str | None:
    """Without a word like 到 or 从 the first place is where it starts and the last where it goes."""
    if len(unnamed) >= 2:
        return unnamed[0] if role == "origin" else unnamed[-1]
    if len(unnamed) == 1 and of == 2:
        return unnamed[0]
    return unnamed[0] if unnamed and alone_is_destination and role == "destination" else None


class WeightField(Field):
    """A weight; kept in kilograms."""

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        said = talk.heard.first("weight") or (talk.heard.words if asked else None)
        kilograms = parse_weight(said) if said else None
        if kilograms is None or kilograms <= 0:
            if asked and talk.heard.digits:
                raise InvalidAnswerError("utter_bad_weight")
            return False
        return self.fill(talk, f"{kilograms:g}")


class AddressField(Field):
    """A full address, as typed.

    Parameters
    ----------
    role: for forms with two addresses, the end it is; an address nobody asked for goes to this end only if the words
        before it say so.
    city_is_enough: a region without street will do; the courier asks for the rest.
    """

    free_text = True

    def __init__(self, slot: str, role: str | None = None, *, city_is_enough: bool = False) -> None:
        super().__init__(slot)
        self._role = role
        self._city_is_enough = city_is_enough

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        found = self._named(talk.heard, asked=asked)
        plain = talk.heard.words and not talk.heard.waybill_numbers and not talk.heard.asks
        if found is None and asked and plain:
            found = talk.heard.words
            if len(found) < _SHORTEST_ADDRESS or not re.search(r"[\u4e00-\u9fff]{2}", found):
                raise InvalidAnswerError("utter_bad_address")
        return self.fill(talk, found)

    def _named(self, heard: Heard, *, asked: bool) -> str | None:
        fitting = [place for place in heard.places if self._fits(place.role, asked=asked)]
        long = [place.text for place in fitting if len(place.text) >= _SHORTEST_ADDRESS and place.has_street]
        if long:
            return long[0]
        return fitting[0].text if fitting and self._city_is_enough else None

    def _fits(self, role: str | None, *, asked: bool) -> bool:
        return self._role is None or role == self._role or (asked and role is None)


class TextField(Field):
    """The customer's own words.

    Parameters
    ----------
    enough: the opening sentence is the answer already when it has at least this many characters.
    telling: or when it says one of these.
    """

    free_text = True
    absorbs = True

    def __init__(self, slot: str, *, enough: int | None = None, telling: str | None = None) -> None:
        super().__init__(slot)
        self._enough = enough
        self._telling = re.compile(telling) if telling else None

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        words = talk.heard.words
        if not _WORDS.search(talk.heard.words_alone) or (asked and talk.heard.intent == "affirm"):
            return False
        if asked and talk.heard.asks_terms and len(words) <= _SHORT_QUESTION:
            return False
        if asked or (talk.get(self.slot) is None and talk.is_opening and (self._tells(words) or _adds(talk))):
            return self.fill(talk, talk.heard.words_alone)
        return False

    def _tells(self, words: str) -> bool:
        plain = re.sub(r"[A-Za-z0-9\s\W]+", "", words)
        if self._telling is not None:
            return bool(self._telling.search(plain))
        return self._enough is not None and len(plain) >= self._enough


def _adds(talk: Talk) -> bool:
    """More words to the matter that was reported just before: 网上显示12，他收了22."""
    task, told = talk.form_task, talk.heard.words_alone
    if len(told) < _SHORTEST_STORY:
        return False
    return talk.tracker.slots.get("last_task") == task and talk.heard.intent == task and not talk.heard.asks


class ConfirmField(Field):
    """您确认吗: the last step before something with consequences.  Any fact changed meanwhile asks again."""

    def __init__(self, shown: dict[str, str], editable: tuple[str, ...] = ()) -> None:
        super().__init__("confirm")
        self._shown = shown
        self._editable = editable

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        if not asked:
            return False
        if talk.heard.intent == "affirm":
            return self.fill(talk, "yes")
        if talk.heard.intent == "deny" and not talk.heard.entities:
            talk.say("utter_form_cancelled")
            raise FormOverError
        edit = talk.heard.first("edit")
        if edit == "any":
            talk.say("utter_which_edit", [self._edit_button(talk, slot) for slot in self._editable])
            raise InvalidAnswerError("")
        if edit in self._editable:
            talk.put(edit, None)
            return True
        return False

    async def ask(self, talk: Talk) -> None:
        values = self.values(talk)
        edit = [button(talk.wording.label("edit"), "inform", edit="any")] if self._editable else []
        end = [button(talk.wording.label("give_up"), "cancel_flow")]
        yes = [button(talk.wording.label("yes"), "affirm")]
        task = talk.form_task
        talk.say(f"utter_confirm_{task}", [*yes, *edit, *end], **values)

    def values(self, talk: Talk) -> dict[str, str]:
        """What the question shows."""
        return {name: talk.text_of(slot) for name, slot in self._shown.items()}

    def _edit_button(self, talk: Talk, slot: str) -> dict[str, str]:
        return button(talk.wording.label(f"slot_{slot}"), "inform", edit=slot)


class ChoiceField(Field, ABC):
    """One of the customer's own things: the only one is taken, of several one is chosen by a button.

    Parameters
    ----------
    kind: the entity that names one.
    """

    def __init__(self, slot: str) -> None:
        super().__init__(slot)

    async def take(self, talk: Talk, *, asked: bool) -> bool:  # noqa: ARG002
        named = talk.heard.first(self.slot)
        if named is None:
            return False
        known = dict(await self.choices(talk))
        if named.upper() not in known:
            raise InvalidAnswerError(f"utter_unknown_{self.slot}", number=named)
        return self.fill(talk, named.upper())

    async def is_open(self, talk: Talk) -> bool:
        if talk.get(self.slot) is not None:
            return False
        own = await self.choices(talk)
        if not own:
            talk.say(f"utter_no_{self.slot}", self.instead(talk))
            raise FormOverError
        if len(own) == 1:
            talk.put(self.slot, own[0][0])
        return len(own) > 1

    async def ask(self, talk: Talk) -> None:
        own = (await self.choices(talk))[:_MOST_CHOICES]
        talk.say(f"utter_need_{self.slot}", [button(title, "inform", **{self.slot: number}) for number, title in own])

    @abstractmethod
    async def choices(self, talk: Talk) -> list[tuple[str, str]]:
        """(number, title) of each, newest first."""

    @abstractmethod
    def instead(self, talk: Talk) -> list[dict[str, str]]:
        """What to offer when there is none."""
