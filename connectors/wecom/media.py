"""Files both ways: temporary media of the platform into our store, files of our store to the platform."""

from bot.channels import Attachment, MessageKind
from bot.clock import Clock
from bot.db import Database
from bot.evidence.attachments import AttachmentService
from connectors.tencent_media import Keeping, NoFileError, Uploads, as_jpeg
from connectors.wecom.account import CHANNEL
from connectors.wecom.api import WeComApi
from connectors.wecom.codes import PlatformError, WeComVerdict
from connectors.wecom.composing import FilePart
from connectors.wecom.tables import WeComMedia
from connectors.wecom.words import word

_SUFFIX = {"image/jpeg": ".jpg", "image/png": ".png", "audio/amr": ".amr", "video/mp4": ".mp4"}


def incoming_media(api: WeComApi, attachments: AttachmentService, clock: Clock) -> Keeping:
    """What is sent to us that is no words."""

    async def download(attachment: Attachment) -> tuple[bytes, str, str]:
        try:
            return await api.download(attachment.remote, limit=attachments.limit)
        except PlatformError as error:
            later = error.as_delivery_error() if error.verdict is WeComVerdict.try_again else None
            raise NoFileError(error.code.zh, later=later) from error

    return Keeping(CHANNEL, download, attachments, word, clock)


class OutgoingMedia:
    """Files for customers: uploaded once, known by their media id for as long as the platform keeps them."""

    def __init__(self, api: WeComApi, attachments: AttachmentService, database: Database, clock: Clock) -> None:
        self._api = api
        self._attachments = attachments
        self._uploads = Uploads(WeComMedia, database, clock)

    async def media_id(self, part: FilePart, *, anew: bool = False) -> str:
        """``anew``: the platform says that it has forgotten the one we know."""
        attachment = part.attachment
        known = None if anew else await self._uploads.known(attachment.id, part.kind)
        if known is not None:
            return known
        content, content_type = await self._attachments.content(attachment.id), attachment.content_type
        if part.kind == MessageKind.image and content_type not in ("image/jpeg", "image/png"):
            content, content_type = await as_jpeg(content), "image/jpeg"
        name = attachment.name if part.kind == "file" and attachment.name else f"file{_SUFFIX.get(content_type, '')}"
        uploaded = await self._api.upload(part.kind, name, content, content_type or "application/octet-stream")
        return await self._uploads.remember(attachment.id, part.kind, uploaded)
