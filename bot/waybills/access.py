"""Who may see a waybill: only a party to it, by verified phone or by the last four digits of the phone on it."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.model import Customer
from bot.customers.service import phones_of
from bot.db import Database
from bot.errors import AccessRefusedError, TooManyGuessesError
from bot.waybills.model import PartyRole, Waybill
from bot.waybills.tables import PhoneTailGuess, WaybillGrant


@dataclass(frozen=True)
class GuessLimit:
    """How many wrong phone tails are too many.

    Parameters
    ----------
    per_customer: wrong tails one customer may type, over all waybills, within the window.
    per_waybill: wrong tails typed by anybody for one waybill within the window.
    window: how long a wrong tail counts.
    """

    per_customer: int = 5
    per_waybill: int = 15
    window: timedelta = timedelta(minutes=60)


class WaybillAccess:
    """Grants, proofs and the count of wrong guesses."""

    def __init__(self, database: Database, clock: Clock, limit: GuessLimit) -> None:
        self._database = database
        self._clock = clock
        self._limit = limit

    async def party(self, customer_id: UUID, waybill: Waybill) -> PartyRole | None:
        """Which party this customer has shown to be, or None."""
        async with self._database.transaction() as session:
            grant = await session.get(WaybillGrant, (customer_id, waybill.waybill_no))
            if grant is not None:
                return PartyRole(grant.party)
            if await session.get(Customer, customer_id) is None:
                return None
            parties = map(waybill.party_with_phone, await phones_of(session, customer_id))
            return next(filter(None, parties), None)

    async def prove(self, customer_id: UUID, waybill: Waybill, phone_tail: str) -> PartyRole:
        """Grant access for the right last four digits.

        Raises `TooManyGuessesError` once the limit is reached, whether or not this tail is right, and
        `AccessRefusedError` for a wrong tail, which is counted.
        """
        async with self._database.transaction() as session:
            await self._one_at_a_time(session, customer_id)
            if await self._guessed_too_often(session, customer_id, waybill.waybill_no):
                raise TooManyGuessesError(f"too many phone tails tried for waybill {waybill.waybill_no}")
            party = waybill.party_with_tail(phone_tail)
            if party is not None:
                await self._grant(session, customer_id, waybill.waybill_no, party)
                return party
            session.add(PhoneTailGuess(customer_id=customer_id, waybill_no=waybill.waybill_no, at=self._clock()))
        raise AccessRefusedError(f"the phone tail does not fit waybill {waybill.waybill_no}")

    async def _one_at_a_time(self, session: AsyncSession, customer_id: UUID) -> None:
        """Parallel guesses of one customer must not slip past the count."""
        await session.execute(select(func.pg_advisory_xact_lock(customer_id.int % 2**63)))

    async def _guessed_too_often(self, session: AsyncSession, customer_id: UUID, waybill_no: str) -> bool:
        since = self._clock() - self._limit.window
        recent = select(func.count()).select_from(PhoneTailGuess).where(PhoneTailGuess.at > since)
        by_customer = await session.scalar(recent.where(PhoneTailGuess.customer_id == customer_id)) or 0
        for_waybill = await session.scalar(recent.where(PhoneTailGuess.waybill_no == waybill_no)) or 0
        return by_customer >= self._limit.per_customer or for_waybill >= self._limit.per_waybill

    async def _grant(self, session: AsyncSession, customer_id: UUID, waybill_no: str, party: PartyRole) -> None:
        await session.execute(
            insert(WaybillGrant)
            .values(
                customer_id=customer_id,
                waybill_no=waybill_no,
                party=party.value,
                proof="phone_tail",
                granted_at=self._clock(),
            )
            .on_conflict_do_nothing()
        )
