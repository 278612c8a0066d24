"""One signed POST to an account."""

import logging
from uuid import UUID

from pydantic import BaseModel

from bot.clock import Clock
from bot.errors import WebhookAddressError, WebhookUnreachableError
from bot.outbox.sending import WebhookSender
from bot.outbox.signing import sign
from connectors.callback.accounts import CallbackAccounts
from connectors.callback.tables import CallbackAccount

logger = logging.getLogger(__name__)


class Caller:
    """Calls accounts."""

    def __init__(self, accounts: CallbackAccounts, sender: WebhookSender, clock: Clock) -> None:
        self.accounts = accounts
        self._sender = sender
        self.clock = clock

    async def post(self, account: CallbackAccount, kind: str, event_id: UUID, event: BaseModel) -> int:
        """The HTTP status of the answer.  Raises `WebhookAddressError`, `WebhookUnreachableError`."""
        body = event.model_dump_json(exclude_none=True).encode()
        headers = {
            "X-Kuaida-Event": kind,
            "X-Kuaida-Delivery": str(event_id),
            "X-Kuaida-Signature": sign(account.secret, body, at=self.clock()),
        }
        return await self._sender.post(account.url, body, headers)

    async def hint(self, account: CallbackAccount, kind: str, event_id: UUID, event: BaseModel) -> None:
        """The same where it does not matter whether it arrives."""
        try:
            status = await self.post(account, kind, event_id, event)
        except (WebhookAddressError, WebhookUnreachableError) as error:
            logger.info("callback account %s was not told of %s: %s", account.name, kind, type(error).__name__)
            return
        if status >= 300:
            logger.info("callback account %s answered %s with %d", account.name, kind, status)
