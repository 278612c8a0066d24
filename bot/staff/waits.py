"""Growing waits for whoever tries passwords or codes wrongly: by name, known or not, and by address."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.errors import LoginLockedError
from bot.staff.tables import LoginWait

FAILURES_ALLOWED = 5
ADDRESS_FAILURES_ALLOWED = 50
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(minutes=15)
_MOST_DOUBLINGS = 10


@dataclass(frozen=True)
class Counter:
    """What failures are counted by.

    Parameters
    ----------
    kind: ``name``, ``code`` or ``address``.
    allowed: failures before the first wait; a whole call centre may share an address.
    forgotten_after: without another failure.
    """

    kind: str
    value: str
    allowed: int = FAILURES_ALLOWED
    forgotten_after: timedelta = timedelta(days=1)

    @property
    def key(self) -> str:
        """A hash: people type passwords where names belong."""
        return hashlib.sha256(f"{self.kind}:{self.value.strip().casefold()}".encode()).hexdigest()

    def wait(self, failures: int) -> timedelta | None:
        """How long to wait after so many failures: doubled each time."""
        beyond = failures - self.allowed
        return min(FIRST_WAIT * 2 ** min(beyond, _MOST_DOUBLINGS), LONGEST_WAIT) if beyond >= 0 else None


def by_name(username: str) -> Counter:
    return Counter("name", username)


def by_code(username: str) -> Counter:
    return Counter("code", username)


def by_address(address: str) -> Counter:
    return Counter("address", address, ADDRESS_FAILURES_ALLOWED, timedelta(hours=1))


async def charge(session: AsyncSession, counters: list[Counter], *, now: datetime) -> None:
    """Count a try as failed before anybody looks whether it is, so that many at once gain nothing.

    Raises `LoginLockedError` when one of the counters waits; then nothing is counted.
    """
    rows = [(counter, await _locked_row(session, counter, now)) for counter in sorted(counters, key=lambda c: c.key)]
    waiting = [row.until for _, row in rows if row.until is not None and now < row.until]
    if waiting:
        raise LoginLockedError("tried too often", wait_s=max(1, int((max(waiting) - now).total_seconds())))
    for counter, row in rows:
        forgotten = row.last_at < now - counter.forgotten_after
        row.failures = 1 if forgotten else row.failures + 1
        row.last_at = now
        wait = counter.wait(row.failures)
        row.until = now + wait if wait else None


async def forgive(session: AsyncSession, counter: Counter) -> None:
    """Forget every failure."""
    await session.execute(delete(LoginWait).where(LoginWait.key == counter.key))


async def refund(session: AsyncSession, counter: Counter) -> None:
    """Take back the last charge: the try was right.  Earlier failures stay, else an own account would wash them off."""
    row = await session.get(LoginWait, counter.key, with_for_update=True)
    if row is not None:
        row.failures = max(0, row.failures - 1)
        row.until = None


async def is_waiting(session: AsyncSession, counter: Counter, *, now: datetime) -> bool:
    until = await session.scalar(select(LoginWait.until).where(LoginWait.key == counter.key))
    return until is not None and now < until


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    await session.execute(delete(LoginWait).where(LoginWait.last_at < now - timedelta(days=1)))


async def _locked_row(session: AsyncSession, counter: Counter, now: datetime) -> LoginWait:
    fresh = insert(LoginWait).values(key=counter.key, failures=0, last_at=now)
    await session.execute(fresh.on_conflict_do_nothing())
    return await session.get_one(LoginWait, counter.key, with_for_update=True)
