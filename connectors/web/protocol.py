"""The widget protocol, version 1: envelopes parsed once, and the frames we send."""

import time
import unicodedata
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.channels import Attachment, MessageKind
from bot.conversations.model import ConversationState
from bot.conversations.ratings import Given, Offer, rating_rules
from bot.conversations.schemas import ConversationView, MessageView

VERSION = 1
POSTBACK = r"^(/[a-z_]{1,64}(\{.{0,400}\})?|[^/].{0,400})?$"
_KEPT = {"\n", "\t", "\u200d"}


class _Frame(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(default="", max_length=64)


class HelloData(BaseModel):
    token: str = Field(max_length=2000)
    last_seq: int = Field(default=0, ge=0)


class Hello(_Frame):
    """The first frame of a connection."""

    type: Literal["hello"]
    data: HelloData


class MessageData(BaseModel):
    """``attachments`` are ids that uploads were answered with; with them the text may be empty."""

    kind: Literal[MessageKind.text, MessageKind.postback] = MessageKind.text
    text: str = ""
    payload: str = Field(default="", pattern=POSTBACK)
    attachments: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = ()


class ChatMessage(_Frame):
    """What the customer says; ``id`` is the client's own and makes sending twice harmless."""

    type: Literal["message"]
    id: str = Field(min_length=1, max_length=64)
    data: MessageData


class TypingData(BaseModel):
    on: bool = True


class Typing(_Frame):
    type: Literal["typing"]
    data: TypingData = TypingData()


class ReadData(BaseModel):
    up_to_seq: int = Field(default=0, ge=0, lt=2**53)


class Read(_Frame):
    """How far the customer has seen."""

    type: Literal["read"]
    data: ReadData = ReadData()


class RatingData(Given):
    """The answer to a ``rate`` frame of this ``seq``."""

    seq: int = Field(ge=1, lt=2**53)


class RatingAnswer(_Frame):
    type: Literal["rating"]
    data: RatingData


class Quiet(_Frame):
    """Frames without anything to read in them."""

    type: Literal["ping", "pong", "leave_queue"]


ClientFrame = Annotated[
    Hello | ChatMessage | Typing | Read | RatingAnswer | Quiet,
    Field(discriminator="type"),
]
client_frame: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)


Shown = Callable[[tuple[Attachment, ...]], list[dict[str, object]]]


def clean(text: str) -> str:
    """What was typed, without control characters, lone surrogates and outer white space."""
    kept = (sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in ("Cc", "Cs", "Co", "Cn"))
    return "".join(kept).strip()


def envelope(kind: str, data: dict[str, Any], *, seq: int = 0, ref: str = "") -> dict[str, Any]:
    """One frame to the client; ``ref`` is the id it answers."""
    return {"v": VERSION, "type": kind, "id": ref, "seq": seq, "ts": int(time.time() * 1000), "data": data}


def message_frame(message: MessageView, shown: Shown) -> dict[str, Any]:
    """One bubble; ``shown`` gives attachments their signed addresses.

    In a conversation that began on another channel our ids are kept with our name in front.
    """
    data = {
        "author": message.author,
        "author_name": message.author_name,
        "text": message.text,
        "buttons": [button.model_dump() for button in message.buttons],
        "attachments": shown(message.attachments),
        "client_id": (message.external_id or "").removeprefix("web:"),
        "created_at": message.created_at.isoformat(),
    }
    return envelope("message", data, seq=message.seq)


def mode_data(view: ConversationView) -> dict[str, Any]:
    """Who has the conversation, in the widget's words."""
    modes = {
        ConversationState.queued: "queued",
        ConversationState.offered: "queued",
        ConversationState.agent: "human",
    }
    return {
        "mode": modes.get(view.state, "bot"),
        "agent_name": view.agent_name,
        "queue_position": view.queue_position,
    }


def rate_frame(offer: Offer | None) -> dict[str, Any]:
    """A service the customer may rate, with the reasons to tick for few and for many stars; empty: none, or no more."""
    if offer is None:
        return envelope("rate", {"seq": 0})
    rules = rating_rules()
    reasons = {
        "low": [{"code": code, "text": text} for code, text in rules.low.items()],
        "high": [{"code": code, "text": text} for code, text in rules.high.items()],
    }
    return envelope(
        "rate", {"seq": offer.seq, "about": offer.about, "agent_name": offer.agent_name, "reasons": reasons}
    )
