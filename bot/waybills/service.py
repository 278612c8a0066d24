"""What customers may do with waybills: look one up, prove to be a party, give instructions."""

from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.service import phones_of
from bot.db import Database
from bot.errors import IllegalMoveError, WaybillNotFoundError
from bot.waybills.access import WaybillAccess
from bot.waybills.conditions import Conditions
from bot.waybills.instructions import station_consent
from bot.waybills.model import PartyRole, Waybill, WaybillStatus
from bot.waybills.progress import Progress, progress_of
from bot.waybills.source import WaybillSource
from bot.waybills.tables import Instruction


class InstructionKind(StrEnum):
    """What a party can ask to be done with a parcel."""

    change_address = "change_address"
    reschedule_delivery = "reschedule_delivery"
    delivery_preference = "delivery_preference"
    intercept = "intercept"
    refuse = "refuse"
    expedite = "expedite"


_CLOSED = {WaybillStatus.delivered, WaybillStatus.returned, WaybillStatus.refused, WaybillStatus.returning}
_TOO_LATE: dict[InstructionKind, set[WaybillStatus]] = {
    InstructionKind.change_address: _CLOSED | {WaybillStatus.at_station},
    InstructionKind.reschedule_delivery: _CLOSED,
    InstructionKind.delivery_preference: _CLOSED,
    InstructionKind.intercept: _CLOSED,
    InstructionKind.refuse: _CLOSED,
    InstructionKind.expedite: _CLOSED,
}
_PUTS_OFF = {InstructionKind.reschedule_delivery: "date_agreed", InstructionKind.change_address: "change_asked"}


class WaybillService:
    """The one door to waybills for customers."""

    def __init__(
        self,
        source: WaybillSource,
        access: WaybillAccess,
        database: Database,
        clock: Clock,
        conditions: Conditions | None = None,
    ) -> None:
        self._conditions = conditions
        self._source = source
        self._access = access
        self._database = database
        self._clock = clock

    async def get(self, waybill_no: str) -> Waybill:
        """The waybill, for staff and for checks before access.  Raises `WaybillNotFoundError`."""
        waybill = await self._source.find(waybill_no)
        if waybill is None:
            raise WaybillNotFoundError(waybill_no)
        return waybill

    async def exists(self, waybill_no: str) -> bool:
        return await self._source.find(waybill_no) is not None

    async def party(self, customer_id: UUID, waybill_no: str) -> PartyRole | None:
        """Which party this customer is known to be; None means a phone tail has to be asked for."""
        return await self._access.party(customer_id, await self.get(waybill_no))

    async def prove(self, customer_id: UUID, waybill_no: str, phone_tail: str) -> PartyRole:
        """Accept the last four digits of a party's phone.  Raises `AccessRefusedError`, `TooManyGuessesError`."""
        return await self._access.prove(customer_id, await self.get(waybill_no), phone_tail)

    async def status_for(self, customer_id: UUID, waybill_no: str) -> WaybillStatus | None:
        """Where it stands, for a party to it; None for anybody else and for a number nobody knows."""
        waybill = await self._source.find(waybill_no)
        if waybill is None or await self._access.party(customer_id, waybill) is None:
            return None
        return waybill.status

    async def progress(self, waybill_no: str) -> Progress:
        return progress_of(await self.get(waybill_no), now=self._clock())

    async def of_customer(self, customer_id: UUID, *, limit: int = 5) -> list[Waybill]:
        """The newest waybills of a customer with a verified phone; empty for anybody else."""
        async with self._database.transaction() as session:
            phones = await phones_of(session, customer_id)
        found = [waybill for phone in phones for waybill in await self._source.with_phone(phone, limit=limit)]
        newest = {each.waybill_no: each for each in sorted(found, key=lambda each: each.shipped_at, reverse=True)}
        return list(newest.values())[:limit]

    async def check(self, kind: InstructionKind, waybill_no: str) -> Waybill:
        """The waybill, if this instruction still makes sense.  Raises `IllegalMoveError` once it is too late."""
        waybill = await self.get(waybill_no)
        if waybill.status in _TOO_LATE[kind]:
            raise IllegalMoveError(f"{kind} is too late for {waybill_no}: it is {waybill.status}")
        return waybill

    async def instruct(
        self,
        kind: InstructionKind,
        waybill_no: str,
        details: dict[str, Any],
        *,
        party: PartyRole,
        customer_id: UUID,
        conversation_id: UUID,
        turn: str,
    ) -> None:
        """Record what a party asked for.  The same ``turn`` records once.  Raises `IllegalMoveError` if too late."""
        await self.check(kind, waybill_no)
        values = {
            "waybill_no": waybill_no,
            "kind": kind.value,
            "details": details,
            "party": party.value,
            "customer_id": customer_id,
            "conversation_id": conversation_id,
            "turn": turn,
            "at": self._clock(),
        }
        async with self._database.transaction() as session:
            statement = insert(Instruction).values(values).on_conflict_do_nothing().returning(Instruction.id)
            is_new = await session.scalar(statement) is not None
            if is_new and self._conditions is not None:
                await _heed(self._conditions, session, kind, waybill_no, details)


async def _heed(
    conditions: Conditions, session: AsyncSession, kind: InstructionKind, waybill_no: str, details: dict[str, Any]
) -> None:
    """What the instruction changes about the promise, and about lockers and stations."""
    if kind in _PUTS_OFF:
        await conditions.agreed(session, waybill_no, _PUTS_OFF[kind], str(details.get("delivery_when", "")))
    consent = station_consent(str(details.get("preference", "")))
    if kind is InstructionKind.delivery_preference and consent is not None:
        await conditions.consented(session, waybill_no, to_station=consent)
