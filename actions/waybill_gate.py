"""The way to a waybill: which one, is it known, is the customer a party to it, and is the wish still possible."""

import re
from collections.abc import Sequence

from actions import other_carriers
from actions.binding import BIND
from actions.earlier import offered, words_before
from actions.fields import Field, FormOverError, InvalidAnswerError
from actions.foreign_numbers import other_carrier
from actions.heard import Heard, lacks_number
from actions.talk import Talk, button
from bot.conversations.model import HandOffReason
from bot.customers.phones import find_mobile
from bot.errors import AccessRefusedError, IllegalMoveError, TooManyGuessesError
from bot.waybills.service import InstructionKind

_MOST_OFFERED = 3
_ONE_BY_ONE = ("query_waybill", "query_eta", "query_courier", "query_pickup_code")
"""Questions that can be answered for several waybills, one after the other."""
_PREFIX, _DIGITS = "YD", 13
_SHORT = 10
_NTH = re.compile(r"(?:第|前面?[那一]?|上面?那?)\s*([一二三四五1-5个個])")
_ALL = re.compile(r"都|全部|一起|两个")
_LAST = re.compile(r"最后|后[面边]?[那一]?个|下面那?个")
_DIGIT_SIGNS = str.maketrans("12345个個", "一二三四五一一")
_HAS_NO_TAIL = re.compile(r"不知道|没有|不记得|不清楚|忘了?|记不[得住清]|唔知|唔記得")
_TAIL_NAMED = re.compile(r"尾号|尾數|[后末][四4]位|手机号?|電話|电话")
_HAS_NONE = re.compile(r"没有|没单号|不知道|不记得|忘了?|找不到|丢了|哪里[看找]|在哪[看找]?")


class WaybillField(Field):
    """The waybill under discussion: kept over the conversation, replaced by any new number.

    Parameters
    ----------
    optional: the matter can go on without one (没有单号).
    """

    def __init__(self, *, optional: bool = False) -> None:
        super().__init__("waybill_no")
        self._optional = optional

    def is_spoken_of(self, heard: Heard) -> bool:
        return heard.lacks_number and heard.intent != "cancel_flow"

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        if await other_carriers.take(talk):
            return True
        numbers = talk.heard.waybill_numbers or _pointed_at(talk)
        if len(numbers) > 1 and not await _one_by_one(talk, numbers):
            talk.put(self.slot, None)
            talk.say("utter_which_waybill", _choices(numbers))
            raise InvalidAnswerError("")
        if numbers:
            keep_for_later(talk, talk.form_task, numbers[1:])
            return await self._use(talk, numbers[0])
        is_lacking = talk.heard.lacks_number
        if asked and (is_lacking or talk.heard.intent == "deny" or _HAS_NONE.search(talk.heard.words)):
            if not self._optional:
                raise InvalidAnswerError(*_without_number(talk))
            talk.put("without_waybill", True)
            return True
        if self._optional and talk.is_opening and (is_lacking or _said_so_before(talk)):
            talk.put("without_waybill", True)
            return False
        if asked and find_mobile(talk.heard.words):
            raise InvalidAnswerError("utter_phone_is_no_waybill", [_bind_button(talk)])
        if asked and len(talk.heard.digits) >= 6:
            raise InvalidAnswerError("utter_bad_waybill_no")
        return False

    async def is_open(self, talk: Talk) -> bool:
        if talk.get("without_waybill"):
            return False
        if talk.waybill_no is None and (told := talk.turn.waybill_no) is not None:
            await self._use(talk, told)
        return talk.waybill_no is None or not await other_carriers.may_go_on(talk)

    async def ask(self, talk: Talk) -> None:
        own = await talk.services.waybills.of_customer(talk.turn.customer_id, limit=_MOST_OFFERED)
        if not own and talk.is_opening and _comes_without(talk):
            talk.say(*_without_number(talk))
            return
        buttons = _choices(tuple(waybill.waybill_no for waybill in own))
        if self._optional:
            buttons.append(button(talk.wording.label("no_number"), "deny"))
        talk.say("utter_pick_waybill_no" if own else "utter_need_waybill_no", buttons)

    async def _use(self, talk: Talk, waybill_no: str) -> bool:
        if not await talk.services.waybills.exists(waybill_no):
            if carrier := other_carrier(talk.heard, talk.services.others):
                talk.say("utter_other_not_ours", talk.buttons("query_waybill"), other=carrier)
                raise FormOverError
            digits = len(waybill_no) - len(_PREFIX)
            if waybill_no.startswith(_PREFIX) and digits != _DIGITS:
                more = talk.wording.label("missing" if digits < _DIGITS else "too_many")
                raise InvalidAnswerError("utter_waybill_length", waybill_no=waybill_no, digits=str(digits), more=more)
            raise InvalidAnswerError("utter_waybill_unknown", waybill_no=waybill_no)
        await talk.remember_waybill(waybill_no)
        return True


