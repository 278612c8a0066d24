"""What goes over the wire, both ways; the published schema is made from these models."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

ContactId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.@:+-]{1,64}$")]
Mode = Literal["bot", "queued", "human"]


class _Body(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Contact(_Body):
    """Whoever writes, by your own id.

    ``phone`` counts as verified, and joins what the same person said on other channels, when ``phone_hash`` is hex
    HMAC-SHA256(signing secret, "ID:PHONE") and your account vouches for phones.
    """

    id: ContactId
    name: str | None = Field(default=None, max_length=60)
    phone: str | None = Field(default=None, pattern=r"^\+?\d{6,15}$")
    phone_hash: str = Field(default="", max_length=128)


class Location(_Body):
    """A place in GCJ-02 degrees, as Chinese maps have them."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    name: str = Field(default="", max_length=200)


class InMessage(_Body):
    """``id`` is yours: the same id again is the same message and does nothing.

    ``attachments`` are ids that uploads were answered with.  A ``postback`` is a tapped button: its title as ``text``.
    """

    id: str = Field(min_length=1, max_length=128)
    type: Literal["text", "postback"] = "text"
    text: str = Field(default="", max_length=10_000)
    payload: str = Field(default="", max_length=500)
    attachments: tuple[Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")], ...] = Field(default=(), max_length=9)
    location: Location | None = None


class MessageRequest(_Body):
    """A customer said something.  ``at``: when, if that was not just now."""

    contact: Contact
    message: InMessage
    at: AwareDatetime | None = None


class Accepted(BaseModel):
    """Stored for good.  ``duplicate``: it was there already."""

    accepted: Literal[True] = True
    duplicate: bool


class EnterRequest(_Body):
    """A customer opened the chat; a greeting is sent unless ``greet`` is false.  The same ``id`` greets once."""

    contact: Contact
    id: str = Field(min_length=1, max_length=128)
    greet: bool = True


class TypingRequest(_Body):
    contact: ContactId
    on: bool = True


class ReadRequest(_Body):
    """The customer has seen everything up to this number."""

    contact: ContactId
    up_to_seq: int = Field(ge=1, lt=2**53)


class ReportRequest(_Body):
    """What became of a message you were sent: ``id`` is that of the delivery."""

    id: UUID
    state: Literal["delivered", "read", "failed"]
    reason: str = Field(default="", max_length=200)


class AttachmentView(BaseModel):
    """A picture or file; ``url`` is signed and good for some hours."""

    id: str
    kind: str
    name: str
    content_type: str
    size: int
    url: str = ""
    latitude: float | None = None
    longitude: float | None = None


class ButtonView(BaseModel):
    """A quick reply: show the title, send the payload back as a ``postback``."""

    title: str
    payload: str


class MessageView(BaseModel):
    """One bubble, Markdown in ``text``; ``seq`` counts from 1 within the conversation, without gaps."""

    seq: int
    id: str | None = None
    author: Literal["customer", "bot", "agent", "system"]
    author_name: str | None = None
    text: str
    buttons: list[ButtonView] = []
    attachments: list[AttachmentView] = []
    at: datetime


class ContactView(BaseModel):
    """Who has the conversation, and how far it goes."""

    conversation_id: UUID
    mode: Mode
    agent_name: str | None
    queue_position: int | None
    seq: int


class ContactRef(BaseModel):
    id: str


class OutMessage(BaseModel):
    author: Literal["customer", "bot", "agent", "system"]
    text: str
    buttons: list[ButtonView] = []
    attachments: list[AttachmentView] = []


class OutNotice(BaseModel):
    """What a message of our own accord is about, for apps that show it in their own way."""

    kind: str
    values: dict[str, str]


class MessageEvent(BaseModel):
    """Something is said to a customer.  ``id`` is the delivery: a repeated POST has the same one."""

    type: Literal["message"] = "message"
    id: UUID
    at: datetime
    contact: ContactRef
    conversation_id: UUID | None
    seq: int | None
    mode: Mode | None
    message: OutMessage
    notice: OutNotice | None = None


class TypingEvent(BaseModel):
    """The bot or an agent writes; forget it after 30 s."""

    type: Literal["typing"] = "typing"
    id: UUID
    at: datetime
    contact: ContactRef
    on: bool


class ModeEvent(BaseModel):
    """Somebody else has the conversation now.  Best effort: every message says the mode, too."""

    type: Literal["mode"] = "mode"
    id: UUID
    at: datetime
    contact: ContactRef
    conversation_id: UUID
    mode: Mode
    agent_name: str | None
    queue_position: int | None


class PingEvent(BaseModel):
    """An operator tries whether you can be reached."""

    type: Literal["ping"] = "ping"
    id: UUID
    at: datetime


CallbackEvent = MessageEvent | TypingEvent | ModeEvent | PingEvent
