"""How often customers may try phone tails for waybills of other carriers: counted with those for ours."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID, uuid4, uuid5

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import PhoneTailRequiredError, PhoneTailWrongError, TooManyGuessesError
from bot.waybills.access import GuessLimit
from bot.waybills.tables import PhoneTailGuess

_NUMBERS = UUID("8f6f1c2e-6d0e-4f0b-9a55-5a2f6d1c9b10")


class TailTries:
    """Wrong tails of a customer over all waybills, and of everybody for one waybill."""

    def __init__(self, database: Database, clock: Clock, limit: GuessLimit) -> None:
        self._database = database
        self._clock = clock
        self._limit = limit

    @asynccontextmanager
    async def counting(self, customer_id: UUID, waybill_no: str) -> AsyncIterator[None]:
        """Around one try of a tail.

        Raises `TooManyGuessesError` instead of letting it happen, and `PhoneTailWrongError` for a try that was refused.
        A try counts as wrong from the start, so that many at the same time do not slip past the limit, and is taken
        back when it opened the waybill or nobody could say.
        """
        guess, earlier = await self._count(customer_id, waybill_no)
        try:
            yield
        except PhoneTailRequiredError as error:
            raise PhoneTailWrongError(error.waybill_no, error.carrier, times=earlier + 1) from error
        except Exception:
            await self._take_back(guess)
            raise
        await self._take_back(guess)

    async def _count(self, customer_id: UUID, waybill_no: str) -> tuple[UUID, int]:
        """The id of this try, and how many wrong ones came before it for this waybill from this customer."""
        guess = uuid4()
        async with self._database.transaction() as session:
            for key in (customer_id, uuid5(_NUMBERS, waybill_no)):
                await session.execute(select(func.pg_advisory_xact_lock(key.int % 2**63)))
            own, there = PhoneTailGuess.customer_id == customer_id, PhoneTailGuess.waybill_no == waybill_no
            by_customer, for_waybill = await self._recent(session, own), await self._recent(session, there)
            if by_customer >= self._limit.per_customer or for_waybill >= self._limit.per_waybill:
                raise TooManyGuessesError(f"too many phone tails tried for waybill {waybill_no}")
            earlier = await self._recent(session, own & there)
            session.add(PhoneTailGuess(id=guess, customer_id=customer_id, waybill_no=waybill_no, at=self._clock()))
        return guess, earlier

    async def _recent(self, session: AsyncSession, which: ColumnElement[bool]) -> int:
        since = self._clock() - self._limit.window
        query = select(func.count()).select_from(PhoneTailGuess).where(which, PhoneTailGuess.at > since)
        return await session.scalar(query) or 0

    async def _take_back(self, guess: UUID) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(PhoneTailGuess).where(PhoneTailGuess.id == guess))
