"""Find or make the customer behind a channel's identity; make one of two on proof; tell what there is of a customer."""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers import merging
from bot.customers.model import ACCOUNT, PHONE, PROOFS, UNIONID, Customer, Door, Identity
from bot.customers.parting import part
from bot.customers.phones import normal_phone
from bot.customers.reach import Way, prefer, reachable
from bot.customers.records import CustomerMerge
from bot.customers.timeline import EVERYTHING, History, Place, Sees, Timeline, joined
from bot.customers.words import customer_words
from bot.db import Database
from bot.errors import NotFoundError
from bot.jobs import Jobs

logger = logging.getLogger(__name__)


async def customer_for(session: AsyncSession, channel: str, external_id: str, *, at: datetime) -> Customer:
    """The customer known as ``external_id`` on ``channel``, made on first sight, once.

    No merge takes anything away from the customer until this transaction ends.
    """
    found = await _find(session, channel, external_id)
    if found is not None:
        return found
    customer = Customer(created_at=at)
    session.add(customer)
    await session.flush()
    made = await session.execute(
        insert(Identity)
        .values(channel=channel, external_id=external_id, customer_id=customer.id, created_at=at)
        .on_conflict_do_nothing()
        .returning(Identity.customer_id)
    )
    if made.scalar_one_or_none() is not None:
        return customer
    await session.delete(customer)
    winner = await _find(session, channel, external_id)
    if winner is None:
        raise NotFoundError(f"identity on {channel} vanished while it was being made")
    return winner


async def get_customer(session: AsyncSession, customer_id: UUID) -> Customer:
    """The customer, or whoever has everything of this customer's now.  Raises `NotFoundError`."""
    customer = await session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(f"customer {customer_id} is not known")
    return customer if customer.merged_into is None else await get_customer(session, customer.merged_into)


async def phones_of(session: AsyncSession, customer_id: UUID) -> list[str]:
    """Every phone the customer has proven to have, the newest first."""
    customer = await get_customer(session, customer_id)
    query = (
        select(Identity.external_id)
        .where(Identity.customer_id == customer.id, Identity.channel == PHONE)
        .order_by(Identity.created_at.desc(), Identity.external_id)
    )
    proven = (await session.scalars(query)).all()
    first = [customer.verified_phone] if customer.verified_phone else []
    return list(dict.fromkeys([*first, *proven]))


