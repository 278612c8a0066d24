"""The store the settings ask for."""

from bot.errors import SettingsError
from bot.evidence.s3 import S3Address, S3Store
from bot.evidence.store import AttachmentStore, FolderStore
from bot.settings import Settings


def open_store(settings: Settings) -> AttachmentStore:
    """Raises `SettingsError` for S3 without a bucket."""
    if settings.attachment_store == "s3":
        return S3Store(_address(settings))
    store = FolderStore(settings.attachment_folder or settings.data_dir / "attachments")
    store.forget_abandoned()
    return store


def _address(settings: Settings) -> S3Address:
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
