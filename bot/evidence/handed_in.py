"""Whether files that somebody refers to stand in the record of a ticket."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import AccessRefusedError, BadQueryError, NotFoundError
from bot.evidence.tables import AttachmentRow, EvidenceItemRow
from bot.evidence.words import evidence_words
from bot.staff.model import Actor

_SHOWN = 12


async def refuse_unless_handed_in(session: AsyncSession, ticket_no: str, files: Sequence[str], *, by: Actor) -> None:
    """What is in the record, whoever sees the ticket can read; nothing else may be referred to.

    Parameters
    ----------
    files: SHA-256 each.

    Raises `NotFoundError` for a file that nobody uploaded, `AccessRefusedError` for one that others did, and
    `BadQueryError` for an own one that was not handed in for this ticket.
    """
    if not files:
        return
    item, row = EvidenceItemRow, AttachmentRow
    record = select(item.attachment).where(item.ticket_no == ticket_no, item.attachment.in_(files))
    handed_in = set(await session.scalars(record))
    missing = next((file for file in files if file not in handed_in), None)
    if missing is None:
        return
    uploaders = set(await session.scalars(select(row.uploaded_by).where(row.sha256 == missing)))
    shown = {"file": missing[:_SHOWN], "ticket_no": ticket_no}
    if not uploaders:
        raise NotFoundError(evidence_words().refusal("file_unknown", **shown))
    if by.name not in uploaders:
        raise AccessRefusedError(evidence_words().refusal("file_foreign", **shown))
    raise BadQueryError(evidence_words().refusal("file_elsewhere", **shown))
