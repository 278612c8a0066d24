"""Files on their way in and out: checked before they are kept, compared with their hash before they are shown."""

import asyncio

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.db import Database
from bot.errors import AttachmentDamagedError, AttachmentNotFoundError
from bot.evidence.checking import DEFAULT_LIMIT, checked, safe_name
from bot.evidence.model import Attachment
from bot.evidence.store import AttachmentStore, key_of
from bot.evidence.tables import AttachmentRow
from bot.staff.model import Actor

_DECODED_AT_ONCE = 2
"""A photo of 50 megapixels takes some 200 MB while it is drawn anew."""


class AttachmentService:
    """The one door to files.

    Parameters
    ----------
    limit: bytes of one upload.
    """

    def __init__(self, database: Database, store: AttachmentStore, clock: Clock, *, limit: int = DEFAULT_LIMIT) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._turns = asyncio.Semaphore(_DECODED_AT_ONCE)
        self.limit = limit

    async def upload(self, content: bytes, declared_type: str, name: str, *, by: Actor) -> Attachment:
        """Check, keep and record a file.  The same file of the same person again is the one there is.

        The content is in the store before the record is written: a record never names a file that is not there.
        Raises `AttachmentRefusedError`.
        """
        async with self._turns:
            file = await asyncio.to_thread(checked, content, declared_type, limit=self.limit)
        sha256 = await self._store.put(file.content)
        values = {
            "sha256": sha256,
            "uploaded_by": by.name,
            "bytes": len(file.content),
            "media_type": file.media_type,
            "width": file.width,
            "height": file.height,
            "original_name": safe_name(name, file.media_type),
            "uploaded_at": self._clock(),
        }
        async with self._database.transaction() as session:
            await session.execute(insert(AttachmentRow).values(values).on_conflict_do_nothing())
        return await self.uploaded(sha256, by=by)

    async def uploaded(self, sha256: str, *, by: Actor) -> Attachment:
        """A file this person uploaded; knowing the hash of somebody else's opens nothing: `AttachmentNotFoundError`."""
        async with self._database.transaction() as session:
            row = await session.scalar(
                select(AttachmentRow).where(AttachmentRow.sha256 == sha256, AttachmentRow.uploaded_by == by.name)
            )
        if row is None:
            raise AttachmentNotFoundError(sha256)
        return _attachment_from(row)

    async def content(self, sha256: str) -> bytes:
        """The bytes of a file.  Raises `AttachmentNotFoundError`; `AttachmentDamagedError` rather than show others."""
        content = await self._store.get(sha256)
        if await asyncio.to_thread(key_of, content) != sha256:
            raise AttachmentDamagedError(sha256)
        return content


def _attachment_from(row: AttachmentRow) -> Attachment:
    return Attachment(
        sha256=row.sha256,
        size=row.bytes,
        media_type=row.media_type,
        width=row.width,
        height=row.height,
        name=row.original_name,
        uploaded_by=row.uploaded_by,
        uploaded_at=row.uploaded_at,
    )
