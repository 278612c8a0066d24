"""Tracks of demo parcels: the whole journey is planned first and then cut off at the present moment."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from random import Random

from bot.clock import local
from bot.demo.words import demo_words
from bot.network.model import Outlet
from bot.waybills.model import Checkpoint, CheckpointKind


class Fate(StrEnum):
    """What happens to a demo parcel on its way."""

    waiting = "waiting"
    fresh = "fresh"
    smooth = "smooth"
    station = "station"
    locker = "locker"
    failed_once = "failed_once"
    failed_twice = "failed_twice"
    late = "late"
    stalled = "stalled"
    damaged = "damaged"
    false_delivery = "false_delivery"
    refused = "refused"


@dataclass(frozen=True)
class Route:
    """The outlets a parcel passes; both centres are the same within a province."""

    origin: Outlet
    origin_center: Outlet
    destination_center: Outlet
    destination: Outlet

    @property
    def legs(self) -> tuple[Outlet, ...]:
        return tuple(dict.fromkeys((self.origin, self.origin_center, self.destination_center, self.destination)))

    def backwards(self) -> "Route":
        return Route(self.destination, self.destination_center, self.origin_center, self.origin)


@dataclass(frozen=True)
class Delivery:
    """Who brings it and where it may end up."""

    courier: str
    courier_phone: str
    place: str
    code: str
    signer: str


@dataclass(frozen=True)
class Pickup:
    """Who fetches it, and when."""

    courier: str
    courier_phone: str
    at: datetime


def scan(at: datetime, kind: CheckpointKind, outlet: Outlet, template: str = "", **fields: str) -> Checkpoint:
    """One checkpoint with its sentence; the template is named like the kind unless another is given."""
    text = demo_words().scans[template or kind.value].format(here=outlet.name, **fields)
    return Checkpoint(at, kind, outlet.code, outlet.name, outlet.city, text)


def plan(
    route: Route, pickup: Pickup, delivery: Delivery, *, arrives: datetime, fate: Fate, rng: Random
) -> list[Checkpoint]:
    """The whole track, oldest first, as if everything had happened already.

    Parameters
    ----------
    arrives: any moment of the (local) day it reaches the destination outlet; at least a day after pickup.
    """
    track = [
        scan(pickup.at - timedelta(minutes=rng.randint(40, 240)), CheckpointKind.ordered, route.origin),
        scan(
            pickup.at,
            CheckpointKind.picked_up,
            route.origin,
            courier=pickup.courier,
            phone=pickup.courier_phone,
        ),
    ]
    track += _line_haul(route, pickup.at, arrives, rng)
    if fate is Fate.damaged:
        track.append(_damage(track, route.destination_center, rng))
    if fate is Fate.stalled:
        return sorted(track, key=lambda each: each.at)[: rng.randint(4, len(track) - 1)]
    return sorted(track + _last_mile(route, delivery, arrives, fate, rng), key=lambda each: each.at)


def _line_haul(route: Route, shipped_at: datetime, arrives: datetime, rng: Random) -> list[Checkpoint]:
    """From outlet to outlet: leaves in the evening, arrives before the couriers go out."""
    evening = _at(shipped_at, 18, rng.randint(20, 110))
    leaves = max(evening, shipped_at + timedelta(minutes=25))
    in_center = leaves + timedelta(minutes=rng.randint(50, 130))
    dawn = _at(arrives, 5, rng.randint(50, 110))
    off_center = dawn - timedelta(minutes=rng.randint(120, 240))
    first, second = route.origin_center, route.destination_center
    if first.code == second.code:
        stops = [(in_center, first, off_center, route.destination)]
    else:
        off_first = in_center + timedelta(minutes=rng.randint(40, 90))
        in_second = (off_first + (off_center - off_first) * rng.uniform(0.6, 0.9)).replace(microsecond=0)
        stops = [(in_center, first, off_first, second), (in_second, second, off_center, route.destination)]
    track = [scan(leaves, CheckpointKind.departed, route.origin, next=first.name)]
    for arrived, here, departed, onward in stops:
        track.append(scan(arrived, CheckpointKind.arrived, here))
        track.append(scan(departed, CheckpointKind.departed, here, next=onward.name))
    track += _customs(route, track[-1].at, rng)
    return [*track, scan(dawn, CheckpointKind.arrived, route.destination)]


def _customs(route: Route, leaves_center: datetime, rng: Random) -> list[Checkpoint]:
    """Parcels that cross the border are held at the centre before they leave it."""
    if not is_overseas(route.origin) and not is_overseas(route.destination):
        return []
    here = route.destination_center
    reason = rng.choice(demo_words().reasons["customs_held"])
    return [
        scan(leaves_center - timedelta(minutes=55), CheckpointKind.customs_held, here, reason=reason),
        scan(leaves_center - timedelta(minutes=10), CheckpointKind.customs_cleared, here),
    ]


def is_overseas(outlet: Outlet) -> bool:
    return outlet.province in ("香港特别行政区", "澳门特别行政区", "台湾省")


def _damage(track: list[Checkpoint], center: Outlet, rng: Random) -> Checkpoint:
    seen = next(each for each in reversed(track) if each.outlet_code == center.code)
    reason = rng.choice(demo_words().reasons["damaged"])
    return scan(seen.at - timedelta(minutes=15), CheckpointKind.damaged, center, reason=reason)


def _last_mile(route: Route, delivery: Delivery, arrives: datetime, fate: Fate, rng: Random) -> list[Checkpoint]:
    """What happens on the day of delivery and after it."""
    here = route.destination
    if fate is Fate.false_delivery:
        return [_signed(_at(arrives, 9, rng.randint(0, 240)), here, delivery, "delivered_silently")]
    failures = {Fate.failed_once: 1, Fate.failed_twice: 2}.get(fate, 0)
    track: list[Checkpoint] = []
    for day in range(failures):
        track += _failed_attempt(here, delivery, arrives + timedelta(days=day), rng)
    return track + _final_attempt(route, delivery, arrives + timedelta(days=failures), fate, rng)


def _final_attempt(route: Route, delivery: Delivery, day: datetime, fate: Fate, rng: Random) -> list[Checkpoint]:
    out = _out_for_delivery(route.destination, delivery, day, rng)
    handed_over = out.at + timedelta(minutes=rng.randint(70, 480))
    if fate is Fate.refused:
        return [out, *_sent_back(route, handed_over, rng)]
    if fate in (Fate.station, Fate.locker):
        return [out, *_stored(route.destination, delivery, handed_over, rng)]
    return [out, _signed(handed_over, route.destination, delivery, "delivered")]


def _out_for_delivery(here: Outlet, delivery: Delivery, day: datetime, rng: Random) -> Checkpoint:
    at = _at(day, 8, rng.randint(0, 70))
    kind = CheckpointKind.out_for_delivery
    return scan(at, kind, here, courier=delivery.courier, phone=delivery.courier_phone)


def _failed_attempt(here: Outlet, delivery: Delivery, day: datetime, rng: Random) -> list[Checkpoint]:
    out = _out_for_delivery(here, delivery, day, rng)
    reason = rng.choice(demo_words().reasons["delivery_failed"])
    at = out.at + timedelta(minutes=rng.randint(120, 540))
    return [out, scan(at, CheckpointKind.delivery_failed, here, reason=reason)]


def _stored(here: Outlet, delivery: Delivery, at: datetime, rng: Random) -> list[Checkpoint]:
    stored = scan(
        at,
        CheckpointKind.at_station,
        here,
        place=delivery.place,
        code=delivery.code,
        courier=delivery.courier,
        phone=delivery.courier_phone,
    )
    fetched = at + timedelta(hours=rng.choice((2, 4, 8, 22, 27, 31, 48)), minutes=rng.randint(0, 50))
    kind = CheckpointKind.delivered
    return [
        stored,
        scan(fetched, kind, here, "delivered_station", place=delivery.place, signer=delivery.signer),
    ]


def _signed(at: datetime, here: Outlet, delivery: Delivery, template: str) -> Checkpoint:
    fields = {"signer": delivery.signer, "courier": delivery.courier, "phone": delivery.courier_phone}
    return scan(at, CheckpointKind.delivered, here, template, **fields)


def _sent_back(route: Route, at: datetime, rng: Random) -> list[Checkpoint]:
    """Refused, kept for a while, and home the way it came."""
    reason = rng.choice(demo_words().reasons["refused"])
    home = route.backwards().legs
    track = [scan(at, CheckpointKind.refused, home[0], reason=reason)]
    moment = _at(at + timedelta(days=rng.choice((1, 2, 3))), 9, 30)
    track.append(scan(moment, CheckpointKind.returning, home[0], next=home[1].name))
    for here, onward in pairwise(home[1:]):
        moment += timedelta(hours=rng.randint(10, 20))
        track.append(scan(moment, CheckpointKind.arrived, here))
        moment += timedelta(hours=rng.randint(2, 5))
        track.append(scan(moment, CheckpointKind.departed, here, next=onward.name))
    moment += timedelta(hours=rng.randint(8, 16))
    track.append(scan(moment, CheckpointKind.arrived, home[-1]))
    return [*track, scan(moment + timedelta(hours=4), CheckpointKind.returned, home[-1])]


def until(track: list[Checkpoint], now: datetime) -> tuple[Checkpoint, ...]:
    """What has happened by now."""
    return tuple(each for each in track if each.at <= now)


def stretched(track: list[Checkpoint], at: datetime) -> list[Checkpoint]:
    """The same track with its last scan no later than ``at``; the order is kept."""
    limit, fitted = at, []
    for each in reversed(track):
        limit = min(each.at, limit)
        fitted.append(replace(each, at=limit))
        limit -= timedelta(minutes=7)
    return fitted[::-1]


def _at(day: datetime, hour: int, minutes: int) -> datetime:
    """A moment of the local day, ``minutes`` after the hour."""
    midnight = local(day).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(hours=hour, minutes=minutes)
