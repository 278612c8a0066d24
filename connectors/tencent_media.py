"""Files on Tencent's platforms: theirs into our store, and ours known to them for as long as they keep them."""

import asyncio
import io
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from bot.channels import Attachment
from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import DeliveryError, TryAgainError
from bot.errors import AttachmentRefusedError
from bot.evidence.attachments import AttachmentService
from bot.staff.model import Actor

logger = logging.getLogger(__name__)
_KEPT = timedelta(days=3)
_MARGIN = timedelta(hours=2)
_GIVE_UP_AFTER = timedelta(minutes=2)
"""So long a message waits for its file; the platform may be away, but an answer should not wait for ever."""

Say = Callable[..., str]
"""Gives a text of the channel by its name and values: ``file_refused``, ``file_too_big``, ``no_answer``."""


class TooLongError(Exception):
    """More bytes came than we take."""


class NoFileError(Exception):
    """The platform gives no file.  ``reason`` is for people; ``later``: it may give it yet."""

    def __init__(self, reason: str, *, later: DeliveryError | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.later = later


class UploadedMedia:
    """The columns of a table of what we uploaded, by the SHA-256 of the content and the platform's kind of it."""

    sha256: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    media_id: Mapped[str]
    uploaded_at: Mapped[datetime]


class Uploads:
    """Media ids that the platform still knows."""

    def __init__(self, table: type[UploadedMedia], database: Database, clock: Clock) -> None:
        self._table = table
        self._database = database
        self._clock = clock

    async def known(self, sha256: str, kind: str) -> str | None:
        table, good_since = self._table, self._clock() - _KEPT + _MARGIN
        query = select(table.media_id).where(table.sha256 == sha256, table.kind == kind, table.uploaded_at > good_since)
        async with self._database.transaction() as session:
            return (await session.scalars(query)).first()

    async def remember(self, sha256: str, kind: str, media_id: str) -> str:
        """Returns the media id."""
        table, latest = self._table, {"media_id": media_id, "uploaded_at": self._clock()}
        put = insert(table).values(sha256=sha256, kind=kind, **latest)
        async with self._database.transaction() as session:
            await session.execute(put.on_conflict_do_update(index_elements=[table.sha256, table.kind], set_=latest))
            await session.execute(delete(table).where(table.uploaded_at < self._clock() - _KEPT))
        return media_id


Download = Callable[[Attachment], Awaitable[tuple[bytes, str, str]]]
"""Content, content type and name of what came.  Raises `TooLongError`, `NoFileError`, `TryAgainError`."""


class Keeping:
    """Takes what customers send that is no words into our store."""

    def __init__(
        self, channel: str, download: Download, attachments: AttachmentService, say: Say, clock: Clock
    ) -> None:
        self._channel = channel
        self._download = download
        self._attachments = attachments
        self._say = say
        self._clock = clock

    async def kept(self, attachment: Attachment, sender: str, *, since: datetime) -> Attachment:
        """The attachment with its file in our store.

        A file that cannot be had or is refused leaves the attachment without ``id``, its name saying why: the message
        itself is never lost for it.  Raises `TryAgainError` while it is worth trying again.
        """
        is_worth_it = self._clock() - since < _GIVE_UP_AFTER
        try:
            content, kind, name = await self._download(attachment)
            by = Actor(f"{self._channel}:{sender}")
            stored = await self._attachments.upload(content, _declared(kind), name, by=by)
        except TooLongError:
            return self._without_file(attachment, self._say("file_too_big"))
        except NoFileError as error:
            if error.later is not None and is_worth_it:
                raise error.later from error
            logger.warning("a file that came on %s is not to be had", self._channel)
            return self._without_file(attachment, error.reason)
        except TryAgainError:
            if is_worth_it:
                raise
            return self._without_file(attachment, self._say("no_answer"))
        except AttachmentRefusedError as error:
            return self._without_file(attachment, str(error))
        known = {"id": stored.sha256, "name": stored.name, "content_type": stored.media_type, "size": stored.size}
        return attachment.model_copy(update=known)

    def _without_file(self, attachment: Attachment, reason: str) -> Attachment:
        return attachment.model_copy(update={"id": "", "name": self._say("file_refused", reason=reason)[:200]})


async def as_jpeg(content: bytes) -> bytes:
    """Of a WebP or the first picture of a GIF."""
    return await asyncio.to_thread(_as_jpeg, content)


def _as_jpeg(content: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=["WEBP", "GIF"]) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


def _declared(content_type: str) -> str:
    """What the platform calls it; speech is often declared in ways of its own, so only the content counts then."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if kind.startswith(("image/", "video/", "audio/")) else ""
