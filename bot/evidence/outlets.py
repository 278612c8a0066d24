"""The stops of a parcel with what the network knows about them."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.evidence.nodes import Node, NodePlace
from bot.evidence.route import Stop, route_of
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.waybills.model import Waybill


async def nodes_of(session: AsyncSession, waybill: Waybill) -> tuple[Node, ...]:
    """A node for every stop, none of them holding yet.

    An outlet that the network does not list answers as an outlet.  The last stop is the destination only where the
    parcel was meant to go: one that was lost half-way, or sent back, ends in transit.
    """
    stops = route_of(waybill)
    query = select(OutletRow.code, OutletRow.name, OutletRow.tier)
    rows = await session.execute(query.where(OutletRow.code.in_({stop.outlet_code for stop in stops})))
    known = {code: (name, Tier(tier)) for code, name, tier in rows}
    return tuple(_node(position, stop, known, stops, waybill) for position, stop in enumerate(stops))


def _node(
    position: int, stop: Stop, known: dict[str, tuple[str, Tier]], stops: tuple[Stop, ...], waybill: Waybill
) -> Node:
    name, tier = known.get(stop.outlet_code, (stop.outlet_name, Tier.outlet))
    arrived = position == len(stops) - 1 and stop.outlet_code == waybill.destination_outlet
    place = NodePlace.destination if arrived else NodePlace.transit
    return Node(
        position=position,
        place=place if position else NodePlace.sending,
        outlet_code=stop.outlet_code,
        outlet_name=name,
        tier=tier,
    )
