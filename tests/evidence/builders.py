"""Builders for evidence: files, people of nodes, a parcel that came through four outlets."""

import io
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from PIL import Image
from sqlalchemy.ext.asyncio import AsyncSession

from bot.evidence.chain import Chain
from bot.evidence.nodes import Ending, HandedOn, Node, NodePlace, Window
from bot.network.model import Tier
from bot.outbox.kinds import published
from bot.rules.shipped import shipped_rules
from bot.staff.model import Actor, Role
from bot.waybills.model import CheckpointKind, Waybill
from tests.builders import NOW, make_checkpoint, make_waybill

TICKET = "GD2600000001"
OUTLETS = {"HZ001": "杭州西湖网点", "HZ900": "杭州转运中心", "GZ900": "广州转运中心", "GZ001": "广州天河网点"}
WINDOW = Window(timedelta(hours=24), "always")
RULES = shipped_rules()


def add_time(calendar: str, start: datetime, amount: timedelta) -> datetime:
    """A calendar that never closes."""
    return start + amount


def agent_of(unit: str, role: Role = Role.outlet_agent) -> Actor:
    return Actor(f"agent:{unit.lower()}", role, unit)


REVIEWER = Actor("agent:wu", Role.provincial_agent, "ZJ000", "浙江省")


def make_picture(kind: str = "JPEG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """A picture of which the left half is red and the right half blue."""
    picture = Image.new(options.pop("mode", "RGB"), size, "blue")
    picture.paste("red", (0, 0, size[0] // 2, size[1]))
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def make_damaged_parcel(**changes: Any) -> Waybill:
    """From Hangzhou to Guangzhou over both transit centres."""
    track = tuple(
        make_checkpoint(kind, hours_ago=hours, outlet_code=code, outlet_name=OUTLETS[code])
        for kind, hours, code in (
            (CheckpointKind.picked_up, 40, "HZ001"),
            (CheckpointKind.departed, 39, "HZ001"),
            (CheckpointKind.arrived, 36, "HZ900"),
            (CheckpointKind.departed, 34, "HZ900"),
            (CheckpointKind.arrived, 10, "GZ900"),
            (CheckpointKind.arrived, 5, "GZ001"),
            (CheckpointKind.damaged, 4, "GZ001"),
        )
    )
    return make_waybill(**{"track": track, **changes})


def make_nodes(*codes: str) -> tuple[Node, ...]:
    codes = codes or tuple(OUTLETS)
    places = [NodePlace.sending, *[NodePlace.transit] * (len(codes) - 2), NodePlace.destination]
    return tuple(
        Node(position, place, code, OUTLETS[code], Tier.outlet)
        for position, (place, code) in enumerate(zip(places, codes, strict=False))
    )


def make_chain(*codes: str, at: datetime = NOW) -> Chain:
    return Chain.open(TICKET, "YD2026000000011", make_nodes(*codes), WINDOW, at=at, add=add_time)


class Told:
    """What other systems are told, each held against its published schema."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    async def __call__(
        self, session: AsyncSession, kind: str, subject: str, data: Mapping[str, Any], *, at: datetime
    ) -> None:
        assert subject == data["ticket_no"]
        self.events.append((kind, published(kind, data)))

    def of(self, kind: str) -> list[dict[str, Any]]:
        return [data for told, data in self.events if told == kind]


class Listener:
    """Keeps what a chain did, and fails when told to."""

    def __init__(self) -> None:
        self.steps: list[HandedOn] = []
        self.endings: list[Ending] = []
        self.failing_for: set[str] = set()

    async def moved(self, session: AsyncSession, chain: Chain, step: HandedOn) -> None:
        self.steps.append(step)

    async def ended(self, session: AsyncSession, chain: Chain, ending: Ending) -> None:
        if chain.ticket_no in self.failing_for:
            raise RuntimeError("the ticket could not be closed")
        self.endings.append(ending)
