"""Parcels of other carriers on the way to a waybill: their track is told, and nothing else can be done about them.

The fields of `actions.waybill_gate` ask here first.  Where no tracking service is configured, nothing is done here.
"""

from typing import NoReturn

from actions.fields import FormOverError, InvalidAnswerError
from actions.foreign_numbers import mention_in
from actions.intents import CONTROL, TASKS_WITH_FORM
from actions.talk import Talk, button
from bot.conversations.model import HandOffReason
from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    PhoneTailWrongError,
    TooManyGuessesError,
    TrackingError,
    TrackNotFoundError,
)
from bot.waybills.foreign import ForeignParcels
from bot.waybills.model import Waybill

ASKING = frozenset({"query_waybill", "query_eta", "query_courier", "query_pickup_code"})
"""The tasks that a track answers."""
_TRIES = 2
_SHORT = 16
"""A message so short that names a carrier says whose the number is: 是中通的."""


async def take(talk: Talk) -> bool:
    """Whether the message holds a number of another carrier, or says whose the number under discussion is."""
    parcels = talk.services.others
    if parcels is None or len(talk.heard.waybill_numbers) > 1:
        return False
    mention = mention_in(talk.heard, parcels)
    if mention is None:
        return await _take_carrier(talk, parcels)
    if await talk.services.waybills.exists(mention.waybill_no):
        return False
    talk.put("waybill_no", mention.waybill_no)
    if mention.carrier:
        await parcels.say_carrier(talk.turn.customer_id, mention.waybill_no, mention.carrier)
    return True


async def is_foreign(talk: Talk) -> bool:
    """Whether the waybill under discussion is another carrier's."""
    if talk.services.others is None or talk.waybill_no is None:
        return False
    return not await talk.services.waybills.exists(talk.waybill_no)


def belongs(talk: Talk) -> bool:
    """Whether a message is for an open question about a waybill although the model took it for none of our matters."""
    parcels, intent = talk.services.others, talk.heard.intent
    if parcels is None or talk.form_task not in ASKING or intent in CONTROL or intent in TASKS_WITH_FORM:
        return False
    return mention_in(talk.heard, parcels) is not None or bool(_named_carrier(talk, parcels))


async def may_go_on(talk: Talk) -> bool:
    """Whether the waybill under discussion will do for this task.

    Raises `FormOverError` when the customer has just named another carrier's for something only we could do; one that
    was named before is dropped, and another has to be named.
    """
    if talk.form_task in ASKING or not await is_foreign(talk):
        return True
    mention = mention_in(talk.heard, talk.services.others)
    if mention is None:
        talk.put("waybill_no", None)
        return False
    facts = {"waybill_no": mention.waybill_no, "task": talk.wording.label(talk.form_task)}
    track = button(talk.wording.label("query_waybill"), "query_waybill", waybill_no=mention.waybill_no)
    talk.say("utter_other_only_track", [track, *talk.buttons("request_human")], **facts)
    raise FormOverError


async def tell(talk: Talk, tail: str) -> NoReturn:
    """Look up the waybill under discussion and tell where it is, or ask what is missing for that.

    Raises `FormOverError` when there is nothing more to ask, `InvalidAnswerError` when there is: all has been said.
    """
    parcels, waybill_no = _parcels(talk), str(talk.waybill_no)
    try:
        waybill = await parcels.look_up(talk.turn.customer_id, waybill_no, phone_tail=tail)
    except TooManyGuessesError as error:
        raise FormOverError(HandOffReason.locked) from error
    except PhoneTailWrongError as error:
        raise _wrong_tail(talk, error, parcels.name_of(error.carrier)) from error
    except PhoneTailRequiredError as error:
        talk.say("utter_other_need_phone_tail", waybill_no=waybill_no, carrier=parcels.name_of(error.carrier))
        raise InvalidAnswerError("") from error
    except CarrierUnknownError as error:
        _ask_carrier(talk, parcels, waybill_no)
        raise InvalidAnswerError("") from error
    except (CarrierUnsupportedError, TrackNotFoundError) as error:
        response = "utter_other_no_track" if isinstance(error, TrackNotFoundError) else "utter_other_unsupported"
        raise _over(talk, response, carrier=parcels.name_of(error.carrier)) from error
    except TrackingError as error:
        raise _over(talk, "utter_other_busy") from error
    raise await _told(talk, waybill, parcels.name_of(waybill.carrier or ""))


async def _told(talk: Talk, waybill: Waybill, carrier: str) -> FormOverError:
    """Its last scan, and how old that knowledge is."""
    scan = waybill.track[-1]
    values = {"waybill_no": waybill.waybill_no, "carrier": carrier}
    values["status"] = talk.wording.label(f"status_{waybill.status}")
    updated = talk.wording.moment(waybill.as_of or scan.at)
    talk.say("utter_other_status", since=talk.wording.moment(scan.at), scan=scan.text, updated=updated, **values)
    # No waybill of ours hangs on it: the summary names it in its words.
    await talk.settled(talk.form_task, talk.wording.part("summary_other_carrier", **values))
    return _end(talk)


def _wrong_tail(talk: Talk, error: PhoneTailWrongError, carrier: str) -> Exception:
    """Asked for once more, then no more: it may as well be the number that is wrong."""
    if error.times >= _TRIES:
        return _over(talk, "utter_other_phone_tail_wrong_again", carrier=carrier)
    return InvalidAnswerError("utter_other_phone_tail_wrong", waybill_no=error.waybill_no, carrier=carrier)


def _ask_carrier(talk: Talk, parcels: ForeignParcels, waybill_no: str) -> None:
    choices = [
        button(parcels.name_of(carrier), "inform", waybill_no=f"{carrier}:{waybill_no}")
        for carrier in parcels.choices(waybill_no)
    ]
    talk.say("utter_other_which_carrier", choices, waybill_no=waybill_no)


async def _take_carrier(talk: Talk, parcels: ForeignParcels) -> bool:
    carrier = _named_carrier(talk, parcels)
    if not carrier or not await is_foreign(talk):
        return False
    await parcels.say_carrier(talk.turn.customer_id, str(talk.waybill_no), carrier)
    return True


def _named_carrier(talk: Talk, parcels: ForeignParcels) -> str:
    words = talk.heard.words
    return parcels.carrier_in(words) if 0 < len(words) <= _SHORT and talk.waybill_no is not None else ""


def _over(talk: Talk, response: str, **values: str) -> FormOverError:
    talk.say(response, talk.buttons("request_human"), waybill_no=str(talk.waybill_no), **values)
    return _end(talk)


def _end(talk: Talk) -> FormOverError:
    """A task that waits was about a waybill of ours; it asks for its number again rather than take this one."""
    if talk.get("suspended_form") is not None:
        talk.put("waybill_no", None)
    return FormOverError()


def _parcels(talk: Talk) -> ForeignParcels:
    """For those who have seen that the waybill is another carrier's."""
    assert talk.services.others is not None  # noqa: S101 - `is_foreign` says so
    return talk.services.others
