"""Two customers become one on proof, and one becomes two again; in the caller's transaction."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from bot.customers import moving
from bot.customers.model import PHONE, Customer, Door, Identity
from bot.customers.records import CustomerMerge, CustomerMove
from bot.customers.references import REFERENCES, Reference
from bot.errors import NotFoundError
from bot.jobs import NewJob, defer_many

STRAGGLERS = "customers.stragglers"
LOOK_AGAIN = (timedelta(minutes=2), timedelta(minutes=30))
"""A turn that began before a merge may write for the merged customer a moment after it."""
_ONE_AT_A_TIME = 2_077_011


async def hold(session: AsyncSession) -> None:
    """Merges are rare and go one after the other; take this before any customer or conversation is locked."""
    await session.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


async def root_of(session: AsyncSession, customer_id: UUID) -> Customer:
    """Who has everything of this customer's now, as the database has it at this moment.  Raises `NotFoundError`."""
    customer = await session.get(Customer, customer_id, populate_existing=True)
    if customer is None:
        raise NotFoundError(f"customer {customer_id} is not known")
    return customer if customer.merged_into is None else await root_of(session, customer.merged_into)


async def merge(
    session: AsyncSession,
    one: Customer,
    other: Customer,
    identity: Identity,
    *,
    via: Door | None,
    by: str,
    at: datetime,
) -> Customer:
    """The older of two becomes the owner of everything of both; ``identity`` is the proof that they are one.

    The caller has `hold`, and both are nobody else's.
    """
    older, younger = sorted((one, other), key=lambda customer: (customer.created_at, customer.id))
    for customer in sorted((one, other), key=lambda customer: customer.id):
        await session.refresh(customer, with_for_update=True)
    record = CustomerMerge(
        survivor_id=older.id,
        merged_id=younger.id,
        proof=identity.channel,
        proven=identity.external_id,
        via_channel=via and via.channel,
        via_address=via and via.address,
        by=by,
        before={"survivor": _told(older), "merged": _told(younger)},
        after={},
        at=at,
    )
    younger.merged_into = older.id
    older.name = older.name or younger.name
    proven = identity.external_id if identity.channel == PHONE else None
    older.verified_phone = proven or older.verified_phone or younger.verified_phone
    older.is_vip = older.is_vip or younger.is_vip
    record.after = _told(older)
    session.add(record)
    await session.flush()
    await move_all(session, record, older.id, at=at)
    jobs = [NewJob(STRAGGLERS, {"merge_id": str(record.id)}, at=at + later) for later in LOOK_AGAIN]
    await defer_many(session, jobs)
    return older


async def move_all(session: AsyncSession, record: CustomerMerge, to: UUID, *, at: datetime) -> int:
    """Everything that still refers to the merged customer goes to ``to``; returns how many rows that were."""
    count = 0
    for reference in REFERENCES:
        keys = await moving.give(session, reference, of=record.merged_id, to=to)
        if keys:
            session.add(CustomerMove(merge_id=record.id, table=reference.table, keys=keys, at=at))
            count += len(keys)
    await session.flush()
    _see(session, of=record.merged_id, to=to)
    return count


def _see(session: AsyncSession, *, of: UUID, to: UUID) -> None:
    """What the caller has in hand already was changed behind its back."""
    for thing in list(session.identity_map.values()):
        if thing.__dict__.get("customer_id") == of:
            set_committed_value(thing, "customer_id", to)


async def was_undone(session: AsyncSession, one: UUID, other: UUID, identity: Identity) -> bool:
    """Whether somebody parted these two after this very proof had made them one."""
    pairs = {one, other}
    query = select(func.count()).where(
        CustomerMerge.survivor_id.in_(pairs),
        CustomerMerge.merged_id.in_(pairs),
        CustomerMerge.proof == identity.channel,
        CustomerMerge.proven == identity.external_id,
        CustomerMerge.undone_at.is_not(None),
    )
    return bool(await session.scalar(query))


def _told(customer: Customer) -> dict[str, Any]:
    return {"name": customer.name, "verified_phone": customer.verified_phone}


def reference_of(table: str) -> Reference | None:
    return next((each for each in REFERENCES if each.table == table), None)


async def newest_phone(session: AsyncSession, customer_id: UUID) -> str | None:
    query = (
        select(Identity.external_id)
        .where(Identity.customer_id == customer_id, Identity.channel == PHONE)
        .order_by(Identity.created_at.desc(), Identity.external_id)
        .limit(1)
    )
    return await session.scalar(query)
