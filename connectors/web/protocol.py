"""The widget protocol, version 1: envelopes parsed once, and the frames we send."""

import time
import unicodedata
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from bot.channels import MessageKind
from bot.conversations.model import ConversationState
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
    kind: MessageKind = MessageKind.text
    text: str = ""
    payload: str = Field(default="", pattern=POSTBACK)


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


class Quiet(_Frame):
    """Frames without anything to read in them."""

    type: Literal["ping", "pong", "read", "leave_queue"]


ClientFrame = Annotated[Hello | ChatMessage | Typing | Quiet, Field(discriminator="type")]
client_frame: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)


def clean(text: str) -> str:
    """What was typed, without control characters, lone surrogates and outer white space."""
    kept = (sign for sign in text if sign in _KEPT or unicodedata.category(sign) not in ("Cc", "Cs", "Co", "Cn"))
    return "".join(kept).strip()


def envelope(kind: str, data: dict[str, Any], *, seq: int = 0, ref: str = "") -> dict[str, Any]:
    """One frame to the client; ``ref`` is the id it answers."""
    return {"v": VERSION, "type": kind, "id": ref, "seq": seq, "ts": int(time.time() * 1000), "data": data}


def message_frame(message: MessageView) -> dict[str, Any]:
    data = {
        "author": message.author,
        "author_name": message.author_name,
        "text": message.text,
        "buttons": [button.model_dump() for button in message.buttons],
        "client_id": message.external_id,
        "created_at": message.created_at.isoformat(),
    }
    return envelope("message", data, seq=message.seq)


def mode_data(view: ConversationView) -> dict[str, Any]:
    """Who has the conversation, in the widget's words."""
    modes = {ConversationState.queued: "queued", ConversationState.agent: "human"}
    return {
        "mode": modes.get(view.state, "bot"),
        "agent_name": view.agent_name,
        "queue_position": view.queue_position,
    }
