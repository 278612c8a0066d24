"""What a push says, read once into frozen shapes: a message somebody wrote, or something that happened."""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TypeAlias

from bot.channels import Attachment, MessageKind
from bot.errors import UnreadableError
from connectors.tencent_body import Fields

_BARCODE = re.compile(
    r"^(?:CODE_?\d+|EAN_?\d+|UPC_[AE]|ITF|CODABAR|QR_CODE|DATA_MATRIX|PDF_?417|AZTEC),", re.IGNORECASE
)
_SCENE = "qrscene_"
_SCANS = ("scancode_waitmsg", "scancode_push")
_MEDIA = {
    "image": MessageKind.image,
    "voice": MessageKind.voice,
    "video": MessageKind.video,
    "shortvideo": MessageKind.video,
}


@dataclass(frozen=True)
class Written:
    """A message of a follower.

    Parameters
    ----------
    id: the platform's, or one made of what is unique in an event that speaks for its follower.
    menu_id: of the msgmenu item that was tapped.
    media_id: of what is no words; the platform keeps it three days.
    """

    openid: str
    id: str
    kind: MessageKind
    text: str = ""
    menu_id: str = ""
    payload: str = ""
    media_id: str = ""
    attachment: Attachment | None = None
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Followed:
    """Somebody subscribed, or scanned one of our codes as a follower; ``scene`` is that code's."""

    openid: str
    scene: str = ""
    is_new: bool = True


@dataclass(frozen=True)
class Unfollowed:
    """Somebody unsubscribed and can be told nothing any more."""

    openid: str


@dataclass(frozen=True)
class Clicked:
    """A key of our menu was tapped."""

    openid: str
    id: str
    key: str


@dataclass(frozen=True)
class Reported:
    """What became of a template message."""

    message_id: str
    is_delivered: bool
    status: str


@dataclass(frozen=True)
class Consented:
    """A follower was asked for subscription notices: which templates may, and which may not be used, once each."""

    openid: str
    accepted: tuple[str, ...]
    rejected: tuple[str, ...]


@dataclass(frozen=True)
class Withdrew:
    """A follower took back what they had authorised: personal data must go."""

    openid: str


@dataclass(frozen=True)
class Ignored:
    """Nothing for us to do."""

    what: str


Incoming: TypeAlias = Written | Followed | Unfollowed | Clicked | Reported | Consented | Withdrew | Ignored


def key_of(fields: Fields) -> str:
    """The same for every repetition of a push: its message id, or what the platform tells events apart by."""
    if message_id := _text(fields, "MsgId"):
        return message_id
    parts = [_text(fields, name) for name in ("FromUserName", "CreateTime", "Event", "EventKey", "MsgID", "MsgType")]
    scanned = fields.get("ScanCodeInfo")
    parts.append(_text(scanned, "ScanResult") if isinstance(scanned, dict) else "")
    return "event:" + blake2b("\0".join(parts).encode(), digest_size=16).hexdigest()


def read(fields: Fields) -> Incoming:
    """Raises `UnreadableError` for a push that lacks what its kind needs."""
    kind = _text(fields, "MsgType").lower()
    if kind == "event":
        return _event(fields)
    openid, message_id = _text(fields, "FromUserName"), key_of(fields)
    if kind == "text":
        menu_id = _text(fields, "bizmsgmenuid")
        return Written(openid, message_id, MessageKind.text, _text(fields, "Content").strip(), menu_id=menu_id)
    if kind in _MEDIA:
        return _media(fields, _MEDIA[kind], openid, message_id)
    if kind == "location":
        return _place(fields, openid, message_id)
    if kind == "link":
        lines = [_text(fields, name).strip() for name in ("Title", "Url")]
        return Written(openid, message_id, MessageKind.text, "\n".join(line for line in lines if line))
    return Ignored(f"message {kind[:40]}")


def scanned_text(result: str) -> str:
    """What a code says, without the kind of barcode the platform puts before it."""
    return _BARCODE.sub("", result.strip(), count=1).strip()


