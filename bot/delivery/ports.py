"""What a channel that has to be pushed must be able to do, and how it says what went wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, Author, Button
from bot.errors import BotError


@dataclass(frozen=True)
class Notice:
    """Something told of our own accord: a kind of the catalogue of notices, and what fills its blanks."""

    kind: str
    values: Mapping[str, str]

    @property
    def is_secret(self) -> bool:
        """It overtakes what else waits for this recipient, and its values are erased once it is sent or given up."""
        return self.kind in SECRET_KINDS


SECRET_KINDS = frozenset({"phone_code"})


@dataclass(frozen=True)
class Outgoing:
    """One thing to be said to one recipient.

    Parameters
    ----------
    id: of the delivery; the same through all attempts, for platforms that know a repeated request by it.
    recipient: in the channel's own terms (openid, phone number, callback contact).
    conversation_id, seq: the bubble it is; None for a notice outside any conversation.
    text: Markdown; the channel makes of it what its platform can show.
    notice: set for a notice; a channel that may only use approved templates picks one by its kind.
    expires_at: it is dropped rather than sent later than this.
    """

    id: UUID
    channel: str
    recipient: str
    author: Author
    text: str
    created_at: datetime
    conversation_id: UUID | None = None
    seq: int | None = None
    buttons: tuple[Button, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    notice: Notice | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Sent:
    """A part was taken by the platform; ``platform_id`` is its name there, for reports that come later."""

    platform_id: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


class Channel(Protocol):
    """A way to customers that has to be pushed."""

    name: str

    def parts(self, outgoing: Outgoing) -> int:
        """Into how many of the platform's messages it is split, at least 1; the same for the same `Outgoing`."""
        ...

    async def send(self, outgoing: Outgoing, part: int) -> Sent:
        """Send one part, counted from 0.  Raises one of the `DeliveryError` below."""
        ...

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool | None:
        """Whether a part that was about to be sent when its process died did arrive; None where nobody can tell.

        A channel whose platform knows a repeated request returns False: sending again does no harm.
        """
        ...

    async def typing(self, recipient: str, *, on: bool) -> None:
        """Show the customer that somebody writes, where the platform can; it never raises."""
        ...


class DeliveryError(BotError):
    """A part was not taken.  ``code`` is the platform's own, for people who look it up."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class TryAgainError(DeliveryError):
    """For now: busy, slow, unreachable.

    ``after`` is how long the platform asks to wait, if it says so.  ``may_have_arrived`` where the request was out and
    only its answer is missing (a time-out while reading): `Channel.was_sent` is asked before it is sent again.
    """

    def __init__(
        self, message: str, *, code: str = "", after: timedelta | None = None, may_have_arrived: bool = False
    ) -> None:
        super().__init__(message, code=code)
        self.after = after
        self.may_have_arrived = may_have_arrived


class QuotaError(DeliveryError):
    """The platform lets us say no more until the customer writes again (window closed, messages used up)."""


class RecipientGoneError(DeliveryError):
    """This recipient cannot be reached on this channel: unsubscribed, opted out, no such number."""


class ContentRefusedError(DeliveryError):
    """The platform will never take this content (too long, forbidden, template unknown)."""


class MisconfiguredError(DeliveryError):
    """Our own account is at fault (secret, rights, template); nothing gets through until an operator mends it."""


class Fallback(Protocol):
    """Where a notice goes that its channel would not take."""

    async def fall_back(self, session: AsyncSession, outgoing: Outgoing, error: DeliveryError) -> bool:
        """Send it another way, in this transaction; False when there is none."""
        ...
