"""Letters of the callback channel become messages of ours."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.clock import Clock
from bot.conversations.service import ConversationService
from bot.customers.model import Customer, Door
from bot.customers.service import CustomerService
from bot.db import Database
from bot.errors import UnreadableError
from bot.inbox.ports import Letter
from connectors.callback.names import address_of, channel_of
from connectors.callback.schemas import MessageRequest


class Pushed(BaseModel):
    """What stands in a letter: the request, whose it was, the files it names, and a phone that was vouched for."""

    model_config = ConfigDict(frozen=True)

    account: str
    request: MessageRequest
    attachments: tuple[Attachment, ...] = ()
    verified_phone: str | None = None

    def letter_body(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


class CallbackReader:
    """The port `bot.inbox.ports.Reader`."""

    def __init__(
        self,
        database: Database,
        conversations: ConversationService,
        customers: CustomerService,
        wake: Callable[[UUID], None],
        clock: Clock,
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._customers = customers
        self._wake = wake
        self._clock = clock

    async def read(self, letter: Letter) -> None:
        try:
            pushed = Pushed.model_validate(letter.body)
        except ValidationError as error:
            raise UnreadableError(f"letter {letter.key[:80]} is no message of the callback channel") from error
        # First, so that the answer already knows whose waybills may be shown.
        await self._note_who(pushed)
        received = await self._conversations.receive(incoming_of(pushed, letter))
        if received.needs_bot:
            self._wake(received.conversation_id)

    async def _note_who(self, pushed: Pushed) -> None:
        """The name, where none is known, and the phone that was vouched for."""
        contact = pushed.request.contact
        if not (contact.name or pushed.verified_phone):
            return
        door = Door(channel_of(pushed.account), address_of(pushed.account, contact.id))
        view = await self._conversations.open(door.channel, door.address, greet=False)
        customer_id = view.customer_id
        async with self._database.transaction() as session:
            if pushed.verified_phone:
                customer_id = await self._customers.verified(
                    session, customer_id, pushed.verified_phone, self._clock(), via=door
                )
            await _name(session, customer_id, contact.name)


async def _name(session: AsyncSession, customer_id: UUID, name: str | None) -> None:
    customer = await session.get(Customer, customer_id)
    if name and customer is not None and customer.name is None:
        customer.name = name


def incoming_of(pushed: Pushed, letter: Letter) -> IncomingMessage:
    message, contact = pushed.request.message, pushed.request.contact
    attachments = pushed.attachments
    if message.location is not None:
        place = message.location
        here = Attachment(
            kind=MessageKind.location, name=place.name, latitude=place.latitude, longitude=place.longitude
        )
        attachments = (*attachments, here)
    return IncomingMessage(
        channel=channel_of(pushed.account),
        sender=address_of(pushed.account, contact.id),
        external_id=message.id,
        kind=attachments[0].kind if attachments else MessageKind(message.type),
        text=message.text,
        payload=message.payload if message.type == "postback" else "",
        received_at=letter.received_at,
        attachments=attachments,
    )
