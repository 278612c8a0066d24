"""What actions do while a dialogue is only tried: everything as ever, but nothing of it stays.

A rehearsal is a real conversation with a real model, so its actions are called like any other.  Those of a conversation
on the channel of rehearsals get services that decide and answer like the true ones and then take back what they did: no
ticket, order, instruction or summary is left, no clock runs, nobody is told.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Protocol
from uuid import UUID
from weakref import WeakKeyDictionary

from rasa_sdk.executor import ActionExecutor
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from actions.registry import build_actions
from actions.services import Services
from actions.webhook import make_executor
from bot.clock import Clock
from bot.db import Database
from bot.orders.model import Order
from bot.orders.service import NewOrder, OrderService
from bot.studio.sets.drawing import REHEARSAL
from bot.tickets.kinds import TicketKind
from bot.tickets.ports import NoOutside
from bot.tickets.service import Contact, Reported, TicketService
from bot.tickets.settling import CaseFacts, Settled
from bot.waybills.model import PartyRole
from bot.waybills.service import InstructionKind, WaybillService


class Passing(Database):
    """The same database, in which nothing that is done within `passing` stays."""

    def __init__(self, database: Database) -> None:
        self.__dict__.update(vars(database))
        self._database = database
        self._within: ContextVar[AsyncConnection | None] = ContextVar("passing", default=None)

    @asynccontextmanager
    async def passing(self) -> AsyncIterator[None]:
        """All transactions of this task until the end of the block see each other, and are taken back."""
        async with self._database.engine.connect() as connection:
            all_of_it = await connection.begin()
            token = self._within.set(connection)
            try:
                yield
            finally:
                self._within.reset(token)
                await all_of_it.rollback()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        connection = self._within.get()
        if connection is None:
            async with self._database.transaction() as session:
                yield session
            return
        made = AsyncSession(connection, expire_on_commit=False, join_transaction_mode="create_savepoint")
        async with made as session, session.begin():
            yield session


class PassingTickets(TicketService):
    """Tickets that are gone as soon as the customer was told their number.

    What has transactions of its own is left out: the chain of evidence of a ticket that is no more.
    """

    def __init__(self, real: TicketService, database: Passing, clock: Clock) -> None:
        super().__init__(database, clock, replace(real.core.around, evidence=NoOutside()))
        self._passing = database.passing

    async def report(self, kind: TicketKind, category: str, text: str, **more: Any) -> Reported:
        async with self._passing():
            return await super().report(kind, category, text, **more)

    async def settle(self, facts: CaseFacts, text: str, **more: Any) -> Settled | Reported:
        async with self._passing():
            return await super().settle(facts, text, **more)

    async def urge(self, ticket_no: str, text: str, contact: Contact) -> Reported:
        async with self._passing():
            return await super().urge(ticket_no, text, contact)

    async def summarise(
        self,
        wrap_up_code: str,
        text: str,
        *,
        waybill_no: str | None,
        contact: Contact,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Nothing was settled."""


class PassingOrders(OrderService):
    """Orders that are gone as soon as the customer was told their number."""

    def __init__(self, database: Passing, clock: Clock) -> None:
        super().__init__(database, clock)
        self._passing = database.passing

    async def place(self, new: NewOrder, *, customer_id: UUID, turn: str) -> Order:
        async with self._passing():
            return await super().place(new, customer_id=customer_id, turn=turn)

    async def cancel(self, order_no: str, customer_id: UUID) -> Order:
        async with self._passing():
            return await super().cancel(order_no, customer_id)

    async def reschedule(self, order_no: str, pickup_when: str, customer_id: UUID) -> Order:
        async with self._passing():
            return await super().reschedule(order_no, pickup_when, customer_id)

    async def urge(self, order_no: str, customer_id: UUID) -> Order:
        async with self._passing():
            return await super().urge(order_no, customer_id)


class PassingWaybills(WaybillService):
    """Waybills that take no instruction; whether one would come too late is still told."""

    def __init__(self, real: WaybillService) -> None:
        self.__dict__.update(vars(real))

    async def instruct(
        self,
        kind: InstructionKind,
        waybill_no: str,
        details: dict[str, Any],  # noqa: ARG002
        *,
        party: PartyRole,  # noqa: ARG002
        customer_id: UUID,  # noqa: ARG002
        conversation_id: UUID,  # noqa: ARG002
        turn: str,  # noqa: ARG002
    ) -> None:
        await self.check(kind, waybill_no)


def standing_in(services: Services, database: Database) -> Services:
    """Services for a conversation that is only tried."""
    passing = Passing(database)
    return replace(
        services,
        tickets=PassingTickets(services.tickets, passing, services.clock),
        orders=PassingOrders(passing, services.clock),
        waybills=PassingWaybills(services.waybills),
    )


class Releases(Protocol):
    """What acts for a release; `bot.arms.Arms` in earnest."""

    def executor(self, release: str) -> ActionExecutor: ...

    def services(self, release: str | None) -> Services: ...


class Acting:
    """The actions of each release, and for rehearsals their stand-ins."""

    def __init__(self, releases: Releases, database: Database) -> None:
        self._releases = releases
        self._database = database
        self._stand_ins: WeakKeyDictionary[ActionExecutor, ActionExecutor] = WeakKeyDictionary()

    def executor(self, release: str) -> "Either":
        """For `actions.webhook.make_router`."""
        return Either(self, release)

    def true(self, release: str) -> ActionExecutor:
        return self._releases.executor(release)

    def stand_in(self, release: str) -> ActionExecutor:
        """Made once for as long as the release acts as it does."""
        true = self.true(release)
        if true not in self._stand_ins:
            services = standing_in(self._releases.services(release or None), self._database)
            self._stand_ins[true] = make_executor(build_actions(services))
        return self._stand_ins[true]


class Either:
    """Runs a call with the true actions, or with those that leave nothing."""

    def __init__(self, acting: Acting, release: str) -> None:
        self._acting = acting
        self._release = release

    async def run(self, call: dict[str, Any]) -> Any:
        choose = self._acting.stand_in if is_rehearsal(call) else self._acting.true
        return await choose(self._release).run(call)


def is_rehearsal(call: Mapping[str, Any]) -> bool:
    """Whether Rasa asks in a conversation that is only tried."""
    message = (call.get("tracker") or {}).get("latest_message") or {}
    return (message.get("metadata") or {}).get("channel") == REHEARSAL
