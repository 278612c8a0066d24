"""Where a customer can be written to of our own accord, and in which order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.customers.model import PHONE, ChannelPreference, ClosedDoor, Customer, Identity
from bot.customers.phones import sms_address
from bot.delivery.model import Trouble, Writer
from bot.delivery.service import Changed

SMS = "sms"
Address = tuple[str, str]
"""Channel, and the address on it."""


@dataclass(frozen=True)
class Way:
    """One address of a customer that can be written to.

    ``wrote_at`` is when the customer last wrote from there, None where that is not known.
    """

    channel: str
    address: str
    preferred: bool = False
    wrote_at: datetime | None = None


async def reachable(session: AsyncSession, customer_id: UUID, *, pushed: Sequence[str]) -> list[Way]:
    """The preferred channel first, then where the customer wrote last, SMS at the end.  Closed doors are left out."""
    query = select(Identity).where(Identity.customer_id == customer_id)
    addresses = {_address(each): each.created_at for each in await session.scalars(query)}
    addresses = {pair: since for pair, since in addresses.items() if pair[0].partition(":")[0] in pushed}
    phone = await session.scalar(select(Customer.verified_phone).where(Customer.id == customer_id))
    wrote = await _wrote(session, list(addresses))
    closed = {
        pair for pair, since in (await _closed(session, list(addresses))).items() if not _is_back(wrote, pair, since)
    }
    preferred = await preference(session, customer_id)
    ways = [
        Way(channel, address, channel == preferred, wrote.get((channel, address)))
        for channel, address in addresses
        if (channel, address) not in closed
    ]
    return sorted(ways, key=lambda way: _rank(way, addresses[way.channel, way.address], phone))


async def preference(session: AsyncSession, customer_id: UUID) -> str | None:
    """By which channel the customer wants to hear from us."""
    query = (
        select(ChannelPreference.channel)
        .where(ChannelPreference.customer_id == customer_id)
        .order_by(ChannelPreference.at.desc(), ChannelPreference.id.desc())
        .limit(1)
    )
    return await session.scalar(query)


async def prefer(
    session: AsyncSession, customer_id: UUID, channel: str | None, *, at: datetime, conversation_id: UUID | None = None
) -> None:
    """The customer wants to hear from us there; None takes the wish back."""
    values = {
        "id": uuid4(),
        "customer_id": customer_id,
        "channel": channel,
        "conversation_id": conversation_id,
        "at": at,
    }
    await session.execute(insert(ChannelPreference).values(values))


async def close_door(session: AsyncSession, channel: str, address: str, why: str, *, at: datetime) -> None:
    """Nothing gets through there any more: ``unsubscribed``, ``opted_out``, ``gone``."""
    put = insert(ClosedDoor).values(channel=channel, address=address, why=why, at=at)
    newest = {"why": put.excluded.why, "at": put.excluded.at}
    await session.execute(put.on_conflict_do_update(index_elements=["channel", "address"], set_=newest))


class Doorkeeper:
    """Hears from the delivery of recipients who are gone; a listener of `DeliveryService.when_changed`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def __call__(self, session: AsyncSession, change: Changed) -> None:
        if change.trouble is Trouble.gone:
            await close_door(session, change.channel, change.recipient, Trouble.gone.value, at=self._clock())


async def open_door(session: AsyncSession, channel: str, address: str) -> None:
    """The customer is back: subscribed again, opted in, or wrote."""
    await session.execute(delete(ClosedDoor).where(ClosedDoor.channel == channel, ClosedDoor.address == address))


def _address(identity: Identity) -> Address:
    """A proven phone is written to by SMS."""
    if identity.channel == PHONE:
        return SMS, sms_address(identity.external_id)
    return identity.channel, identity.external_id


def _is_back(wrote: dict[Address, datetime | None], address: Address, closed_at: datetime) -> bool:
    """Who writes from there again can be written to."""
    wrote_at = wrote.get(address)
    return wrote_at is not None and wrote_at > closed_at


async def _closed(session: AsyncSession, addresses: list[Address]) -> dict[Address, datetime]:
    if not addresses:
        return {}
    query = select(ClosedDoor.channel, ClosedDoor.address, ClosedDoor.at)
    rows = await session.execute(query.where(tuple_(ClosedDoor.channel, ClosedDoor.address).in_(addresses)))
    return {(channel, address): at for channel, address, at in rows.all()}


async def _wrote(session: AsyncSession, addresses: list[Address]) -> dict[Address, datetime | None]:
    if not addresses:
        return {}
    query = select(Writer.channel, Writer.recipient, Writer.wrote_at)
    rows = await session.execute(query.where(tuple_(Writer.channel, Writer.recipient).in_(addresses)))
    return {(channel, address): wrote_at for channel, address, wrote_at in rows.all()}


def _rank(way: Way, since: datetime, phone: str | None) -> tuple[bool, bool, float, str]:
    """An address that was never written from counts from when it became known; the phone proven last comes first."""
    newest = (way.wrote_at or since).timestamp()
    if way.channel == SMS:
        newest = float(phone is not None and way.address == sms_address(phone))
    return not way.preferred, way.channel == SMS, -newest, way.address
