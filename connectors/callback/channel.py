"""The way out: every bubble is one signed POST to the account that the contact belongs to."""

from datetime import datetime, timedelta
from uuid import uuid4

from bot.conversations.service import ConversationService
from bot.delivery.ports import (
    ContentRefusedError,
    DeliveryError,
    MisconfiguredError,
    Outgoing,
    RecipientGoneError,
    Sent,
    TryAgainError,
)
from bot.errors import NotFoundError, WebhookAddressError, WebhookUnreachableError
from connectors.callback.calling import Caller
from connectors.callback.names import CHANNEL, parted
from connectors.callback.schemas import (
    ButtonView,
    ContactRef,
    MessageEvent,
    Mode,
    OutMessage,
    OutNotice,
    TypingEvent,
)
from connectors.callback.tables import CallbackAccount
from connectors.callback.views import AttachmentViews, mode_of

_GONE, _TOO_MANY = 410, 429
_REFUSED = {400, 413, 415, 422}
_MISCONFIGURED = {401, 403, 404, 405}
_BUSY_FOR = timedelta(seconds=30)


class CallbackChannel:
    """The port `bot.delivery.ports.Channel` for all accounts, ``callback:NAME`` each."""

    name = CHANNEL

    def __init__(self, caller: Caller, conversations: ConversationService, attachments: AttachmentViews) -> None:
        self._caller = caller
        self._conversations = conversations
        self._attachments = attachments

    def parts(self, outgoing: Outgoing) -> int:  # noqa: ARG002 - receivers take a bubble as it is
        return 1

    async def send(self, outgoing: Outgoing, part: int) -> Sent:  # noqa: ARG002 - there is only one
        name, contact = parted(outgoing.recipient)
        account = await self._account(name)
        event = await self._event(outgoing, contact)
        try:
            status = await self._caller.post(account, "message", outgoing.id, event)
        except WebhookUnreachableError as error:
            raise TryAgainError(f"account {name} was not reached: {error}") from error
        except WebhookAddressError as error:
            raise MisconfiguredError(f"account {name} has an address that must not be called") from error
        if not 200 <= status < 300:
            raise _error_of(name, status)
        return Sent(platform_id=str(outgoing.id))

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool:  # noqa: ARG002
        """Sending again does no harm: receivers tell a repetition by its id."""
        return False

    async def typing(self, recipient: str, *, on: bool) -> None:
        name, contact = parted(recipient)
        account = await self._caller.accounts.find(name)
        if account is not None and account.is_active:
            event = TypingEvent(id=uuid4(), at=self._caller.clock(), contact=ContactRef(id=contact), on=on)
            await self._caller.hint(account, "typing", event.id, event)

    async def _account(self, name: str) -> CallbackAccount:
        account = await self._caller.accounts.find(name)
        if account is None or not account.is_active:
            raise MisconfiguredError(f"callback account {name} is closed")
        return account

    async def _event(self, outgoing: Outgoing, contact: str) -> MessageEvent:
        notice = outgoing.notice
        return MessageEvent(
            id=outgoing.id,
            at=outgoing.created_at,
            contact=ContactRef(id=contact),
            conversation_id=outgoing.conversation_id,
            seq=outgoing.seq,
            mode=await self._mode(outgoing),
            message=OutMessage(
                author=outgoing.author,
                text=outgoing.text,
                buttons=[ButtonView(title=button.title, payload=button.payload) for button in outgoing.buttons],
                attachments=self._attachments.of(outgoing.attachments),
            ),
            notice=OutNotice(kind=notice.kind, values=dict(notice.values)) if notice else None,
        )

    async def _mode(self, outgoing: Outgoing) -> Mode | None:
        if outgoing.conversation_id is None:
            return None
        try:
            return mode_of((await self._conversations.view(outgoing.conversation_id)).state)
        except NotFoundError:
            return None


def _error_of(name: str, status: int) -> DeliveryError:
    """What an answer other than 2xx means for the message."""
    said, code = f"account {name} answered {status}", str(status)
    if status == _GONE:
        return RecipientGoneError(said, code=code)
    if status in _REFUSED:
        return ContentRefusedError(said, code=code)
    if status in _MISCONFIGURED:
        return MisconfiguredError(said, code=code)
    return TryAgainError(said, code=code, after=_BUSY_FOR if status == _TOO_MANY else None)
