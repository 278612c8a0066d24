"""A transaction that is tried again when the database had to choose a victim: nothing a customer said may be lost."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg.errors
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.exc import StaleDataError

from bot.db import Database
from bot.tickets.words import illegal

T = TypeVar("T")
_TRIES = 4
_CHOSEN = (psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure)
_ONCE = ("uq_tickets_open_case", "uq_ticket_events_turn", "uq_ticket_events_ticket_no_seq")


async def attempt(database: Database, work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Run ``work`` in a transaction; again from the start after a deadlock or after losing a race for the same case.

    ``work`` must therefore look at the database anew and keep nothing between two runs.  Raises `IllegalMoveError` when
    others are in the way time and again.
    """
    lost: Exception | None = None
    for _ in range(_TRIES):
        try:
            async with database.transaction() as session:
                return await work(session)
        except StaleDataError as error:
            lost = error
        except DBAPIError as error:
            if not is_a_race(error):
                raise
            lost = error
    raise illegal("busy") from lost


def is_a_race(error: DBAPIError) -> bool:
    """Whether somebody else was faster, so that another try will find things settled."""
    if isinstance(error, IntegrityError):
        return any(name in str(error.orig) for name in _ONCE)
    return isinstance(error.orig, _CHOSEN)
