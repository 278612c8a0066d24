"""What every channel speaks: a message that came in, a reply that goes out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class MessageKind(StrEnum):
    """How the customer wrote: typed words, or a tapped button."""

    text = "text"
    postback = "postback"


class Button(BaseModel):
    """A quick reply.  ``payload`` is what tapping it says: plain words, or ``/intent{"entity": "value"}``."""

    model_config = ConfigDict(frozen=True)

    title: str = Field(max_length=60)
    payload: str = Field(max_length=500)


class Reply(BaseModel):
    """One bubble of an answer, in Markdown, with quick replies."""

    model_config = ConfigDict(frozen=True)

    text: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class IncomingMessage:
    """A customer's message, parsed once at the edge of its channel.

    Parameters
    ----------
    channel: name of the connector, e.g. ``web``.
    sender: who wrote, in the channel's own terms (visitor id, openid).
    external_id: the channel's id of this message; the same id is the same message.
    text: what was said or, for a postback, the title of the button.
    payload: what a tapped button means; empty for words.
    """

    channel: str
    sender: str
    external_id: str
    kind: MessageKind
    text: str
    received_at: datetime
    payload: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


Author: TypeAlias = Literal["customer", "bot", "agent", "system"]
