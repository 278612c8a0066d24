"""Writing down what people do at the desk."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.desk.model import AuditEntry


def record(
    session: AsyncSession,
    what: str,
    *,
    who: str,
    at: datetime,
    why: str | None = None,
    conversation_id: UUID | None = None,
) -> None:
    """One line of the audit, in the transaction of whatever is done."""
    session.add(AuditEntry(who=who, at=at, what=what, why=why, conversation_id=conversation_id, details={}))


async def of_conversation(session: AsyncSession, conversation_id: UUID) -> list[AuditEntry]:
    """What people did with a conversation, oldest first."""
    query = select(AuditEntry).where(AuditEntry.conversation_id == conversation_id).order_by(AuditEntry.at)
    return list((await session.scalars(query)).all())
