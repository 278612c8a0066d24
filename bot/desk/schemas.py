"""What the desk shows and is told: a conversation at a glance, its context, and the requests of the REST API."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.conversations.mood import Sentiment, Urgency
from bot.conversations.ratings import RatingView
from bot.conversations.schemas import ConversationView, MessageView
from bot.desk.tools.schemas import PromiseView, ScriptsView
from bot.desk.tools.summing_up import Confirmed
from bot.handover.brief import HandoverBrief
from bot.staff.model import Role
from bot.waybills.model import CheckpointKind, Condition, PartyRole, Product, WaybillStatus

EXTERNAL_ID = r"^desk:[A-Za-z0-9-]{8,64}$"
LONGEST_MESSAGE = 2000
MOST_FILES = 9


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Glance(Frozen):
    """One line of the queue or of a person's own conversations.  ``unread`` counts customer messages, up to 30.

    ``sentiment`` and ``urgency`` are the gravest of the customer's latest messages, None while all is calm.
    """

    id: UUID
    channel: str
    visitor: str
    waybill_no: str | None
    reason: str | None
    intent: str | None
    summary: str | None
    sentiment: Sentiment | None = None
    urgency: Urgency | None = None
    team: str | None = None
    offered_to: str | None = None
    offered_name: str | None = None
    offered_until: datetime | None = None
    queued_at: datetime | None
    accepted_at: datetime | None
    last_author: str | None
    last_text: str
    last_at: datetime
    unread: int = 0


class CheckpointLine(Frozen):
    at: datetime
    kind: CheckpointKind
    city: str
    outlet_name: str
    text: str


class PartyLine(Frozen):
    """One end of a waybill with its name and phone masked."""

    name: str
    phone: str
    region: str


class WaybillCard(Frozen):
    """A waybill as the desk shows it.

    Parameters
    ----------
    party: who the customer has shown to be.
    promised_at: the promise that holds.
    first_promised_at: the one made with the waybill, where another delivery was agreed since; else None.
    track: newest first.
    """

    waybill_no: str
    product: Product
    status: WaybillStatus
    condition: Condition
    party: PartyRole | None
    consignor: PartyLine
    consignee: PartyLine
    goods: str
    courier_name: str | None
    courier_phone: str | None
    pickup_place: str | None
    signed_by: str | None
    promised_at: datetime | None
    first_promised_at: datetime | None
    expected_at: datetime | None
    delivered_at: datetime | None
    late_by: timedelta
    stalled_for: timedelta | None
    skipped_delivery_scan: bool
    track: tuple[CheckpointLine, ...]


class TicketLine(Frozen):
    ticket_no: str
    kind: str
    category: str
    status: str
    priority: str
    contacts: int
    opened_at: datetime
    due_at: datetime
    overdue: bool


class SummaryLine(Frozen):
    wrap_up_code: str
    text: str
    by: str
    at: datetime


class PastContact(Frozen):
    """A contact that a person settled before: what it was about, how it ended, and what it concerned."""

    conversation_id: UUID
    wrap_up_code: str
    text: str
    by: str
    at: datetime
    waybill_no: str | None


class AskedLine(Frozen):
    """A matter the customer has brought up in this conversation, and how often."""

    intent: str
    times: int


class Past(Frozen):
    """What the customer has been through with us.

    Parameters
    ----------
    contacts: with people, of all conversations, newest first, without those of this conversation.
    asked: in the order in which each was asked first.
    promises: to the customer and about the waybill, those still open first.
    ratings: that the customer gave, newest first.
    """

    contacts: tuple[PastContact, ...] = ()
    asked: tuple[AskedLine, ...] = ()
    promises: tuple[PromiseView, ...] = ()
    ratings: tuple[RatingView, ...] = ()


class CustomerCard(Frozen):
    """Who writes: the name is only known on proof, the phone is masked."""

    visitor: str
    name: str | None
    verified_phone: str | None
    since: datetime


class Context(Frozen):
    """Everything beside a conversation.

    Parameters
    ----------
    waybill: None when there is none or no source knows it.
    scripts: in which characters the conversation is read and answered; ``suggested``: what to choose for what the
        customer writes, None where nothing is to be suggested.
    """

    conversation: ConversationView
    customer: CustomerCard
    waybill: WaybillCard | None
    tickets: tuple[TicketLine, ...]
    summaries: tuple[SummaryLine, ...]
    brief: HandoverBrief | None = None
    past: Past = Past()
    scripts: ScriptsView = ScriptsView()
    suggested: ScriptsView | None = None


class DeskMessage(MessageView):
    """A bubble as the desk shows it.

    Parameters
    ----------
    text: personal data masked, and a customer's words in the characters that are read.
    is_masked: whether there is something to reveal.
    reminder: of a message just sent: what the writer should mind next time.
    """

    is_masked: bool = False
    reminder: str | None = None


class Colleague(Frozen):
    """Somebody who may be mentioned in a note."""

    username: str
    name: str


class FileView(Frozen):
    """A file that an agent is about to send: ``id`` is what a message names it by."""

    id: str
    name: str
    content_type: str
    size: int


class LoginRequest(BaseModel):
    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)


class CodeRequest(BaseModel):
    code: str = Field(min_length=1, max_length=40)


class LoginAnswer(BaseModel):
    """Who is in; or, with 202, what is owed: a ``code``, or the ``setup`` of an authenticator with its first code.

    Parameters
    ----------
    csrf_token: what programs without a browser show as ``X-CSRF-Token`` with every changing request.
    recovery_codes: new ones, where an authenticator was just set up; shown this once only.
    """

    model_config = ConfigDict(frozen=True)

    username: str | None = None
    name: str | None = None
    role: Role | None = None
    csrf_token: str | None = None
    second_factor: str | None = None
    recovery_codes: tuple[str, ...] = ()


class SayRequest(BaseModel):
    """``external_id`` makes a repeated request one message; ``confirmed``: send it in spite of warnings.

    ``attachments``: ids of files that the person uploaded; without any there has to be a text.
    """

    text: str = Field(default="", max_length=LONGEST_MESSAGE)
    external_id: str = Field(pattern=EXTERNAL_ID)
    confirmed: bool = False
    attachments: tuple[str, ...] = Field(default=(), max_length=MOST_FILES)

    @model_validator(mode="after")
    def _says_something(self) -> "SayRequest":
        if not self.text.strip() and not self.attachments:
            raise ValueError("a message has a text or an attachment")
        return self


class ResolveRequest(Confirmed):
    """The service summary, without which nothing is resolved, and what becomes of the conversation ``then``.

    ``bot``: the bot answers again; ``ended``: the customer's next message begins another conversation.
    """

    then: Literal["bot", "ended"] = "bot"


class PersonView(Frozen):
    username: str
    name: str
    role: Role


class Lists(Frozen):
    """Who waits, in the order of service, and whom this person serves."""

    waiting: tuple[Glance, ...]
    mine: tuple[Glance, ...]


class Messages(Frozen):
    messages: tuple[DeskMessage, ...]