class PhoneTailField(Field):
    """The last four digits of a party's phone, asked for unless the customer is known to be a party."""

    unclear = "utter_without_phone_tail"

    def is_spoken_of(self, heard: Heard) -> bool:
        return bool(_HAS_NO_TAIL.search(heard.words) and _TAIL_NAMED.search(heard.words))

    def __init__(self) -> None:
        super().__init__("phone_tail")

    async def take(self, talk: Talk, *, asked: bool) -> bool:
        heard = talk.heard
        tail = (heard.phone_tail if asked else None) or heard.named_phone_tail
        if tail is None and asked and heard.digits and not heard.waybill_numbers:
            raise InvalidAnswerError("utter_bad_phone_tail")
        if tail is None and asked and _HAS_NO_TAIL.search(heard.words):
            raise InvalidAnswerError(self.unclear, talk.buttons("request_human"))
        return self.fill(talk, tail)

    async def is_open(self, talk: Talk) -> bool:
        tail = talk.get(self.slot)
        if await other_carriers.is_foreign(talk):
            talk.put(self.slot, None)
            await other_carriers.tell(talk, str(tail or ""))
        if talk.waybill_no is None or await self._is_party(talk, talk.waybill_no):
            return False
        if tail is None:
            return True
        talk.put(self.slot, None)
        await self._prove(talk, talk.waybill_no, str(tail))
        return False

    async def ask(self, talk: Talk) -> None:
        talk.say("utter_need_phone_tail", waybill_no=str(talk.waybill_no))

    async def _is_party(self, talk: Talk, waybill_no: str) -> bool:
        return await talk.services.waybills.party(talk.turn.customer_id, waybill_no) is not None

    async def _prove(self, talk: Talk, waybill_no: str, tail: str) -> None:
        try:
            await talk.services.waybills.prove(talk.turn.customer_id, waybill_no, tail)
        except TooManyGuessesError as error:
            raise FormOverError(HandOffReason.locked) from error
        except AccessRefusedError as error:
            raise InvalidAnswerError("utter_phone_tail_wrong", waybill_no=waybill_no) from error


class StillPossible(Field):
    """Asks nothing: ends the form with the reason when the parcel's state no longer allows what is wanted."""

    def __init__(self, kind: InstructionKind, *instead: str) -> None:
        super().__init__("possible")
        self._kind = kind
        self._instead = instead

    async def take(self, talk: Talk, *, asked: bool) -> bool:  # noqa: ARG002
        return False

    async def is_open(self, talk: Talk) -> bool:
        waybill_no = str(talk.waybill_no)
        try:
            await talk.services.waybills.check(self._kind, waybill_no)
        except IllegalMoveError as error:
            await say_too_late(talk, waybill_no, self._instead)
            raise FormOverError from error
        return False


async def say_too_late(talk: Talk, waybill_no: str, instead: tuple[str, ...]) -> None:
    """Why it can no longer be done, from the parcel's state, and what can be."""
    waybill = await talk.services.waybills.get(waybill_no)
    reason = talk.wording.part(f"part_too_late_{waybill.status}")
    buttons = talk.buttons(*instead, "request_human")
    talk.say("utter_too_late", buttons, waybill_no=waybill_no, reason=reason, task=talk.wording.label(talk.form_task))
    result = talk.wording.part("summary_too_late", reason=reason)
    await talk.settled(talk.form_task, result, waybill_no=waybill_no)


def _pointed_at(talk: Talk) -> tuple[str, ...]:
    """第一个, 后面那个, 两个都要: of the numbers on the buttons of the answer before."""
    shown = offered(talk.tracker, "waybill_no")
    if not shown or not talk.heard.words or len(talk.heard.words) > _SHORT:
        return ()
    if _ALL.search(talk.heard.words):
        return tuple(shown)
    if _LAST.search(talk.heard.words):
        return (shown[-1],)
    found = _NTH.search(talk.heard.words)
    place = "一二三四五".index(found[1].translate(_DIGIT_SIGNS)) if found else len(shown)
    return (shown[place],) if place < len(shown) else ()


async def _one_by_one(talk: Talk, numbers: Sequence[str]) -> bool:
    """Whether a question can be answered for each of the numbers: all of them are ours."""
    if talk.form_task not in _ONE_BY_ONE:
        return False
    return all([await talk.services.waybills.exists(number) for number in numbers])


def keep_for_later(talk: Talk, task: str, numbers: Sequence[str]) -> None:
    """The next of several numbers is asked about once the first is answered."""
    if numbers:
        text = " ".join((talk.wording.label(task), *numbers))
        talk.put("also", {"intent": task, "text": text, "spoken": numbers[0]})


def _comes_without(talk: Talk) -> bool:
    """Whether the sentence that began the matter says that there is no number, or puts a phone's in its place."""
    return talk.heard.lacks_number or (talk.form_task in _ONE_BY_ONE and find_mobile(talk.heard.words) is not None)


def _said_so_before(talk: Talk) -> bool:
    """Whether one of the messages before said that there is no number, and none was found since."""
    return talk.waybill_no is None and any(map(lacks_number, words_before(talk.tracker)))


def _without_number(talk: Talk) -> tuple[str, list[dict[str, str]]]:
    """What is said to who has no number: where it stands, or why a phone's will not do, and what does instead."""
    if talk.heard.has_only_phone or find_mobile(talk.heard.words):
        return "utter_phone_is_no_waybill", [_bind_button(talk)]
    return "utter_where_waybill_no", [_bind_button(talk), *talk.buttons("request_human")]


def _bind_button(talk: Talk) -> dict[str, str]:
    return {"title": talk.wording.label("bind"), "payload": BIND}


def _choices(numbers: tuple[str, ...]) -> list[dict[str, str]]:
    return [button(number, "inform", waybill_no=number) for number in numbers[:5]]