def _media(fields: Fields, kind: MessageKind, openid: str, message_id: str) -> Written:
    media_id = _text(fields, "MediaId")
    if not media_id:
        raise UnreadableError(f"a WeChat {kind} names no media")
    heard = _text(fields, "Recognition").strip() if kind is MessageKind.voice else ""
    # Spoken words that were recognised are words; the recording comes with them.
    said = MessageKind.text if heard else kind
    attachment = Attachment(kind=kind, remote=media_id)
    return Written(openid, message_id, said, heard, media_id=media_id, attachment=attachment)


def _place(fields: Fields, openid: str, message_id: str) -> Written:
    try:
        latitude, longitude = float(_text(fields, "Location_X")), float(_text(fields, "Location_Y"))
    except ValueError as error:
        raise UnreadableError("a WeChat location has no coordinates") from error
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise UnreadableError("a WeChat location is nowhere on Earth")
    names = [_text(fields, name).strip() for name in ("Label", "Poiname")]
    label = " ".join(name for name in names if name and name != "[位置]")[:200]
    place = Attachment(kind=MessageKind.location, name=label, latitude=latitude, longitude=longitude)
    return Written(openid, message_id, MessageKind.location, label, attachment=place)


def _event(fields: Fields) -> Incoming:
    event, openid = _text(fields, "Event").lower(), _text(fields, "FromUserName")
    key = _text(fields, "EventKey")
    if event == "subscribe":
        return Followed(openid, key.removeprefix(_SCENE))
    if event == "scan":
        return Followed(openid, key, is_new=False)
    if event == "unsubscribe":
        return Unfollowed(openid)
    if event == "click":
        return Clicked(openid, key_of(fields), key)
    if event in _SCANS:
        return _scan(fields, openid)
    if event == "location_select":
        return _place(_level(fields, "SendLocationInfo"), openid, key_of(fields))
    return _told(fields, event, openid)


def _told(fields: Fields, event: str, openid: str) -> Incoming:
    """Events that are reports of the platform rather than wishes of a follower."""
    if event in ("templatesendjobfinish", "masssendjobfinish"):
        status = _text(fields, "Status")
        message_id = _text(fields, "MsgID") or _text(fields, "MsgId")
        return Reported(message_id, status.lower() in ("success", "send success", "sendsuccess"), status)
    if event in ("subscribe_msg_popup_event", "subscribe_msg_change_event"):
        return _consent(fields, event, openid)
    if event in ("user_authorization_revoke", "user_authorization_cancellation"):
        return Withdrew(_text(fields, "OpenID") or openid)
    return Ignored(f"event {event[:40]}")


def _scan(fields: Fields, openid: str) -> Incoming:
    found = scanned_text(_text(_level(fields, "ScanCodeInfo"), "ScanResult"))
    if not found:
        return Ignored("an empty scan")
    return Written(openid, key_of(fields), MessageKind.text, found[:500], metadata={"scanned": "true"})


def _consent(fields: Fields, event: str, openid: str) -> Consented:
    name = "SubscribeMsgPopupEvent" if event == "subscribe_msg_popup_event" else "SubscribeMsgChangeEvent"
    found = _level(fields, name).get("List", [])
    items = [item for item in (found if isinstance(found, list) else [found]) if isinstance(item, dict)]
    ids = {verdict: [] for verdict in ("accept", "reject")}  # type: dict[str, list[str]]
    for item in items:
        ids.get(_text(item, "SubscribeStatusString").lower(), []).append(_text(item, "TemplateId"))
    return Consented(openid, tuple(ids["accept"]), tuple(ids["reject"]))


def _level(fields: Fields, name: str) -> Fields:
    found = fields.get(name)
    return found if isinstance(found, dict) else {}


def _text(fields: Fields, name: str) -> str:
    found = fields.get(name, "")
    return found if isinstance(found, str) else ""
