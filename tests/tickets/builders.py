"""Tickets at any point of their life, by the moves that lead there; and a small network for them to go through."""

from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

from bot.db import Database
from bot.network.model import Tier
from bot.network.tables import OutletRow
from bot.staff.model import Actor, Role
from bot.tickets.deadlines import Deadlines
from bot.tickets.events import By
from bot.tickets.kinds import Flow, Outcome, Priority, ServiceClass, TicketKind, TicketStatus
from bot.tickets.model import Ticket
from bot.tickets.opening import Contact, Leaf, Matter, Opening
from bot.tickets.owners import Owner, TrackFacts, TrackPoint

NOW = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
"""A Wednesday, ten in the morning in China."""

WAYBILL = "YD2026000000011"
HQ, GD, ZJ = "HQ", "GD00", "ZJ00"
GZ1, GZ2, HZ1 = "GZ001", "GZ002", "HZ001"
GUANGDONG, ZHEJIANG = "广东省", "浙江省"

WANG = Actor("agent:wang", Role.outlet_agent, GZ1, GUANGDONG)
LI = Actor("agent:li", Role.outlet_agent, GZ2, GUANGDONG)
CHEN = Actor("agent:chen", Role.provincial_agent, GD, GUANGDONG)
ZHAO = Actor("agent:zhao", Role.provincial_agent, ZJ, ZHEJIANG)
SUN = Actor("agent:sun", Role.headquarters_agent, HQ)
QIAN = Actor("agent:qian", Role.headquarters_agent, HQ)
LINA = Actor("agent:lina", Role.agent)
ZHOU = Actor("agent:zhou", Role.supervisor)
WU = Actor("agent:wu", Role.provincial_arbitrator, GD, GUANGDONG)
ZHENG = Actor("agent:zheng", Role.headquarters_arbitrator, HQ)
FENG = Actor("agent:feng", Role.headquarters_arbitrator, HQ)
HE = Actor("agent:he", Role.trainer)

AT_GZ1 = Owner(GZ1, Tier.outlet, GUANGDONG, GZ1, across_provinces=True)
AT_GZ2 = Owner(GZ2, Tier.outlet, GUANGDONG, GZ2, across_provinces=True)
AT_GD = Owner(GD, Tier.provincial_center, GUANGDONG, GZ1)
AT_HQ = Owner(HQ, Tier.headquarters)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def make_clock(at: datetime = NOW, **changes: Any) -> Deadlines:
    """Four hours, of which the last is warned of, with a person expected after two."""
    values = {
        "calendar": "always",
        "respond_due_at": at + hours(2),
        "warn_at": at + hours(3),
        "due_at": at + hours(4),
        **changes,
    }
    return Deadlines(**values)


def make_opening(**changes: Any) -> Opening:
    leaf = Leaf(
        changes.pop("category", "not_to_door"),
        changes.pop("flow", Flow.standard),
        changes.pop("cause", "not_to_door"),
        changes.pop("service_class", ServiceClass.normal),
        changes.pop("priority", Priority.normal),
    )
    regulator = changes.pop("regulator", None)
    number, clock = changes.pop("ticket_no", "GD2600000001"), changes.pop("clock", make_clock())
    matter: dict[str, Any] = {
        "kind": TicketKind.service,
        "category": leaf.category,
        "text": "没打电话就放驿站了",
        "waybill_no": WAYBILL,
        "customer_id": UUID(int=7),
        "conversation_id": UUID(int=8),
        "channel": "web",
        **changes,
    }
    return Opening(number, Matter(**matter), leaf, clock, NOW + hours(0.5), regulator)


def by(actor: Actor = WANG, at: datetime = NOW, **changes: Any) -> By:
    return By(actor, at, **changes)


def make_ticket(status: TicketStatus = TicketStatus.dispatched, *, owner: Owner = AT_GZ1, **changes: Any) -> Ticket:
    """A ticket that got this far; ``changes`` are those of its opening."""
    ticket = Ticket.open(make_opening(**changes), by(LINA))
    if status is TicketStatus.open:
        return ticket
    ticket.dispatch(owner, make_clock(), By.rule(NOW, ("category.not_to_door@v0",)))
    if status is TicketStatus.dispatched:
        return ticket
    ticket.handle("已重新派送", by(WANG), review_due_at=NOW + hours(8))
    if status is TicketStatus.handled:
        return ticket
    ticket.review_pass(by(CHEN))
    ticket.close(Outcome.resolved, by(CHEN), follow_up_at=NOW + hours(9))
    return ticket


def make_contact(turn: str | None = None, customer: UUID | None = None, **changes: Any) -> Contact:
    values = {"customer_id": customer or uuid4(), "conversation_id": uuid4(), "turn": turn or str(uuid4())}
    return Contact(**{**values, "channel": "web", **changes})


def make_track(*outlets: str, origin: str = HZ1, destination: str = GZ1) -> TrackFacts:
    """Picked up at the first outlet named, then scanned at each of the others an hour apart."""
    kinds = ["picked_up", *["arrived"] * len(outlets)]
    points = (TrackPoint(outlet, NOW + hours(at - 24), kinds[at]) for at, outlet in enumerate(outlets))
    return TrackFacts(origin, destination, tuple(points))


async def put_network(database: Database) -> None:
    """Headquarters in Shanghai, Guangdong with two outlets, Zhejiang with one."""
    rows = [
        _outlet(HQ, Tier.headquarters, "上海市", None),
        _outlet(GD, Tier.provincial_center, GUANGDONG, HQ),
        _outlet(ZJ, Tier.provincial_center, ZHEJIANG, HQ),
        _outlet(GZ1, Tier.outlet, GUANGDONG, GD),
        _outlet(GZ2, Tier.outlet, GUANGDONG, GD),
        _outlet(HZ1, Tier.outlet, ZHEJIANG, ZJ),
    ]
    async with database.transaction() as session:
        for row in rows:
            session.add(row)
            await session.flush()


def _outlet(code: str, tier: Tier, province: str, parent: str | None) -> OutletRow:
    names = {"name": code, "city": "某市", "district": "某区", "address": "某路1号", "phone": "020-90000000"}
    return OutletRow(
        code=code, tier=tier.value, province=province, opening_hours="8:00-20:00", parent_code=parent, **names
    )
