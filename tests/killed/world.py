"""A few hundred waybills of every fate, as the importing API gets them, and what people do to them."""

from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from sqlalchemy import text

from bot.assembly import Service
from bot.db import Base, Database
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.staff.model import Actor, Role
from bot.tickets.kinds import TicketKind
from bot.waybills.importing import rows_of_json
from tests.tickets.builders import GZ1, GZ2, HZ1, make_contact, put_network
from tests.waybills.test_importing import checkpoint, waybill

BEGIN = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)
LATER = BEGIN + timedelta(days=4)
"""What had time to go wrong has gone wrong."""

WAYBILLS, PORTION, BATCH = 60, 10, 30
FATES = ("late", "slow", "skipped", "unread", "put_off", "asked_for")
_PROMISED = {
    "late": "2026-03-05 20:00",
    "skipped": "2026-03-04 08:00",
    "put_off": "2026-03-04 08:00",
    "asked_for": "2026-03-05 20:00",
}
_ROUNDS = (
    ("picked_up", "2026-03-03 11:00", HZ1),
    ("departed", "2026-03-03 18:00", HZ1),
    ("arrived", "2026-03-04 06:00", GZ2),
    ("arrived", "2026-03-04 09:00", GZ1),
)


def numbers_of(fate: str) -> list[str]:
    return [_number(n) for n in range(WAYBILLS) if _fate(n) == fate]


def waybill_rows() -> list[dict[str, Any]]:
    """Some past their promise before they are known, some past it soon, some never."""
    places = {"origin_outlet": HZ1, "destination_outlet": GZ1}
    return [
        waybill(_number(n), promised_at=_PROMISED.get(_fate(n), "2026-03-20 20:00"), **places) for n in range(WAYBILLS)
    ]


def scan_rows() -> list[dict[str, Any]]:
    """Four each, the first of all before the second of any; what skips the courier is delivered at once."""
    return [
        checkpoint(_kind(n, place, kind), at, number=_number(n), outlet_code=outlet)
        for place, (kind, at, outlet) in enumerate(_ROUNDS)
        for n in range(WAYBILLS)
    ]


def batches(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


async def make_network(database: Database) -> None:
    """The units of the network and nothing else."""
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    async with database.transaction() as session:
        await session.execute(text(f"TRUNCATE {names}, procrastinate_jobs RESTART IDENTITY CASCADE"))
    await put_network(database)


async def import_all(service: Service) -> None:
    await service.importer.waybills(rows_of_json(waybill_rows()))
    report = await service.importer.checkpoints(rows_of_json(scan_rows()))
    assert report.accepted == len(scan_rows()), report


async def live_on(service: Service, database: Database) -> None:
    """What people did meanwhile: asked for some, put off others; and some were brought over, which nobody has read."""
    for n, asked in enumerate(numbers_of("asked_for")):
        await _report(service, "expedite", asked, n)
    async with database.transaction() as session:
        await session.execute(_PUT_OFF, {"numbers": numbers_of("put_off"), "until": LATER + timedelta(days=9)})
        await session.execute(_UNREAD, {"numbers": numbers_of("unread")})


async def damage_some(service: Service, database: Database, count: int = 8) -> None:
    """Tickets whose chain of evidence waits for the sending outlet; at every third the next node has it already."""
    for n, damaged in enumerate(numbers_of("slow")[:count]):
        ticket_no = await _report(service, "damage", damaged, n)
        if n % 3 == 0:
            async with database.transaction() as session:
                await _prove(service, session, ticket_no)


async def _report(service: Service, category: str, waybill_no: str, n: int) -> str:
    contact = make_contact(f"{category}-{n}", UUID(int=n + 1), conversation_id=UUID(int=n + 1))
    kind = TicketKind.service
    reported = await service.tickets.tickets.report(kind, category, "请查一下", waybill_no=waybill_no, contact=contact)
    return reported.ticket_no


async def _prove(service: Service, session: Any, ticket_no: str) -> None:
    sender, new = Actor("agent:he", Role.outlet_agent, HZ1), NewEvidence(EvidenceKind.scan, "完好", snapshot={"g": 1})
    item = await service.evidence.items.add(session, ticket_no, new, by=sender, at=BEGIN)
    await service.evidence.chains.prove(session, ticket_no, [item.seq], by=sender, at=BEGIN)


def _number(n: int) -> str:
    return f"YD2026{n:09d}"


def _fate(n: int) -> str:
    return FATES[n % len(FATES)]


def _kind(n: int, place: int, kind: str) -> str:
    return "delivered" if _fate(n) == "skipped" and place == len(_ROUNDS) - 1 else kind


_PUT_OFF = text(
    "UPDATE waybill_states SET promised_at = :until, version = version + 1 WHERE waybill_no = ANY(:numbers)"
)
_UNREAD = text("UPDATE waybill_states SET version = 0 WHERE waybill_no = ANY(:numbers)")
