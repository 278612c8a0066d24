"""Files both ways: temporary media of the platform into our store, files of our store to the platform."""

import asyncio
import io
import logging
from datetime import datetime, timedelta

from PIL import Image
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.channels import Attachment
from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import TryAgainError
from bot.errors import AttachmentRefusedError
from bot.evidence.attachments import AttachmentService
from bot.staff.model import Actor
from connectors.wechat.api import TooLongError, WeChatApi
from connectors.wechat.codes import PlatformError, Verdict
from connectors.wechat.composing import word
from connectors.wechat.tables import WeChatMedia as Media

logger = logging.getLogger(__name__)
_KEPT = timedelta(days=3)
_MARGIN = timedelta(hours=2)
_GIVE_UP_AFTER = timedelta(minutes=2)
"""So long a message waits for its file; the platform may be away, but an answer should not wait for ever."""
_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "audio/amr": ".amr", "audio/mpeg": ".mp3"}


class IncomingMedia:
    """What followers send that is no words."""

    def __init__(self, api: WeChatApi, attachments: AttachmentService, clock: Clock) -> None:
        self._api = api
        self._attachments = attachments
        self._clock = clock

    async def kept(self, attachment: Attachment, openid: str, *, since: datetime) -> Attachment:
        """The attachment with its file in our store.

        A file that cannot be had or is refused leaves the attachment without ``id``, its name saying why: the message
        itself is never lost for it.  Raises `TryAgainError` while it is worth trying again.
        """
        try:
            content, kind = await self._api.download(attachment.remote, limit=self._attachments.limit)
            stored = await self._attachments.upload(content, _declared(kind), "", by=Actor(f"wechat:{openid}"))
        except TooLongError:
            return _without_file(attachment, "文件太大")
        except PlatformError as error:
            logger.warning("WeChat gave no media: %s", error.code.code)
            if error.verdict is Verdict.try_again and self._clock() - since < _GIVE_UP_AFTER:
                raise error.as_delivery_error() from error
            return _without_file(attachment, error.code.zh)
        except TryAgainError:
            if self._clock() - since < _GIVE_UP_AFTER:
                raise
            return _without_file(attachment, "微信没有应答")
        except AttachmentRefusedError as error:
            return _without_file(attachment, str(error))
        return attachment.model_copy(
            update={
                "id": stored.sha256,
                "name": stored.name,
                "content_type": stored.media_type,
                "size": stored.size,
            }
        )


class OutgoingMedia:
    """Files for followers: uploaded once, known by their media id for as long as the platform keeps them."""

    def __init__(self, api: WeChatApi, attachments: AttachmentService, database: Database, clock: Clock) -> None:
        self._api = api
        self._attachments = attachments
        self._database = database
        self._clock = clock

    async def media_id(self, attachment: Attachment, *, anew: bool = False) -> str:
        """``anew``: the platform says that it has forgotten the one we know."""
        kind = attachment.kind.value
        known = None if anew else await self._known(attachment.id, kind)
        if known is not None:
            return known
        content = await self._attachments.content(attachment.id)
        content_type = attachment.content_type
        if content_type == "image/webp":
            content, content_type = await asyncio.to_thread(_as_jpeg, content), "image/jpeg"
        name = f"file{_SUFFIX.get(content_type, '.mp4')}"
        return await self._remember(attachment.id, kind, await self._api.upload(kind, name, content, content_type))

    async def thumb_id(self) -> str:
        """A plain cover, which the platform wants with every film."""
        known = await self._known("cover", "thumb")
        if known is not None:
            return known
        content = await asyncio.to_thread(_cover)
        return await self._remember("cover", "thumb", await self._api.upload("thumb", "c.jpg", content, "image/jpeg"))

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
    """What the platform calls it; speech is often declared in ways of its own, so only the content counts then."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if kind.startswith(("image/", "video/", "audio/")) else ""


def _without_file(attachment: Attachment, reason: str) -> Attachment:
    return attachment.model_copy(update={"id": "", "name": word("file_refused", reason=reason)[:200]})


def _as_jpeg(content: bytes) -> bytes:
    out = io.BytesIO()
    with Image.open(io.BytesIO(content), formats=["WEBP"]) as picture:
        picture.convert("RGB").save(out, "JPEG", quality=88)
    return out.getvalue()


def _cover() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "#e8eaed").save(out, "JPEG", quality=60)
    return out.getvalue()
