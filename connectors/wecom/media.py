"""Files both ways: temporary media of the platform into our store, files of our store to the platform."""

import asyncio
import io
import logging
from datetime import datetime, timedelta

from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.channels import Attachment, MessageKind
from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import TryAgainError
from bot.errors import AttachmentRefusedError
from bot.evidence.attachments import AttachmentService
from bot.staff.model import Actor
from connectors.wecom.account import CHANNEL
from connectors.wecom.api import TooLongError, WeComApi
from connectors.wecom.codes import PlatformError, WeComVerdict
from connectors.wecom.composing import FilePart
from connectors.wecom.tables import WeComMedia as Media
from connectors.wecom.words import word

logger = logging.getLogger(__name__)
_KEPT = timedelta(days=3)
_MARGIN = timedelta(hours=2)
_GIVE_UP_AFTER = timedelta(minutes=2)
"""So long a message waits for its file; the platform may be away, but an answer should not wait for ever."""
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "audio/amr": ".amr", "video/mp4": ".mp4"}


class IncomingMedia:
    """What is sent to us that is no words."""

    def __init__(self, api: WeComApi, attachments: AttachmentService, clock: Clock) -> None:
        self._api = api
        self._attachments = attachments
        self._clock = clock

    async def kept(self, attachment: Attachment, sender: str, *, since: datetime) -> Attachment:
        """The attachment with its file in our store.

        A file that cannot be had or is refused leaves the attachment without ``id``, its name saying why: the message
        itself is never lost for it.  Raises `TryAgainError` while it is worth trying again.
        """
        try:
            content, kind, name = await self._api.download(attachment.remote, limit=self._attachments.limit)
            stored = await self._attachments.upload(content, _declared(kind), name, by=Actor(f"{CHANNEL}:{sender}"))
        except TooLongError:
            return _without_file(attachment, word("file_too_big"))
        except PlatformError as error:
            if error.verdict is WeComVerdict.try_again and self._is_worth_it(since):
                raise error.as_delivery_error() from error
            return _without_file(attachment, error.code.zh)
        except TryAgainError:
            if self._is_worth_it(since):
                raise
            return _without_file(attachment, word("no_answer"))
        except AttachmentRefusedError as error:
            return _without_file(attachment, str(error))
        known = {"id": stored.sha256, "name": stored.name, "content_type": stored.media_type, "size": stored.size}
        return attachment.model_copy(update=known)

    def _is_worth_it(self, since: datetime) -> bool:
        return self._clock() - since < _GIVE_UP_AFTER


class OutgoingMedia:
    """Files for customers: uploaded once, known by their media id for as long as the platform keeps them."""

    def __init__(self, api: WeComApi, attachments: AttachmentService, database: Database, clock: Clock) -> None:
        self._api = api
        self._attachments = attachments
        self._database = database
        self._clock = clock

    async def media_id(self, part: FilePart, *, anew: bool = False) -> str:
        """``anew``: the platform says that it has forgotten the one we know."""
        attachment = part.attachment
        known = None if anew else await self._known(attachment.id, part.kind)
        if known is not None:
            return known
        content, content_type = await self._attachments.content(attachment.id), attachment.content_type
        if part.kind == MessageKind.image and content_type not in ("image/jpeg", "image/png"):
            content, content_type = await asyncio.to_thread(_as_jpeg, content), "image/jpeg"
        name = attachment.name if part.kind == "file" and attachment.name else f"file{_SUFFIX.get(content_type, '')}"
        uploaded = await self._api.upload(part.kind, name, content, content_type or "application/octet-stream")
        return await self._remember(attachment.id, part.kind, uploaded)

    async def _known(self, sha256: str, kind: str) -> str | None:
        good_since = self._clock() - _KEPT + _MARGIN
        query = select(Media.media_id).where(Media.sha256 == sha256, Media.kind == kind, Media.uploaded_at > good_since)
        async with self._database.transaction() as session:
            return (await session.scalars(query)).first()

    async def _remember(self, sha256: str, kind: str, media_id: str) -> str:
        values = {"sha256": sha256, "kind": kind, "media_id": media_id, "uploaded_at": self._clock()}
        latest = {"media_id": media_id, "uploaded_at": self._clock()}
        query = insert(Media).values(values)
        async with self._database.transaction() as session:
            await session.execute(query.on_conflict_do_update(index_elements=[Media.sha256, Media.kind], set_=latest))
            await session.execute(delete(Media).where(Media.uploaded_at < self._clock() - _KEPT))
        return media_id


def _declared(content_type: str) -> str:
    """What the platform calls it, where that says anything."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if kind.startswith(("image/", "video/", "audio/")) else ""


def _without_file(attachment: Attachment, reason: str) -> Attachment:
    return attachment.model_copy(update={"id": "", "name": word("file_refused", reason=reason)[:200]})


def _as_jpeg(content: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=["WEBP", "GIF"]) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()
