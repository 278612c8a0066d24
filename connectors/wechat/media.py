"""Files both ways: temporary media of the platform into our store, files of our store to the platform."""

import asyncio
import io

from PIL import Image

from bot.channels import Attachment
from bot.clock import Clock
from bot.db import Database
from bot.evidence.attachments import AttachmentService
from connectors.tencent_media import Keeping, NoFileError, Uploads, as_jpeg
from connectors.wechat.account import CHANNEL
from connectors.wechat.api import WeChatApi
from connectors.wechat.codes import PlatformError, Verdict
from connectors.wechat.composing import word
from connectors.wechat.tables import WeChatMedia

_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "audio/amr": ".amr", "audio/mpeg": ".mp3"}


def incoming_media(api: WeChatApi, attachments: AttachmentService, clock: Clock) -> Keeping:
    """What followers send that is no words."""

    async def download(attachment: Attachment) -> tuple[bytes, str, str]:
        try:
            return *await api.download(attachment.remote, limit=attachments.limit), ""
        except PlatformError as error:
            later = error.as_delivery_error() if error.verdict is Verdict.try_again else None
            raise NoFileError(error.code.zh, later=later) from error

    return Keeping(CHANNEL, download, attachments, word, clock)


class OutgoingMedia:
    """Files for followers: uploaded once, known by their media id for as long as the platform keeps them."""

    def __init__(self, api: WeChatApi, attachments: AttachmentService, database: Database, clock: Clock) -> None:
        self._api = api
        self._attachments = attachments
        self._uploads = Uploads(WeChatMedia, database, clock)

    async def media_id(self, attachment: Attachment, *, anew: bool = False) -> str:
        """``anew``: the platform says that it has forgotten the one we know."""
        kind = attachment.kind.value
        known = None if anew else await self._uploads.known(attachment.id, kind)
        if known is not None:
            return known
        content = await self._attachments.content(attachment.id)
        content_type = attachment.content_type
        if content_type == "image/webp":
            content, content_type = await as_jpeg(content), "image/jpeg"
        name = f"file{_SUFFIX.get(content_type, '.mp4')}"
        uploaded = await self._api.upload(kind, name, content, content_type)
        return await self._uploads.remember(attachment.id, kind, uploaded)

    async def thumb_id(self) -> str:
        """A plain cover, which the platform wants with every film."""
        known = await self._uploads.known("cover", "thumb")
        if known is not None:
            return known
        content = await asyncio.to_thread(_cover)
        uploaded = await self._api.upload("thumb", "c.jpg", content, "image/jpeg")
        return await self._uploads.remember("cover", "thumb", uploaded)


def _cover() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 300), "#e8eaed").save(out, "JPEG", quality=60)
    return out.getvalue()
