"""What ``sync_msg`` tells, read once into frozen shapes: something somebody said, or something that happened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Any, TypeAlias

from bot.channels import Attachment, MessageKind
from bot.errors import UnreadableError
from connectors.tencent_body import Fields, read_body
from connectors.wecom.words import word

CUSTOMER, SYSTEM, SERVICER = "3", "4", "5"
_MEDIA = {kind.value: kind for kind in (MessageKind.image, MessageKind.voice, MessageKind.video, MessageKind.file)}
_LONGEST_ID = 128
_LONGEST_TEXT = 8000
_LATEST = 4_102_444_800


@dataclass(frozen=True)
class Place:
    """Whom it is about, where and when."""

    open_kfid: str
    external_userid: str
    at: datetime


@dataclass(frozen=True)
class Said:
    """A message.

    Parameters
    ----------
    menu_id: of the menu item that was tapped.
    servicer: set when a person said it in WeCom, to the customer; empty when the customer did.
    """

    place: Place
    id: str
    kind: MessageKind
    text: str = ""
    menu_id: str = ""
    attachment: Attachment | None = None
    servicer: str = ""


@dataclass(frozen=True)
class Entered:
    """A customer opened the chat.  ``welcome_code`` is good for one message within 20 seconds."""

    place: Place
    welcome_code: str = ""


@dataclass(frozen=True)
class NotSent:
    """A message of ours was taken and did not arrive."""

    place: Place
    message_id: str
    fail_type: str


@dataclass(frozen=True)
class Moved:
    """Somebody has a session from now on, or, without ``servicer``, it has ended.  ``code`` is good for one message."""

    place: Place
    servicer: str = ""
    code: str = ""


@dataclass(frozen=True)
class Ignored:
    """Nothing for us to do."""

    what: str


Incoming: TypeAlias = Said | Entered | NotSent | Moved | Ignored


def cleaned(message: Mapping[str, Any]) -> Fields:
    """A message of a page, all its values texts, without what cannot be stored.  Raises `BodyError` for a monster."""
    return _well_named(read_body(json.dumps(dict(message)).encode()))


def key_of(fields: Fields) -> str:
    """The platform's id of the message; one made of its content where it has none."""
    message_id = _text(fields, "msgid")
    if 0 < len(message_id) <= _LONGEST_ID:
        return message_id
    return "digest:" + blake2b(json.dumps(fields, sort_keys=True).encode(), digest_size=16).hexdigest()


def customer_of(fields: Fields) -> str:
    return (_text(fields, "external_userid") or _text(_level(fields, "event"), "external_userid"))[:_LONGEST_ID]


def sent_at(fields: Fields) -> datetime:
    """When it was sent; the beginning of time where that makes no sense."""
    stamp = _text(fields, "send_time")
    seconds = int(stamp[:12]) if stamp.isascii() and stamp.isdecimal() else 0
    return datetime.fromtimestamp(min(seconds, _LATEST), timezone.utc)


def read(fields: Fields, open_kfid: str) -> Incoming:
    """Raises `UnreadableError` for a message that lacks what its kind needs."""
    kind, origin = _text(fields, "msgtype").lower(), _text(fields, "origin")
    place = Place(open_kfid, customer_of(fields), sent_at(fields))
    if not place.external_userid:
        return Ignored("about no customer")
    if kind == "event":
        return _event(_level(fields, "event"), place)
    servicer = _text(fields, "servicer_userid")[:_LONGEST_ID] or "?"
    if origin == CUSTOMER:
        return _said(fields, kind, place, "")
    return _said(fields, kind, place, servicer) if origin == SERVICER else Ignored(f"origin {origin[:10]}")


def _said(fields: Fields, kind: str, place: Place, servicer: str) -> Said:
    content, message_id = _level(fields, kind), key_of(fields)
    if kind == "text":
        text = _text(content, "content").strip()[:_LONGEST_TEXT]
        menu_id = _text(content, "menu_id")[:_LONGEST_ID]
        return Said(place, message_id, MessageKind.text, text, menu_id=menu_id, servicer=servicer)
    if kind in _MEDIA:
        return _media(content, _MEDIA[kind], place, message_id, servicer)
    if kind == "location":
        return _place(content, place, message_id, servicer)
    return Said(place, message_id, MessageKind.text, _in_words(kind, content), servicer=servicer)


