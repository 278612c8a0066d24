"""Reading and locking releases."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import local
from bot.studio.releases.faults import ReleaseNotFoundError
from bot.studio.releases.line import Line
from bot.studio.releases.model import Release
from bot.studio.releases.states import AT_WORK, SERVED, ReleaseState
from bot.studio.releases.words import refusal


async def locked(session: AsyncSession, name: str) -> Release:
    """Held against other writers until the transaction ends.  Raises `ReleaseNotFoundError`."""
    release = await session.get(Release, name, with_for_update=True)
    if release is None:
        raise ReleaseNotFoundError(refusal("not_found", name=name))
    return release


async def found(session: AsyncSession, name: str) -> Release:
    """Raises `ReleaseNotFoundError`."""
    release = await session.get(Release, name)
    if release is None:
        raise ReleaseNotFoundError(refusal("not_found", name=name))
    return release


async def in_state(session: AsyncSession, state: ReleaseState, *, lock: bool = False) -> Release | None:
    """The release in a state that only one can be in."""
    query = select(Release).where(Release.state == state.value)
    return (await session.scalars(query.with_for_update() if lock else query)).first()


async def at_work(session: AsyncSession) -> Release | None:
    """The oldest training that is not over."""
    query = select(Release).where(Release.state.in_(AT_WORK)).order_by(Release.asked_at).limit(1)
    return (await session.scalars(query)).first()


async def served(session: AsyncSession) -> Sequence[Release]:
    """All that a process runs for, or is to."""
    return (await session.scalars(select(Release).where(Release.state.in_(SERVED)).order_by(Release.name))).all()


async def newest(session: AsyncSession, *, before: datetime | None = None, limit: int = 20) -> Sequence[Release]:
    """The history, newest first."""
    query = select(Release).order_by(Release.asked_at.desc()).limit(limit)
    return (await session.scalars(query.where(Release.asked_at < before) if before else query)).all()


async def settled_before(session: AsyncSession) -> Release | None:
    """What served everybody before what does now, and can again."""
    kept = (ReleaseState.leaving.value, ReleaseState.kept.value)
    query = select(Release).where(Release.state.in_(kept), Release.settled_at.is_not(None))
    return (await session.scalars(query.order_by(Release.settled_at.desc()).limit(1))).first()


async def line(session: AsyncSession) -> Line | None:
    """What serves; None where no release ever did."""
    rows = await served(session)
    stable = next((row for row in rows if row.state == ReleaseState.stable), None)
    if stable is None:
        return None
    tried = next((row for row in rows if row.state == ReleaseState.candidate), None)
    return Line(
        stable=stable.name,
        candidate=tried.name if tried is not None and tried.is_up else None,
        share=tried.share if tried is not None else 0,
        served=frozenset(row.name for row in rows),
    )


async def next_name(session: AsyncSession, *, at: datetime) -> str:
    """Like ``2026-11-22-1``: the day in China, and which of that day."""
    day: date = local(at).date()
    n = await session.scalar(select(func.count()).where(Release.name.startswith(f"{day}-"))) or 0
    return f"{day}-{n + 1}"
