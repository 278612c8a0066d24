"""Evidence over HTTP: ``/api/v1/attachments`` and below ``/api/v1/tickets/{ticket_no}``."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, HTTPException, Request, Response

from bot.clock import Clock
from bot.db import Database
from bot.errors import (
    AccessRefusedError,
    AttachmentRefusedError,
    AttachmentTooBigError,
    BotError,
    NotFoundError,
    RefusedError,
)
from bot.evidence.attachments import AttachmentService
from bot.evidence.chains import ChainService
from bot.evidence.checking import PICTURES
from bot.evidence.model import EvidenceItem, NewEvidence
from bot.evidence.schemas import (
    AdmitRequest,
    AttachmentView,
    ChainView,
    EvidenceRequest,
    EvidenceView,
    ProveRequest,
    UnprovenRequest,
    WithdrawRequest,
)
from bot.evidence.service import EvidenceService
from bot.evidence.uploads import read_upload
from bot.evidence.words import evidence_words
from bot.refusals import refusing_route
from bot.staff.model import Actor

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (NotFoundError, 404),
    (AttachmentTooBigError, 413),
    (AttachmentRefusedError, 415),
    (AccessRefusedError, 403),
    (RefusedError, 409),
)
_FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
_UPLOAD = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


@dataclass(frozen=True)
class EvidenceServices:
    """What the routes call."""

    database: Database
    clock: Clock
    attachments: AttachmentService
    items: EvidenceService
    chains: ChainService


def _said(error: BotError) -> str:
    """Whatever is not there and whatever is none of the caller's business read the same."""
    return evidence_words().refusal("not_found") if isinstance(error, NotFoundError) else str(error)


_ROUTE = refusing_route(_STATUS, _said)


def make_router(
    services: EvidenceServices, actor_of: Callable[..., Any], may_see: Callable[[Actor, str], Awaitable[bool]]
) -> APIRouter:
    """The routes, bound to their services.

    Parameters
    ----------
    actor_of: a FastAPI dependency that gives the `Actor` behind a request, or refuses with 401.
    may_see: whether this person sees this ticket; a ticket they may not see is as good as unknown (404).
    """
    router = APIRouter(prefix="/api/v1", tags=["evidence"], route_class=_ROUTE)
    who = Annotated[Actor, Depends(actor_of)]

    async def visible(ticket_no: str, actor: who) -> str:
        if not await may_see(actor, ticket_no):
            raise _not_found()
        return ticket_no

    ticket = Annotated[str, Depends(visible)]

    @router.post("/attachments", status_code=201, openapi_extra=_UPLOAD)
    async def upload(request: Request, actor: who) -> AttachmentView:
        """Take a file; pictures are drawn anew, without metadata."""
        file = await read_upload(request, limit=services.attachments.limit)
        taken = await services.attachments.upload(file.content, file.declared_type, file.name, by=actor)
        return AttachmentView.of(taken)

    @router.post("/tickets/{ticket_no}/evidence", status_code=201)
    async def add(body: EvidenceRequest, ticket_no: ticket, actor: who) -> EvidenceView:
        """Hand in words or a file of one's own; nothing handed in is ever changed."""
        file = await services.attachments.uploaded(body.attachment, by=actor) if body.attachment else None
        new = NewEvidence(body.kind, body.text, file)
        turn = _turn("add", actor, body.turn)
        async with services.database.transaction() as session:
            item = await services.items.add(session, ticket_no, new, by=actor, at=services.clock(), turn=turn)
        return EvidenceView.of(item)

    @router.get("/tickets/{ticket_no}/evidence")
    async def evidence(ticket_no: ticket) -> list[EvidenceView]:
        """Everything handed in for a ticket, oldest first."""
        return [EvidenceView.of(item) for item in await services.items.of_ticket(ticket_no)]

    @router.get("/tickets/{ticket_no}/evidence/{seq}/attachment", response_class=Response)
    async def attachment(seq: int, ticket_no: ticket) -> Response:
        """The file of an item."""
        item = await services.items.item(ticket_no, seq)
        if item.attachment is None:
            raise _not_found()
        return _file(item, await services.attachments.content(item.attachment))

    @router.get("/tickets/{ticket_no}/chain")
    async def chain(ticket_no: ticket) -> ChainView:
        """Who had to answer, who has to, and how it ended."""
        found = await services.chains.of_ticket(ticket_no)
        return ChainView.of(found, await services.chains.late_scans(ticket_no))

    @router.post("/tickets/{ticket_no}/chain/prove")
    async def prove(body: ProveRequest, ticket_no: ticket, actor: who) -> ChainView:
        """The node that holds the ticket proves that the parcel left it intact; the next one holds it then."""
        turn = _turn("prove", actor, body.turn)
        async with services.database.transaction() as session:
            moved = await services.chains.prove(
                session, ticket_no, body.evidence, by=actor, at=services.clock(), turn=turn
            )
        return ChainView.of(moved, await services.chains.late_scans(ticket_no))

    @router.post("/tickets/{ticket_no}/chain/admit")
    async def admit(body: AdmitRequest, ticket_no: ticket, actor: who) -> ChainView:
        """The node that holds the ticket admits; that ends the chain."""
        turn = _turn("admit", actor, body.turn)
        async with services.database.transaction() as session:
            ended = await services.chains.admit(session, ticket_no, body.text, by=actor, at=services.clock(), turn=turn)
        return ChainView.of(ended, await services.chains.late_scans(ticket_no))

    @router.post("/tickets/{ticket_no}/chain/unproven")
    async def unproven(body: UnprovenRequest, ticket_no: ticket, actor: who) -> ChainView:
        """A reviewer of another unit finds that a node's evidence proves nothing; that ends the chain."""
        at, turn = services.clock(), _turn("unproven", actor, body.turn)
        async with services.database.transaction() as session:
            ended = await services.chains.unproven(
                session, ticket_no, body.node, body.reason, by=actor, at=at, turn=turn
            )
        return ChainView.of(ended, await services.chains.late_scans(ticket_no))

    @router.post("/tickets/{ticket_no}/chain/withdraw")
    async def withdraw(body: WithdrawRequest, ticket_no: ticket, actor: who) -> ChainView:
        """The customer takes the matter back, as whoever speaks for them or reviews says; nobody is liable."""
        at, turn = services.clock(), _turn("withdraw", actor, body.turn)
        async with services.database.transaction() as session:
            ended = await services.chains.withdraw(session, ticket_no, body.reason, by=actor, at=at, turn=turn)
        return ChainView.of(ended, await services.chains.late_scans(ticket_no))

    return router


def _turn(act: str, actor: Actor, turn: str) -> str:
    """Nobody's turn is anybody else's, nor another act's."""
    return f"{act}:{actor.name}:{turn}"


def _file(item: EvidenceItem, content: bytes) -> Response:
    return shown_safely(content, item.media_type or "", item.file_name or "")


def shown_safely(content: bytes, media_type: str, name: str) -> Response:
    """Shown in the page only if it is a picture we drew ourselves; whatever it is, no browser runs it."""
    media_type = media_type or "application/octet-stream"
    shown = "inline" if media_type in PICTURES else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name or 'file', safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    return Response(content, media_type=media_type, headers=headers)


def _not_found() -> HTTPException:
    return HTTPException(404, evidence_words().refusal("not_found"))
