"""Where waybills come from: the port, and the working in-memory adapter."""

from collections.abc import Iterable
from typing import Protocol

from bot.waybills.model import Waybill


class WaybillSource(Protocol):
    """A place that knows waybills: our own database, a tracking service, the carrier's system."""

    async def find(self, waybill_no: str) -> Waybill | None:
        """The waybill with its whole track, or None when this source does not know the number."""
        ...

    async def with_phone(self, phone: str, *, limit: int) -> list[Waybill]:
        """The newest waybills whose consignor or consignee has this phone number."""
        ...


class InMemoryWaybillSource:
    """Waybills in a dictionary, for tests and trials."""

    def __init__(self, waybills: Iterable[Waybill] = ()) -> None:
        self._by_number = {waybill.waybill_no: waybill for waybill in waybills}

    def add(self, waybill: Waybill) -> None:
        self._by_number[waybill.waybill_no] = waybill

    async def find(self, waybill_no: str) -> Waybill | None:
        return self._by_number.get(waybill_no)

    async def with_phone(self, phone: str, *, limit: int) -> list[Waybill]:
        own = [waybill for waybill in self._by_number.values() if waybill.party_with_phone(phone)]
        return sorted(own, key=lambda waybill: waybill.shipped_at, reverse=True)[:limit]
