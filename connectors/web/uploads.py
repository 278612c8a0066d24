"""Pictures and files of customers: uploaded over HTTP first, then named in a message."""

import math
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request, Response

from bot.channels import Attachment, MessageKind
from bot.clock import Clock
from bot.errors import AccessRefusedError, AttachmentNotFoundError, AttachmentRefusedError, AttachmentTooBigError
from bot.evidence import model as evidence
from bot.evidence.attachments import AttachmentService
from bot.evidence.uploads import read_upload
from bot.staff.model import Actor
from connectors.web.files import Asked, FileLinks
from connectors.web.thumbnails import Thumbnails
from connectors.web.visitors import RateLimit, VisitorTokens, visitor_of
from connectors.web.words import refusal

_KINDS = {"image": MessageKind.image, "audio": MessageKind.voice, "video": MessageKind.video}
_HEADERS = {
    "Cache-Control": "private, max-age=3600, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
FILES_AT_ONCE = 9


def visitor_actor(visitor: str) -> Actor:
    """Whoever uploads from a browser; what one uploads no other can send."""
    return Actor(f"web:{visitor}")


class WebFiles:
    """The way in and out for files of the web chat.

    Parameters
    ----------
    limit: bytes of one upload.
    per_minute: uploads of one visitor in the long run; a burst of nine, and five times as much per address.
    """

    def __init__(
        self,
        attachments: AttachmentService,
        tokens: VisitorTokens,
        links: FileLinks,
        clock: Clock,
        *,
        limit: int,
        per_minute: int,
    ) -> None:
        self._attachments = attachments
        self._tokens = tokens
        self._links = links
        self._clock = clock
        self.limit = min(limit, attachments.limit)
        self._thumbnails = Thumbnails()
        self._of_visitor = RateLimit(per_minute, FILES_AT_ONCE)
        self._of_address = RateLimit(per_minute * 5, FILES_AT_ONCE * 5)

    def add_to(self, router: APIRouter) -> None:
        router.add_api_route("/uploads", self.upload, methods=["POST"], status_code=201)
        router.add_api_route("/files/{sha256}/{name}", self.file, methods=["GET"])

    async def upload(self, request: Request) -> dict[str, Any]:
        """Keep the file of a multipart form; the answer's ``id`` goes into a message."""
        visitor = visitor_of(request, self._tokens)
        self._refuse_flood(visitor, request.client.host if request.client else "unknown")
        try:
            file = await read_upload(request, limit=self.limit)
            kept = await self._attachments.upload(
                file.content, file.declared_type, file.name, by=visitor_actor(visitor)
            )
        except AttachmentTooBigError as error:
            raise HTTPException(413, str(error)) from error
        except AttachmentRefusedError as error:
            raise HTTPException(415, str(error)) from error
        return self._links.shown(as_attachment(kept), at=self._clock()) | {"width": kept.width, "height": kept.height}

    async def own(self, visitor: str, ids: tuple[str, ...]) -> tuple[Attachment, ...]:
        """The attachments of a message; only the visitor's own: `AttachmentNotFoundError` for anybody else's."""
        by = visitor_actor(visitor)
        return tuple([as_attachment(await self._attachments.uploaded(sha256, by=by)) for sha256 in ids])

    def shown(self, attachments: tuple[Attachment, ...]) -> list[dict[str, object]]:
        return [self._links.shown(attachment, at=self._clock()) for attachment in attachments]

    async def file(
        self,
        sha256: str,
        name: str,  # noqa: ARG002 - browsers save the file under it
        media_type: Annotated[str, Query(alias="t", max_length=80)],
        expires: Annotated[int, Query(alias="e")],
        signature: Annotated[str, Query(alias="s", max_length=80)],
        small: Annotated[bool, Query(alias="w")] = False,
    ) -> Response:
        """A file by its signed address."""
        try:
            self._links.check(Asked(sha256, media_type, expires, small), signature, at=self._clock())
            content = await self._attachments.content(sha256)
        except (AccessRefusedError, AttachmentNotFoundError) as error:
            raise HTTPException(404, refusal("unavailable")) from error
        if small and media_type.startswith("image/"):
            return Response(await self._thumbnails.of(sha256, content), media_type="image/webp", headers=_HEADERS)
        is_shown = media_type.partition("/")[0] in _KINDS
        disposition = {"Content-Disposition": "inline" if is_shown else "attachment"}
        return Response(content, media_type=media_type, headers=_HEADERS | disposition)

    def _refuse_flood(self, visitor: str, address: str) -> None:
        wait = max(self._of_visitor.wait_for(visitor), self._of_address.wait_for(address))
        if wait:
            raise HTTPException(429, refusal("uploads_rate"), headers={"Retry-After": str(math.ceil(wait))})


def as_attachment(file: evidence.Attachment) -> Attachment:
    """A file of the store as messages carry it."""
    kind = _KINDS.get(file.media_type.partition("/")[0], MessageKind.file)
    return Attachment(kind=kind, id=file.sha256, name=file.name, content_type=file.media_type, size=file.size)
