"""Who has to act on a ticket: the rule of its category, applied to the waybill's way.  Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from bot.network.model import Tier
from bot.tickets.kinds import OwnerRule


@dataclass(frozen=True)
class TrackPoint:
    """One scan: at which outlet, when, of which kind (`CheckpointKind`)."""

    outlet: str
    at: datetime
    kind: str


@dataclass(frozen=True)
class TrackFacts:
    """What dispatch needs to know of a waybill.  ``track`` is oldest first."""

    origin_outlet: str
    destination_outlet: str
    track: tuple[TrackPoint, ...] = ()

    @property
    def stops(self) -> tuple[str, ...]:
        """The outlets in the order they had the parcel, each stay once."""
        found: list[str] = []
        for point in self.track:
            if not found or found[-1] != point.outlet:
                found.append(point.outlet)
        return tuple(found)


@dataclass(frozen=True)
class Unit:
    """An outlet, provincial centre or headquarters, with the unit above it."""

    code: str
    tier: Tier
    province: str
    parent_code: str | None
    name: str = ""


@dataclass(frozen=True)
class Owner:
    """Where a ticket goes.

    ``unit`` has to act; ``outlet`` is the outlet that the matter is about and ``province`` the province that it belongs
    to, None where it is about none.
    """

    unit: str
    tier: Tier
    province: str | None = None
    outlet: str | None = None
    across_provinces: bool = False


def candidates(rule: OwnerRule, facts: TrackFacts) -> Iterator[str]:
    """Codes of those who could act by this rule, best first; empty codes are left out.

    Where a track does not go that far, the nearest outlet to what the rule means stands in.
    """
    stops = facts.stops
    origin, destination = facts.origin_outlet, facts.destination_outlet
    holding = stops[-1] if stops else origin
    picked_up = next((point.outlet for point in facts.track if point.kind == "picked_up"), origin)
    before = stops[-2] if len(stops) > 1 else origin
    ways = {
        OwnerRule.holding_outlet: (holding, origin, destination),
        OwnerRule.sending_outlet: (origin, picked_up),
        OwnerRule.destination_outlet: (destination, holding),
        OwnerRule.pickup_outlet: (picked_up, origin),
        OwnerRule.previous_outlet: (before, origin, holding),
        OwnerRule.provincial_center: (holding, destination, origin),
        OwnerRule.headquarters: (),
    }
    yield from dict.fromkeys(code for code in ways[rule] if code)


ABOVE = {Tier.outlet: Tier.provincial_center, Tier.provincial_center: Tier.headquarters}
HEIGHT = {Tier.outlet: 0, Tier.provincial_center: 1, Tier.headquarters: 2}
