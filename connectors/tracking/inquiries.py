"""What customers said about numbers of other carriers, kept so that nobody is asked twice."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.db import Database
from connectors.tracking.tables import ForeignInquiry


@dataclass(frozen=True)
class Inquiry:
    """Whose number it is, as the customer said or as it turned out.

    ``phone_tail`` is one that opened the track, empty where none is wanted; ``is_proven`` whether a track was opened.
    """

    carrier: str
    phone_tail: str = ""
    is_proven: bool = False


class Inquiries:
    """One row for each customer and number."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, customer_id: UUID, waybill_no: str) -> Inquiry | None:
        async with self._database.transaction() as session:
            row = await session.get(ForeignInquiry, (customer_id, waybill_no))
        return Inquiry(row.carrier, row.phone_tail, row.proven_at is not None) if row else None

    async def say_carrier(self, customer_id: UUID, waybill_no: str, carrier: str) -> None:
        """Another carrier than before makes what was proven void."""
        known = await self.of(customer_id, waybill_no)
        if known is None or known.carrier != carrier:
            await self._put(customer_id, waybill_no, {"carrier": carrier, "phone_tail": "", "proven_at": None})

    async def opened(self, customer_id: UUID, waybill_no: str, carrier: str, phone_tail: str) -> None:
        """This tail opened the track of this carrier."""
        values = {"carrier": carrier, "phone_tail": phone_tail, "proven_at": self._clock()}
        await self._put(customer_id, waybill_no, values)

    async def closed(self, customer_id: UUID, waybill_no: str) -> None:
        """What opened the track once opens nothing any more."""
        async with self._database.transaction() as session:
            row = await session.get(ForeignInquiry, (customer_id, waybill_no))
            if row is not None:
                row.phone_tail, row.proven_at = "", None

    async def tail_of(self, waybill_no: str, carrier: str) -> str:
        """A tail that opened the waybill for somebody, for subscribing; empty when none did."""
        query = (
            select(ForeignInquiry.phone_tail)
            .where(ForeignInquiry.waybill_no == waybill_no, ForeignInquiry.carrier == carrier)
            .where(ForeignInquiry.phone_tail != "")
            .order_by(ForeignInquiry.at.desc())
        )
        async with self._database.transaction() as session:
            return (await session.scalars(query.limit(1))).first() or ""

    async def forget(self, *, before: datetime) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(ForeignInquiry).where(ForeignInquiry.at < before))

    async def _put(self, customer_id: UUID, waybill_no: str, values: dict[str, Any]) -> None:
        key = {"customer_id": customer_id, "waybill_no": waybill_no}
        values = values | {"at": self._clock()}
        statement = insert(ForeignInquiry).values(key | values)
        async with self._database.transaction() as session:
            await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
