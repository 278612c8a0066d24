"""Find or make the customer behind a channel's identity."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.customers.model import Customer, Identity
from bot.errors import NotFoundError


async def customer_for(session: AsyncSession, channel: str, external_id: str, *, at: datetime) -> Customer:
    """The customer known as ``external_id`` on ``channel``, made on first sight, once."""
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
    customer = await session.get(Customer, customer_id)
    if customer is None:
        raise NotFoundError(f"customer {customer_id} is not known")
    return customer


async def _find(session: AsyncSession, channel: str, external_id: str) -> Customer | None:
    query = (
        select(Customer)
        .join(Identity, Identity.customer_id == Customer.id)
        .where(Identity.channel == channel, Identity.external_id == external_id)
    )
    return (await session.execute(query)).scalar_one_or_none()
