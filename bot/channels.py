"""What every channel speaks: a message that came in, a reply that goes out."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field


class MessageKind(StrEnum):
    """How the customer wrote: words (typed, or spoken and recognised), a tapped button, or what is no words."""

    text = "text"
    postback = "postback"
    image = "image"
    voice = "voice"
    video = "video"
    file = "file"
    location = "location"


class Attachment(BaseModel):
    """Something that is no words: a picture, a recording, a file, a place.

    ``id`` names it in our own store of attachments once it is there; until then ``remote`` is what its platform calls
    it.  A place has ``latitude`` and ``longitude`` in degrees (GCJ-02, as Chinese maps have them) and neither of those.
    """

    model_config = ConfigDict(frozen=True)

    kind: MessageKind
    id: str = ""
    remote: str = ""
    name: str = Field(default="", max_length=200)
    content_type: str = ""
    size: int = 0
    latitude: float | None = None
    longitude: float | None = None


class Button(BaseModel):
    """A quick reply.  ``payload`` is what tapping it says: plain words, or ``/intent{"entity": "value"}``."""

    model_config = ConfigDict(frozen=True)

    title: str = Field(max_length=60)
    payload: str = Field(max_length=500)


class Reply(BaseModel):
    """One bubble of an answer, in Markdown, with quick replies and whatever is no words."""

    model_config = ConfigDict(frozen=True)

    text: str
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()


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
    attachments: pictures and the like; they have their ``id`` before the message is stored.
    """

    channel: str
    sender: str
    external_id: str
    kind: MessageKind
    text: str
    received_at: datetime
    payload: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()


Author: TypeAlias = Literal["customer", "bot", "agent", "system"]
