"""What was written down about one waybill: changes of its condition, and what parties asked for."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.waybills.tables import ConditionChange, Instruction, StateRow


async def changes_of(session: AsyncSession, waybill_no: str) -> Sequence[ConditionChange]:
    """Oldest first."""
    query = select(ConditionChange).where(ConditionChange.waybill_no == waybill_no)
    return (await session.scalars(query.order_by(ConditionChange.at, ConditionChange.id))).all()


async def instructions_of(session: AsyncSession, waybill_no: str) -> Sequence[Instruction]:
    """Oldest first."""
    query = select(Instruction).where(Instruction.waybill_no == waybill_no).order_by(Instruction.at)
    return (await session.scalars(query)).all()


async def state_of(session: AsyncSession, waybill_no: str) -> StateRow | None:
    return (await session.scalars(select(StateRow).where(StateRow.waybill_no == waybill_no))).first()
