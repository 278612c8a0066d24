"""One thing to be said as messages of the platform.  Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from bot.channels import Attachment, Button, MessageKind
from bot.delivery.ports import Outgoing
from bot.words import Words
from connectors.wechat.offers import choice_of
from connectors.wechat.rendering import as_wechat_text
from connectors.wechat.splitting import size, split

MIB = 1024 * 1024
MENU_ITEMS = 10
_LONGEST_TITLE = 40
_LEAST_ROOM = 256
_TAKEN = {
    MessageKind.image: (10 * MIB, {"image/png", "image/jpeg", "image/gif", "image/webp"}),
    MessageKind.voice: (2 * MIB, {"audio/amr", "audio/mpeg"}),
    MessageKind.video: (10 * MIB, {"video/mp4"}),
}
"""Largest size and content types the platform takes; WebP is made JPEG first."""


@lru_cache(maxsize=1)
def own_words() -> Words:
    """What only this channel has to say."""
    return Words.load(Path(__file__).parent / "words")


def word(which: str, /, **values: str) -> str:
    return own_words().render(f"utter_wechat_{which}", **values)[0].text


@dataclass(frozen=True)
class TextPart:
    """Words, at most the limit in bytes with the choices written out below them; ``tail`` stands below the choices."""

    text: str
    buttons: tuple[Button, ...] = ()
    tail: str = ""

    def numbered(self) -> str:
        """The choices as a list to be answered by number."""
        text = with_numbers(self.text, self.buttons)
        return f"{text}\n\n{self.tail}" if self.tail else text

    def menu(self) -> dict[str, Any]:
        """The choices as a ``msgmenu``."""
        items = [{"id": choice_of(button), "content": button.title} for button in self.buttons]
        return {"head_content": self.text, "list": items, "tail_content": self.tail}


@dataclass(frozen=True)
class FilePart:
    """A picture, recording or film of our store."""

    attachment: Attachment


def compose(outgoing: Outgoing, limit: int) -> tuple[TextPart | FilePart, ...]:
    """At least one part, always the same for the same `Outgoing`."""
    text = as_wechat_text(outgoing.text)
    files = [each for each in outgoing.attachments if _is_taken(each)]
    told = [_in_words(each) for each in outgoing.attachments if not _is_taken(each)]
    text = "\n".join(line for line in (text, *told) if line)
    if outgoing.notice is not None:
        return (TextPart(split(text, limit)[0]),)
    parts: list[TextPart | FilePart] = [FilePart(each) for each in files]
    if text or outgoing.buttons or not files:
        parts = [*_texts(text, outgoing.buttons, limit), *parts]
    return tuple(parts)


def with_numbers(text: str, buttons: Sequence[Button]) -> str:
    if not buttons:
        return text
    lines = [f"{number}. {button.title[:_LONGEST_TITLE]}" for number, button in enumerate(buttons, start=1)]
    return "\n".join([*([text, ""] if text else []), *lines, word("choose")])


def _texts(text: str, buttons: tuple[Button, ...], limit: int) -> list[TextPart]:
    if buttons and not text:
        text = word("please_choose")
    below = size(with_numbers(" ", buttons)) if buttons else 0
    pieces = split(text, max(limit - below, _LEAST_ROOM))
    return [*(TextPart(piece) for piece in pieces[:-1]), TextPart(pieces[-1], buttons)]


def _is_taken(attachment: Attachment) -> bool:
    limit, types = _TAKEN.get(attachment.kind, (0, set[str]()))
    return bool(attachment.id) and attachment.content_type in types and attachment.size <= limit


def _in_words(attachment: Attachment) -> str:
    """What the platform cannot show as it is."""
    if attachment.kind is MessageKind.location and attachment.latitude is not None:
        place = f"{attachment.latitude},{attachment.longitude}"
        name = attachment.name or word("a_place")
        url = f"https://apis.map.qq.com/uri/v1/marker?marker=coord:{place};title:{quote(name)}"
        return f'<a href="{url}">{name}</a>'
    return word("file_not_shown", file=attachment.name or word("a_file"))
