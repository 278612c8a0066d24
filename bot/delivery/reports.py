"""What platforms tell of a message after they took it: that it arrived, was read, or failed after all."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery.model import THERE, Delivery, DeliveryPart, EarlyReport, SendState, Trouble
from bot.delivery.ports import DeliveryError, QuotaError
from bot.delivery.rows import outgoing_of

if TYPE_CHECKING:
    from bot.delivery.service import DeliveryService

_RANK = {None: 0, "failed": 1, "delivered": 2, "read": 3}
"""A better report stands against a worse one, whichever came first."""


@dataclass(frozen=True)
class Report:
    """One report of one part."""

    channel: str
    platform_id: str
    state: str
    code: str
    at: datetime
    error: DeliveryError | None = None


async def take(service: "DeliveryService", session: AsyncSession, report: Report) -> bool:
    """Returns whether the part is known; a report of an unknown one is kept."""
    query = select(DeliveryPart).where(
        DeliveryPart.channel == report.channel, DeliveryPart.platform_id == report.platform_id
    )
    part = (await session.scalars(query)).first()
    if part is None:
        await _keep(session, report)
        return False
    row = await session.get_one(Delivery, part.delivery_id, with_for_update=True)
    await session.refresh(part)
    await _apply(service, session, row, part, report)
    return True


async def take_early(service: "DeliveryService", session: AsyncSession, row: Delivery, part: DeliveryPart) -> None:
    """Apply what was told of a part before we had noted that it was sent."""
    if not part.platform_id:
        return
    early = (
        delete(EarlyReport)
        .where(EarlyReport.channel == part.channel, EarlyReport.platform_id == part.platform_id)
        .returning(EarlyReport.state, EarlyReport.code, EarlyReport.at)
    )
    for state, code, at in (await session.execute(early)).all():
        await _apply(service, session, row, part, Report(part.channel, part.platform_id, state, code, at))


async def _keep(session: AsyncSession, report: Report) -> None:
    if report.platform_id:
        values = {name: getattr(report, name) for name in ("channel", "platform_id", "state", "code", "at")}
        await session.execute(insert(EarlyReport).values(values).on_conflict_do_nothing())


async def _apply(
    service: "DeliveryService", session: AsyncSession, row: Delivery, part: DeliveryPart, report: Report
) -> None:
    if _RANK[report.state] <= _RANK[part.reported]:
        return
    part.reported = report.state
    await session.flush()
    if report.state == "failed":
        await _fail(service, session, row, part, report)
    else:
        await _arrive(service, session, row, report.at)


async def _fail(
    service: "DeliveryService", session: AsyncSession, row: Delivery, part: DeliveryPart, report: Report
) -> None:
    """One part that failed fails the whole, to be sent again from there; what has been given up stays as it is."""
    if row.state in (SendState.dead, SendState.dropped):
        return
    row.code = report.code
    row.error = str(report.error) if report.error else "reported by the platform"
    error = report.error or DeliveryError(row.error, code=report.code)
    row.parts_sent = min(row.parts_sent, part.part)
    if row.notice_kind and service.fallback and await service.fallback.fall_back(session, outgoing_of(row), error):
        await service.close(session, row, SendState.dropped, Trouble.elsewhere)
    elif isinstance(error, QuotaError):
        await service.close(session, row, SendState.held, Trouble.quota)
    else:
        await service.close(session, row, SendState.dead, Trouble.reported)


async def _arrive(service: "DeliveryService", session: AsyncSession, row: Delivery, at: datetime) -> None:
    """As well as its worst part; an arrival that comes after a failure was the truth."""
    query = select(DeliveryPart.reported).where(DeliveryPart.delivery_id == row.id)
    told = (await session.scalars(query)).all()
    is_whole = row.parts is not None and len(told) >= row.parts
    worst = min((_RANK[each] for each in told), default=0) if is_whole else 0
    if worst >= _RANK["delivered"] and row.state in (*THERE, SendState.dead):
        row.delivered_at = row.delivered_at or at
        row.read_at = row.read_at or (at if worst == _RANK["read"] else None)
        state = SendState.read if worst == _RANK["read"] else SendState.delivered
        if row.state != state:
            await service.close(session, row, state, None)