class CustomerService:
    """The one door to customers across channels.

    Methods that take a session work in the caller's transaction.  Those that may merge (`verified`, `unionid`,
    `account`) have to come first in it, before conversations are locked.

    Parameters
    ----------
    histories: the sources of the timeline.
    channels: names the channels that can be written to of our own accord.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        histories: Sequence[History] = (),
        channels: Callable[[], Sequence[str]] = tuple,
    ) -> None:
        self._database = database
        self._clock = clock
        self._histories = tuple(histories)
        self._channels = channels

    def register(self, jobs: Jobs) -> None:
        """The job that looks again after every merge."""
        jobs.task(merging.STRAGGLERS, self.gather_stragglers)

    # -- who it is -------------------------------------------------------------------------------

    async def note_identity(
        self,
        session: AsyncSession,
        customer_id: UUID,
        channel: str,
        external_id: str,
        at: datetime,
        *,
        via: Door | None = None,
    ) -> bool:
        """One more name of a customer; False when it is somebody else's.

        An address merges nobody.  A proof (`PROOFS`) does, as `unionid`, `account` and `verified` say.
        """
        if channel == PHONE:
            await self.verified(session, customer_id, external_id, at, via=via)
            return True
        if channel in PROOFS:
            await self._prove(session, customer_id, channel, external_id, at=at, via=via)
            return True
        customer = await merging.root_of(session, customer_id)
        owner = await _put(session, customer, channel, external_id, at=at, via=via)
        return owner.customer_id == customer.id

    async def verified(
        self, session: AsyncSession, customer_id: UUID, phone: str, at: datetime, *, via: Door | None = None
    ) -> UUID:
        """The customer has shown to have this phone; who showed the same before is the same person.

        Returns who the customer is from now on.
        """
        phone = normal_phone(phone)
        customer = await self._prove(session, customer_id, PHONE, phone, at=at, via=via)
        customer.verified_phone = phone
        await session.flush()
        return customer.id

    async def unionid(
        self, session: AsyncSession, customer_id: UUID, unionid: str, at: datetime, *, via: Door | None = None
    ) -> UUID:
        """The platform says who the customer is across its apps.  Returns who the customer is from now on."""
        return (await self._prove(session, customer_id, UNIONID, unionid, at=at, via=via)).id

    async def account(
        self, session: AsyncSession, customer_id: UUID, account: str, at: datetime, *, via: Door | None = None
    ) -> UUID:
        """The host site has signed whose account this is.  Returns who the customer is from now on.

        That one browser is not two people's is up to the caller.
        """
        return (await self._prove(session, customer_id, ACCOUNT, account, at=at, via=via)).id

    async def _prove(
        self, session: AsyncSession, customer_id: UUID, channel: str, name: str, *, at: datetime, via: Door | None
    ) -> Customer:
        identity = await session.get(Identity, (channel, name))
        customer = await merging.root_of(session, customer_id)
        if identity is not None and identity.customer_id == customer.id:
            return customer
        await merging.hold(session)
        customer = await merging.root_of(session, customer_id)
        identity = await _put(session, customer, channel, name, at=at, via=via)
        if identity.customer_id == customer.id:
            return customer
        owner = await merging.root_of(session, identity.customer_id)
        if await merging.was_undone(session, owner.id, customer.id, identity):
            return await self._hand_over(session, identity, owner, customer, at=at)
        merged = await merging.merge(session, customer, owner, identity, via=via, by=channel, at=at)
        logger.info("customers %s and %s are one: %s", customer.id, owner.id, channel)
        return merged

    async def _hand_over(
        self, session: AsyncSession, identity: Identity, owner: Customer, customer: Customer, *, at: datetime
    ) -> Customer:
        """Somebody has parted these two before.

        A phone that is proven anew has changed hands; any other proof merely says again what was found wrong.
        """
        if identity.channel == PHONE:
            identity.customer_id, identity.created_at = customer.id, at
            await session.flush()
            if owner.verified_phone == identity.external_id:
                owner.verified_phone = await merging.newest_phone(session, owner.id)
            logger.info("a phone went from customer %s to %s", owner.id, customer.id)
        return customer

    # -- merges ----------------------------------------------------------------------------------

    async def merges(self, customer_id: UUID) -> list[CustomerMerge]:
        """Every merge this customer was part of, newest first."""
        query = (
            select(CustomerMerge)
            .where((CustomerMerge.survivor_id == customer_id) | (CustomerMerge.merged_id == customer_id))
            .order_by(CustomerMerge.at.desc(), CustomerMerge.id)
        )
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def undo(self, merge_id: UUID, *, by: str, why: str) -> CustomerMerge:
        """Make two of one again.  Raises `NotFoundError`, `IllegalMoveError` when that was done before."""
        async with self._database.transaction() as session:
            await merging.hold(session)
            record = await session.get(CustomerMerge, merge_id, with_for_update=True)
            if record is None:
                raise NotFoundError(customer_words().unknown_merge)
            record.undo(by=by, why=why, at=self._clock(), refusal=customer_words().undone_already)
            await part(session, record)
        logger.info("merge %s was undone by %s", merge_id, by)
        return record

    async def gather_stragglers(self, merge_id: str) -> None:
        """What was written for the merged customer while the merge was going on."""
        async with self._database.transaction() as session:
            await merging.hold(session)
            record = await session.get(CustomerMerge, UUID(merge_id))
            if record is None or record.undone_at is not None:
                return
            to = await merging.root_of(session, record.survivor_id)
            await merging.move_all(session, record, to.id, at=self._clock())

    # -- what there is ---------------------------------------------------------------------------

    async def get(self, customer_id: UUID) -> Customer:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            return await get_customer(session, customer_id)

    async def identities(self, customer_id: UUID) -> list[Identity]:
        """Every name the customer is known by, oldest first."""
        query = select(Identity).where(Identity.customer_id == customer_id)
        async with self._database.transaction() as session:
            return list((await session.scalars(query.order_by(Identity.created_at, Identity.channel))).all())

    async def timeline(
        self, customer_id: UUID, before: Place | None = None, limit: int = 50, *, sees: Sees = EVERYTHING
    ) -> Timeline:
        """What was said and what happened, on all channels, newest first; phones are masked."""
        async with self._database.transaction() as session:
            customer = await get_customer(session, customer_id)
            found = [
                list(await history.of(session, customer.id, before=before, limit=limit, sees=sees))
                for history in self._histories
            ]
        return joined(found, limit=limit)

    async def prefer(self, customer_id: UUID, channel: str | None) -> None:
        """The customer wants to hear from us there; None takes the wish back.  Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            customer = await get_customer(session, customer_id)
            await prefer(session, customer.id, channel, at=self._clock())

    async def reachable(self, customer_id: UUID) -> list[Way]:
        """The channels on which the customer can be written to, the preferred first, SMS last."""
        async with self._database.transaction() as session:
            customer = await get_customer(session, customer_id)
            return await reachable(session, customer.id, pushed=self._channels())


async def _find(session: AsyncSession, channel: str, external_id: str) -> Customer | None:
    """Held so that a merge waits for us, or we for the merge; then what it has made of the customer counts."""
    query = (
        select(Customer)
        .join(Identity, Identity.customer_id == Customer.id)
        .where(Identity.channel == channel, Identity.external_id == external_id)
        .with_for_update(read=True, key_share=True, of=Customer)
        .execution_options(populate_existing=True)
    )
    found = (await session.execute(query)).scalar_one_or_none()
    while found is not None and found.merged_into is not None:
        found = await session.get_one(
            Customer, found.merged_into, with_for_update={"read": True, "key_share": True}, populate_existing=True
        )
    return found


async def _put(
    session: AsyncSession, customer: Customer, channel: str, external_id: str, *, at: datetime, via: Door | None
) -> Identity:
    """The identity, this customer's if nobody had it."""
    values: dict[str, Any] = {
        "channel": channel,
        "external_id": external_id,
        "customer_id": customer.id,
        "via_channel": via and via.channel,
        "via_address": via and via.address,
        "created_at": at,
    }
    await session.execute(insert(Identity).values(values).on_conflict_do_nothing())
    return await session.get_one(Identity, (channel, external_id), populate_existing=True)
