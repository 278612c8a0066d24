"""The way in: ``/api/v1/channels/{name}/...``, called by the account itself with its token or its signature."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Protocol, TypeVar

from fastapi import APIRouter, HTTPException, Path, Query, Request
from pydantic import BaseModel, ValidationError
from sqlalchemy import select

from bot.channels import Attachment
from bot.clock import Clock
from bot.conversations.model import ConversationDoor
from bot.conversations.receipts import ReadReceipts
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.errors import (
    AccessRefusedError,
    AttachmentNotFoundError,
    AttachmentRefusedError,
    AttachmentTooBigError,
)
from bot.evidence.attachments import AttachmentService
from bot.evidence.uploads import read_upload
from bot.inbox.ports import Inbox, Letter
from bot.staff.model import Actor
from connectors.callback.accounts import CallbackAccounts, phone_signature
from connectors.callback.names import CHANNEL, NAME, address_of, channel_of
from connectors.callback.reader import Pushed
from connectors.callback.schemas import (
    Accepted,
    AttachmentView,
    Contact,
    ContactId,
    ContactView,
    EnterRequest,
    MessageRequest,
    MessageView,
    ReadRequest,
    ReportRequest,
    TypingRequest,
)
from connectors.callback.tables import CallbackAccount
from connectors.callback.views import AttachmentViews, contact_view, message_view
from connectors.web.uploads import as_attachment

MAX_BODY = 64 * 1024
Body = TypeVar("Body", bound=BaseModel)


class Report(Protocol):
    """`bot.delivery.service.DeliveryService.reported`."""

    def __call__(
        self,
        channel: str,
        platform_id: str,
        *,
        state: Literal["delivered", "read", "failed"],
        code: str = "",
        at: datetime,
    ) -> Awaitable[object]: ...


@dataclass(frozen=True)
class CallbackServices:
    """What the endpoints call."""

    database: Database
    clock: Clock
    accounts: CallbackAccounts
    inbox: Inbox
    conversations: ConversationService
    attachments: AttachmentService
    views: AttachmentViews
    reported: Report


def _body_of(model: type[BaseModel]) -> dict[str, Any]:
    """The request body in the published schema; it is read by hand, for the signature covers its bytes."""
    reference = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": reference}}}}


_FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
_UPLOAD = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}
_Name = Annotated[str, Path(pattern=NAME)]


def make_router(services: CallbackServices) -> APIRouter:
    """The routes."""
    router = APIRouter(prefix="/api/v1/channels/{name}", tags=["callback channel"])
    calls = _Calls(services)
    posts: list[tuple[str, Callable[..., Any], int, dict[str, Any]]] = [
        ("/messages", calls.message, 202, _body_of(MessageRequest)),
        ("/contacts", calls.enter, 200, _body_of(EnterRequest)),
        ("/typing", calls.typing, 204, _body_of(TypingRequest)),
        ("/read", calls.read, 204, _body_of(ReadRequest)),
        ("/reports", calls.report, 204, _body_of(ReportRequest)),
        ("/attachments", calls.attach, 201, _UPLOAD),
    ]
    for path, endpoint, status, extra in posts:
        router.add_api_route(path, endpoint, methods=["POST"], status_code=status, openapi_extra=extra)
    router.add_api_route("/contacts/{contact}", calls.contact, methods=["GET"])
    router.add_api_route("/contacts/{contact}/messages", calls.history, methods=["GET"])
    return router


class _Calls:
    def __init__(self, services: CallbackServices) -> None:
        self._services = services
        self._receipts = ReadReceipts(services.database)

    async def message(self, name: _Name, request: Request) -> Accepted:
        """Something a customer said.  Stored before it is answered, once per message id; answers come as POSTs."""
        account, asked = await self._read(name, request, MessageRequest)
        if not (asked.message.text.strip() or asked.message.attachments or asked.message.location):
            raise HTTPException(422, "the message is empty")
        pushed = Pushed(
            account=name,
            request=asked,
            attachments=await self._files(name, asked.message.attachments),
            verified_phone=_vouched(account, asked.contact),
        )
        contact, now = asked.contact.id, self._services.clock()
        letter = Letter(
            channel=CHANNEL,
            key=f"{name}:{contact}:{asked.message.id}",
            lane=address_of(name, contact),
            body=pushed.letter_body(),
            received_at=min(asked.at or now, now),
        )
        return Accepted(duplicate=not await self._services.inbox.put(letter))

    async def enter(self, name: _Name, request: Request) -> ContactView:
        """A customer opened the chat."""
        _, asked = await self._read(name, request, EnterRequest)
        view = await self._services.conversations.open(
            channel_of(name), address_of(name, asked.contact.id), greet=asked.greet, cause=asked.id
        )
        return contact_view(view)

    async def typing(self, name: _Name, request: Request) -> None:
        """The customer writes; agents see it."""
        _, asked = await self._read(name, request, TypingRequest)
        view = await self._conversation(name, asked.contact)
        await self._services.conversations.typing(view.id, "customer", on=asked.on)

    async def read(self, name: _Name, request: Request) -> None:
        """The customer has seen what there is."""
        _, asked = await self._read(name, request, ReadRequest)
        view = await self._conversation(name, asked.contact)
        await self._receipts.note(view.id, asked.up_to_seq, at=self._services.clock())

    async def report(self, name: _Name, request: Request) -> None:
        """What became of a message; late and repeated reports do no harm."""
        _, asked = await self._read(name, request, ReportRequest)
        await self._services.reported(
            channel_of(name), str(asked.id), state=asked.state, code=asked.reason, at=self._services.clock()
        )

    async def attach(self, name: _Name, request: Request) -> AttachmentView:
        """Keep a file of a multipart form, by token only; its id goes into a message."""
        await self._caller(name, request, b"")
        try:
            file = await read_upload(request, limit=self._services.attachments.limit)
            kept = await self._services.attachments.upload(file.content, file.declared_type, file.name, by=_actor(name))
        except AttachmentTooBigError as error:
            raise HTTPException(413, str(error)) from error
        except AttachmentRefusedError as error:
            raise HTTPException(415, str(error)) from error
        return self._services.views.of([as_attachment(kept)])[0]

    async def contact(self, name: _Name, contact: ContactId, request: Request) -> ContactView:
        """Who has the conversation."""
        await self._caller(name, request, b"")
        return contact_view(await self._conversation(name, contact))

    async def history(
        self,
        name: _Name,
        contact: ContactId,
        request: Request,
        before: Annotated[int, Query(ge=1)] = 2**53,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[MessageView]:
        """What was said, oldest first; ``before`` goes on where a page began."""
        await self._caller(name, request, b"")
        view = await self._conversation(name, contact)
        found = await self._services.conversations.messages_before(view.id, before, limit=limit)
        return [message_view(message, self._services.views) for message in found]

    async def _read(self, name: str, request: Request, model: type[Body]) -> tuple[CallbackAccount, Body]:
        """The account that calls, and what it says."""
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_BODY:
                raise HTTPException(413, f"at most {MAX_BODY} bytes")
        account = await self._caller(name, request, body)
        try:
            return account, model.model_validate_json(body)
        except ValidationError as error:
            raise HTTPException(
                422, error.errors(include_url=False, include_input=False, include_context=False)
            ) from error

    async def _caller(self, name: str, request: Request, body: bytes) -> CallbackAccount:
        bearer = (request.headers.get("authorization") or "").removeprefix("Bearer ").strip()
        signature = (request.headers.get("x-kuaida-signature") or "") if body else ""
        try:
            return await self._services.accounts.caller(name, bearer=bearer, signature=signature, body=body)
        except AccessRefusedError as error:
            raise HTTPException(401, "a valid token or signature of this channel is needed") from error

    async def _conversation(self, name: str, contact: str) -> ConversationView:
        """The contact's conversation; HTTP 404 where it never said anything."""
        door = (channel_of(name), address_of(name, contact))
        async with self._services.database.transaction() as session:
            conversation_id = await session.scalar(
                select(ConversationDoor.conversation_id).where(
                    ConversationDoor.channel == door[0], ConversationDoor.address == door[1]
                )
            )
        if conversation_id is None:
            raise HTTPException(404, "this contact has no conversation")
        return await self._services.conversations.view(conversation_id)

    async def _files(self, name: str, ids: tuple[str, ...]) -> tuple[Attachment, ...]:
        try:
            kept = [await self._services.attachments.uploaded(sha256, by=_actor(name)) for sha256 in ids]
        except AttachmentNotFoundError as error:
            raise HTTPException(422, "an attachment was not uploaded by this channel") from error
        return tuple(as_attachment(file) for file in kept)


def _vouched(account: CallbackAccount, contact: Contact) -> str | None:
    """The phone that counts as verified.  HTTP 403 for one that is said to be and is not."""
    if contact.phone is None:
        return None
    wanted = phone_signature(account.secret, contact.id, contact.phone)
    if not hmac.compare_digest(wanted, contact.phone_hash.lower()):
        raise HTTPException(403, "phone_hash is not right")
    if not account.vouches:
        raise HTTPException(403, "this account does not vouch for phones")
    return contact.phone


def _actor(name: str) -> Actor:
    """Whoever uploads for an account; what one uploads no other can send."""
    return Actor(f"callback:{name}")
