"""The store the settings ask for."""

from typing import TYPE_CHECKING

from bot.errors import SettingsError
from bot.evidence.store import AttachmentStore, FolderStore
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.evidence.s3 import S3Address


def open_store(settings: Settings) -> AttachmentStore:
    """Raises `SettingsError` for S3 without a bucket."""
    if settings.attachment_store == "s3":
        # boto3 takes half a second to import; who keeps files in a folder need not wait for it.
        from bot.evidence.s3 import S3Store

        return S3Store(_address(settings))
    store = FolderStore(settings.attachment_folder or settings.data_dir / "attachments")
    store.forget_abandoned()
    return store


def _address(settings: Settings) -> "S3Address":
    from bot.evidence.s3 import S3Address

    if not settings.s3_bucket:
        raise SettingsError("BOT_ATTACHMENT_STORE=s3 needs BOT_S3_BUCKET")
    return S3Address(
        bucket=settings.s3_bucket,
        endpoint=settings.s3_endpoint,
        region=settings.s3_region,
        prefix=settings.s3_prefix,
        access_key=settings.s3_access_key.get_secret_value() if settings.s3_access_key else None,
        secret_key=settings.s3_secret_key.get_secret_value() if settings.s3_secret_key else None,
        addressing=settings.s3_addressing,
    )
