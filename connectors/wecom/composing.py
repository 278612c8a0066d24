"""One thing to be said as messages of the platform.  Pure."""

import re
from dataclasses import dataclass
from typing import Any

from bot.channels import Attachment, Button, MessageKind
from bot.delivery.ports import Outgoing
from connectors.wechat.offers import choice_of
from connectors.wechat.rendering import as_wechat_text
from connectors.wechat.splitting import size, split
from connectors.wecom.words import word

MIB = 1024 * 1024
TEXT_BYTES = 2048
MENU_ITEMS = 10
_HEAD_BYTES = 1024
_ITEM_BYTES = 128
_LONGEST_TITLE = 40
_LEAST_ROOM = 256
_ANCHOR = re.compile(r'<a href="([^"]*)">(.*?)</a>', re.DOTALL)
_TAKEN = {
    "image": (10 * MIB, {"image/png", "image/jpeg", "image/gif", "image/webp"}),
    "voice": (2 * MIB, {"audio/amr"}),
    "video": (10 * MIB, {"video/mp4"}),
}
"""Largest size and content types the platform takes as such; GIF and WebP are made JPEG first."""
_FILE_BYTES = 20 * MIB


@dataclass(frozen=True)
class TextPart:
    """Words, at most the limit in bytes with the choices written out below them."""

    text: str
    buttons: tuple[Button, ...] = ()

    @property
    def fits_menu(self) -> bool:
        titles = [button.title for button in self.buttons]
        is_short = size(self.text) <= _HEAD_BYTES and all(size(title) <= _ITEM_BYTES for title in titles)
        return 0 < len(titles) <= MENU_ITEMS and is_short

    def numbered(self) -> str:
        """The choices as a list to be answered by number."""
        if not self.buttons:
            return self.text
        lines = [f"{number}. {button.title[:_LONGEST_TITLE]}" for number, button in enumerate(self.buttons, start=1)]
        return "\n".join([*([self.text, ""] if self.text else []), *lines, word("choose")])

    def menu(self) -> dict[str, Any]:
        """The choices as a ``msgmenu``."""
        items = [
            {"type": "click", "click": {"id": choice_of(button), "content": button.title}} for button in self.buttons
        ]
        return {"head_content": self.text, "list": items}


@dataclass(frozen=True)
class FilePart:
    """Something of our store, as this kind of message."""

    kind: str
    attachment: Attachment


@dataclass(frozen=True)
class PlacePart:
    """A place on the map."""

    latitude: float
    longitude: float
    name: str


Part = TextPart | FilePart | PlacePart


def compose(outgoing: Outgoing) -> tuple[Part, ...]:
    """At least one part, always the same for the same `Outgoing`."""
    text = as_wecom_text(outgoing.text)
    shown = [(each, _shown(each)) for each in outgoing.attachments]
    told = [word("file_not_shown", file=each.name or word("a_file")) for each, part in shown if part is None]
    text = "\n".join(line for line in (text, *told) if line)
    if outgoing.notice is not None:
        return (TextPart(split(text, TEXT_BYTES)[0]),)
    parts: list[Part] = [part for _, part in shown if part is not None]
    if text or outgoing.buttons or not parts:
        parts = [*_texts(text, outgoing.buttons), *parts]
    return tuple(parts)


def as_wecom_text(markdown: str) -> str:
    """What the chat shows as it is meant: addresses bare, as it makes links of those only."""
    return _ANCHOR.sub(lambda found: _link(found.group(2), found.group(1)), as_wechat_text(markdown)).strip()


def _link(title: str, url: str) -> str:
    return f"{url} " if title in ("", url) else f"{title} {url} "


def _texts(text: str, buttons: tuple[Button, ...]) -> list[TextPart]:
    if buttons and not text:
        text = word("please_choose")
    whole = TextPart(text, buttons)
    if whole.fits_menu:
        return [whole]
    below = size(TextPart(" ", buttons).numbered()) if buttons else 0
    pieces = split(text, max(TEXT_BYTES - below, _LEAST_ROOM))
    return [*(TextPart(piece) for piece in pieces[:-1]), TextPart(pieces[-1], buttons)]


def _shown(attachment: Attachment) -> FilePart | PlacePart | None:
    """None for what the platform cannot show."""
    if attachment.kind is MessageKind.location and attachment.latitude is not None and attachment.longitude is not None:
        name = attachment.name or word("a_place")
        return PlacePart(attachment.latitude, attachment.longitude, name)
    if not attachment.id:
        return None
    limit, types = _TAKEN.get(attachment.kind.value, (0, set[str]()))
    if attachment.content_type in types and attachment.size <= limit:
        return FilePart(attachment.kind.value, attachment)
    return FilePart("file", attachment) if attachment.size <= _FILE_BYTES else None