def _media(content: Fields, kind: MessageKind, place: Place, message_id: str, servicer: str) -> Said:
    media_id = _text(content, "media_id")
    if not media_id:
        raise UnreadableError(f"a WeCom {kind} names no media")
    attachment = Attachment(kind=kind, remote=media_id)
    return Said(place, message_id, kind, attachment=attachment, servicer=servicer)


def _place(content: Fields, place: Place, message_id: str, servicer: str) -> Said:
    try:
        latitude, longitude = float(_text(content, "latitude")), float(_text(content, "longitude"))
    except ValueError as error:
        raise UnreadableError("a WeCom location has no coordinates") from error
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UnreadableError("a WeCom location is nowhere on Earth")
    names = [_text(content, name).strip() for name in ("name", "address")]
    label = " ".join(dict.fromkeys(name for name in names if name))[:200]
    where = Attachment(kind=MessageKind.location, name=label, latitude=latitude, longitude=longitude)
    return Said(place, message_id, MessageKind.location, label, attachment=where, servicer=servicer)


def _in_words(kind: str, content: Fields) -> str:
    """What is neither words nor a file; never nothing, so that somebody sees that it came."""
    if kind == "link":
        return _lines(content, "title", "url") or word("something", kind=kind)
    if kind == "miniprogram":
        return word("mini_program", title=_text(content, "title")[:200])
    if kind == "business_card":
        return word("business_card")
    if kind == "msgmenu":
        return _menu(content) or word("something", kind=kind)
    if kind in ("channels_shop_product", "channels_shop_order"):
        return word(kind, title=_lines(content, "product_name", "title", "order_id", "product_id")[:300])
    return word("something", kind="".join(char for char in kind[:40] if char.isalnum() or char == "_"))


def _menu(content: Fields) -> str:
    """A menu that a person sent."""
    items = content.get("list")
    found = [_lines(_level(item, _text(item, "type")), "content") for item in _dicts(items)]
    lines = [_text(content, "head_content"), *found, _text(content, "tail_content")]
    return "\n".join(line for line in lines if line.strip())[:_LONGEST_TEXT]


def _event(event: Fields, place: Place) -> Incoming:
    kind = _text(event, "event_type").lower()
    if kind == "enter_session":
        return Entered(place, _text(event, "welcome_code")[:_LONGEST_ID])
    if kind == "msg_send_fail":
        return NotSent(place, _text(event, "fail_msgid")[:_LONGEST_ID], _text(event, "fail_type")[:10])
    if kind == "session_status_change":
        return _moved(event, place)
    return Ignored(f"event {kind[:40]}")


def _moved(event: Fields, place: Place) -> Incoming:
    """1 from the pool, 2 to another servicer, 3 ended, 4 taken up again by a servicer."""
    change, code = _text(event, "change_type"), _text(event, "msg_code")[:_LONGEST_ID]
    if change == "3":
        return Moved(place, code=code)
    servicer = _text(event, "new_servicer_userid")[:_LONGEST_ID]
    if change in ("1", "2", "4"):
        return Moved(place, servicer or "?", code)
    return Ignored(f"change {change[:10]}")


def _well_named(fields: Fields) -> Fields:
    """Without names that PostgreSQL cannot hold; values are clean already."""
    return {name: _well_named_value(value) for name, value in fields.items() if name.isprintable()}


def _well_named_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _well_named(value)
    return [_well_named_value(each) for each in value] if isinstance(value, list) else value


def _lines(content: Fields, *names: str) -> str:
    found = (_text(content, name).strip() for name in names)
    return "\n".join(line for line in found if line)[:_LONGEST_TEXT]


def _dicts(found: Any) -> list[Fields]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _level(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _text(fields: Fields, name: str) -> str:
    found = fields.get(name, "")
    return found if isinstance(found, str) else ""
