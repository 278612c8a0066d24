"""What happens to parcels and tickets, heard where it happens: in the same transaction, or from a stored event.

Every scan of the network comes by here, so the one question asked of all of them is a look-up by waybill number among
those that somebody watches.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.phones import normal_phone
from bot.db import Database
from bot.delivery.model import Delivery, SendState, Trouble
from bot.delivery.service import DeliveryService
from bot.notices import consents
from bot.notices.catalogue import catalogue
from bot.notices.model import NoticeEnd, NoticeRow, NoticeState
from bot.notices.service import Happening, NoticeService
from bot.outbox.model import Event
from bot.outbox.relaying import Subscribers
from bot.tickets.kinds import Outcome, Priority
from bot.tickets.model import Ticket
from bot.waybills.conditions import Changed, Consequences, RuleCase
from bot.waybills.history import state_of
from bot.waybills.intake import Intake
from bot.waybills.model import Condition
from bot.waybills.schemas import CheckpointRecord, WaybillRecord

_MERGED = Outcome.merged.value


class Watching:
    """Turns scans, changes of condition and events of tickets into notices."""

    def __init__(self, database: Database, clock: Clock, notices: NoticeService, deliveries: DeliveryService) -> None:
        self._database = database
        self._clock = clock
        self._notices = notices
        self._deliveries = deliveries

    def subscribe(self, subscribers: Subscribers) -> None:
        """Hear of tickets; before `Jobs.start`."""
        kinds = {event for kind in catalogue().kinds.values() for event in kind.events}
        for kind in sorted(kinds):
            subscribers.on(kind, self.ticket_moved, name="notices")

    # -- parcels -----------------------------------------------------------------------------------

    async def made(self, session: AsyncSession, records: Collection[WaybillRecord]) -> None:
        """New waybills: who wants to hear of everything watches them too."""
        parties = {record.waybill_no: {record.consignor_phone, record.consignee_phone} for record in records}
        phones = {normal_phone(phone) for both in parties.values() for phone in both if phone}
        wanting = await consents.who_wants_all(session, phones)
        if not wanting:
            return
        for number, both in parties.items():
            for customer_id in set().union(*(wanting.get(normal_phone(phone), set()) for phone in both if phone)):
                await consents.watch(session, customer_id, [number], at=self._clock())

    async def scanned(self, session: AsyncSession, records: Sequence[CheckpointRecord]) -> None:
        """Scans that were stored; what they make untrue is told no more."""
        watched = await self._watched(session, {record.waybill_no for record in records})
        if not watched:
            return
        heard = [record for record in records if record.waybill_no in watched]
        whom = [
            (customer_id, _of_scan(kind, record))
            for record in heard
            for kind in catalogue().for_scan(record.kind)
            for customer_id in watched[record.waybill_no]
        ]
        await self._notices.happened(session, whom, now=self._clock())
        for number in sorted({record.waybill_no for record in heard}):
            await self._withdraw(session, number)

    async def changed(self, session: AsyncSession, changes: Sequence[Changed], *, at: datetime) -> None:
        """A parcel past its promise is late: told once for each parcel."""
        late = [each.waybill_no for each in changes if _is_late(each)]
        watched = await self._watched(session, set(late))
        whom = [
            (customer_id, Happening("delayed", number, f"delayed:{number}", at, {"waybill_no": number}))
            for number in late
            for customer_id in watched.get(number, ())
        ]
        await self._notices.happened(session, whom, now=at)

    async def _watched(self, session: AsyncSession, numbers: Collection[str]) -> Mapping[str, list[UUID]]:
        found: dict[str, list[UUID]] = {}
        for number, customer_id in await consents.watchers(session, numbers):
            found.setdefault(number, []).append(customer_id)
        return found

    async def _withdraw(self, session: AsyncSession, waybill_no: str) -> None:
        """What was told, has not gone out, and is true no more."""
        state = await state_of(session, waybill_no)
        if state is None:
            return
        query = (
            select(NoticeRow, Delivery)
            .join(Delivery, Delivery.id == NoticeRow.told_as)
            .where(
                NoticeRow.subject == waybill_no,
                NoticeRow.told_as.is_not(None),
                NoticeRow.state == NoticeState.told.value,
                Delivery.state.in_([SendState.waiting.value, SendState.held.value]),
                Delivery.parts_sent == 0,
            )
            .with_for_update(of=Delivery, skip_locked=True)
        )
        for row, delivery in (await session.execute(query)).all():
            during = catalogue().kind(row.kind).during
            if during and state.status not in during:
                await self._deliveries.close(session, delivery, SendState.dropped, Trouble.expired)
                row.come_back()
                row.drop(NoticeEnd.superseded, at=self._clock())

    # -- tickets -----------------------------------------------------------------------------------

    async def ticket_moved(self, event: Event) -> None:
        """An event of a ticket, told at least once; its id keeps it from being two notices."""
        async with self._database.transaction() as session:
            ticket = await session.get(Ticket, event.subject)
            if ticket is None or ticket.customer_id is None or event.data.get("result") == _MERGED:
                return
            urgent = ticket.priority == Priority.urgent and event.kind != "ticket.closed"
            kinds = ["ticket_urgent"] if urgent else list(catalogue().for_event(event.kind))
            values = {"ticket_no": ticket.ticket_no, "waybill_no": ticket.waybill_no or ""}
            whom = [
                (ticket.customer_id, Happening(kind, ticket.ticket_no, f"event:{event.id}", event.at, values))
                for kind in kinds
            ]
            await self._notices.happened(session, whom, now=self._clock())


@dataclass(frozen=True)
class WatchedIntake(Intake):
    """The way into the tables of waybills, on which customers are told of what they asked to hear."""

    watching: Watching

    async def waybills(self, session: AsyncSession, records: Collection[WaybillRecord]) -> None:  # type: ignore[override]
        records = list(records)
        await super().waybills(session, records)
        await self.watching.made(session, records)

    async def scans(self, session: AsyncSession, records: Sequence[CheckpointRecord]) -> set[str]:
        unknown = await super().scans(session, records)
        await self.watching.scanned(session, [each for each in records if each.waybill_no not in unknown])
        return unknown


class TellingCustomers:
    """Consequences of a judgement, of which customers are told too."""

    def __init__(self, inner: Consequences, watching: Watching) -> None:
        self._inner = inner
        self._watching = watching

    async def changed(self, session: AsyncSession, changes: Sequence[Changed], *, at: datetime) -> None:
        await self._inner.changed(session, changes, at=at)
        await self._watching.changed(session, changes, at=at)

    async def open_tickets(self, session: AsyncSession, cases: Sequence[RuleCase], *, at: datetime) -> list[str]:
        return await self._inner.open_tickets(session, cases, at=at)

    async def close_tickets(self, session: AsyncSession, waybill_nos: Sequence[str], *, at: datetime) -> list[str]:
        return await self._inner.close_tickets(session, waybill_nos, at=at)


def _of_scan(kind: str, record: CheckpointRecord) -> Happening:
    values = {
        "waybill_no": record.waybill_no,
        "place": record.pickup_place or "",
        "outlet": record.outlet_name,
        "courier": record.courier_name or "",
    }
    occasion = f"{kind}:{record.waybill_no}:{record.at.isoformat()}"
    return Happening(kind, record.waybill_no, occasion, record.at, values)


def _is_late(change: Changed) -> bool:
    return change.after is Condition.problem and bool(change.facts.get("past_promise"))
