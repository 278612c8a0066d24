"""An answer as the customer of each channel gets it, by the channel's own renderer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from bot.channels import Button
from bot.delivery.ports import Outgoing
from connectors.sms.catalogue import load_catalogue
from connectors.sms.segments import segments
from connectors.sms.texts import plain
from connectors.wechat.composing import TextPart as WeChatText
from connectors.wechat.composing import compose as compose_wechat
from connectors.wecom.composing import TextPart as WeComText
from connectors.wecom.composing import compose as compose_wecom

CHANNELS = ("web", "wechat", "wecom", "sms")
_WECHAT_BYTES = 2048
_NEVER = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Bubble:
    """One message as it is shown.  ``choices`` can be tapped; ``is_markdown``: the widget draws it itself.

    ``segments`` is how many SMS it costs, None elsewhere.
    """

    text: str
    choices: tuple[str, ...] = ()
    is_markdown: bool = False
    segments: int | None = None


class Preview(Protocol):
    """What a channel makes of an answer in Markdown with the titles of its buttons: at least one bubble."""

    def __call__(self, channel: str, text: str, buttons: Sequence[str] = ()) -> Sequence[Bubble]: ...


def preview_of_connectors(channel: str, text: str, buttons: Sequence[str] = ()) -> list[Bubble]:
    """As the connectors send it; channels that nobody renders get what the widget gets.

    The signature of an SMS is the gateway's and not counted.
    """
    if channel == "wechat":
        parts = compose_wechat(_outgoing(channel, text, buttons), _WECHAT_BYTES)
        return [Bubble(part.numbered()) for part in parts if isinstance(part, WeChatText)]
    if channel == "wecom":
        shown = compose_wecom(_outgoing(channel, text, buttons))
        return [_wecom(part) for part in shown if isinstance(part, WeComText)]
    if channel == "sms":
        lines = [_choice().format(number=number, title=title) for number, title in enumerate(buttons, start=1)]
        whole = "\n".join(filter(None, [plain(text), *lines]))
        return [Bubble(whole, segments=segments(whole))]
    return [Bubble(text, tuple(buttons), is_markdown=True)]


def _wecom(part: WeComText) -> Bubble:
    if part.fits_menu:
        return Bubble(part.text, tuple(button.title for button in part.buttons))
    return Bubble(part.numbered())


def _outgoing(channel: str, text: str, buttons: Sequence[str]) -> Outgoing:
    shown = tuple(Button(title=title[:60], payload="/x") for title in buttons)
    return Outgoing(UUID(int=0), channel, "", "bot", text, _NEVER, buttons=shown)


@lru_cache(maxsize=1)
def _choice() -> str:
    return load_catalogue().words["choice"]
