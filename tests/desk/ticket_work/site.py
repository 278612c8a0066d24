"""Ticket work on a test database: the network of `tests.day`, its people with accounts, a parcel, and the desk."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.assembly import Service, assemble
from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.pages import mount_desk
from bot.desk.ticket_desk import TicketDesk, TicketDeskParts
from bot.desk.workplace import DeskServices
from bot.evidence.endpoints import make_router as make_evidence_router
from bot.ledger.endpoints import make_router as make_ledger_router
from bot.settings import Settings
from bot.staff.model import Role
from bot.tickets.endpoints import make_router as make_tickets_router
from bot.tickets.model import Ticket
from bot.tickets.opening import Matter
from bot.tickets.work import Request
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.importing import rows_of_json
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from tests.day import network
from tests.day.feed import phones
from tests.day.network import GZ1, HZ1, LINA, PLACES
from tests.desk.builders import CHEAP, PASSWORD, make_services
from tests.jobs.queue import empty_queue

NUMBER = "YD2026039900001"
PEOPLE = (
    ("lina", "李娜", Role.agent, None, None),
    ("gz001", "黄伟", Role.outlet_agent, network.GZ1, network.GUANGDONG),
    ("gz002", "何军", Role.outlet_agent, network.GZ2, network.GUANGDONG),
    ("chen", "陈静", Role.provincial_agent, network.GD, network.GUANGDONG),
    ("zhao", "赵敏", Role.provincial_agent, network.ZJ, network.ZHEJIANG),
    ("sun", "孙磊", Role.headquarters_agent, network.HQ, None),
    ("tang", "唐宁", Role.provincial_arbitrator, network.GD, network.GUANGDONG),
    ("zheng", "郑涛", Role.headquarters_arbitrator, network.HQ, None),
    ("feng", "冯燕", Role.headquarters_arbitrator, network.HQ, None),
    ("zhou", "周强", Role.supervisor, None, None),
    ("he", "贺兰", Role.trainer, None, None),
)


@dataclass(frozen=True)
class TicketSite:
    """Services and desk, as the composition root puts them together."""

    database: Database
    clock: Clock
    service: Service
    desk: DeskServices
    tickets: TicketDesk

    async def open(self, category: str = "not_to_door", text: str = "没打电话就放驿站了，要求送上门。") -> Ticket:
        """A ticket by the call centre, about the parcel that the outlet in Guangzhou has."""
        kind = self.service.tickets.core.catalogue().leaf(category).kind
        matter = Matter(kind, category, text, waybill_no=NUMBER, channel="phone")
        return (await self.service.tickets.work.open(matter, Request(LINA)))[0]


def make_site(database: Database, clock: Clock, folder: Path, *, hasher: PasswordHasher = CHEAP) -> TicketSite:
    service = assemble(Settings(data_dir=folder), database, clock)
    hub = EventHub(database)
    access = WaybillAccess(database, clock, GuessLimit())
    waybills = WaybillService(PostgresWaybillSource(database), access, database, clock, service.conditions)
    desk = replace(make_services(database, clock, hub=hub, hasher=hasher), waybills=waybills)
    desk = replace(desk, tickets=service.tickets.tickets)
    parts = TicketDeskParts(
        database=database,
        clock=clock,
        agents=desk.agents,
        tickets=service.tickets,
        evidence=service.evidence,
        ledger=service.ledger,
        waybills=waybills,
        conversations=desk.conversations,
        rules=service.rules.book,
        units_of=service.units_of,
    )
    return TicketSite(database, clock, service, desk, TicketDesk.build(parts))


async def fill(site: TicketSite) -> None:
    """The network, its people, and a parcel from Hangzhou that is about to be delivered in Guangzhou."""
    await empty_queue(site.database)
    await network.put_network(site.database)
    await site.service.geography.refresh()
    await site.service.months.prepare()
    for username, name, role, unit, province in PEOPLE:
        await site.desk.agents.create(username, name, PASSWORD, role, unit=unit, province=province)
    await _ship(site)


async def _ship(site: TicketSite) -> None:
    now = site.clock()
    shipped = now - timedelta(days=2)
    consignor, consignee = phones(NUMBER)
    waybill = {
        "waybill_no": NUMBER,
        "product": "standard",
        **_party("consignor", "李明", consignor, HZ1),
        **_party("consignee", "王芳", consignee, GZ1),
        "weight_kg": 1.5,
        "freight": 12,
        "shipped_at": shipped,
        "origin_outlet": HZ1,
        "destination_outlet": GZ1,
    }
    steps = ((0, "picked_up", HZ1), (6, "departed", HZ1), (30, "arrived", GZ1), (40, "out_for_delivery", GZ1))
    scans = [
        {
            "waybill_no": NUMBER,
            "at": shipped + timedelta(hours=hours),
            "kind": kind,
            "outlet_code": code,
            "outlet_name": PLACES[code][0],
            "city": PLACES[code][2],
            "text": f"【{PLACES[code][0]}】",
        }
        for hours, kind, code in steps
    ]
    importer = site.service.importer
    for taken in (await importer.waybills(rows_of_json([waybill])), await importer.checkpoints(rows_of_json(scans))):
        assert taken.rejected == []


def _party(role: str, name: str, phone: str, outlet: str) -> dict[str, str]:
    _, province, city, district, *_ = PLACES[outlet]
    values = {"name": name, "phone": phone, "province": province, "city": city, "district": district}
    return {f"{role}_{key}": value for key, value in (values | {"address": "幸福路88号"}).items()}


def make_app(site: TicketSite, *, base_url: str = "") -> FastAPI:
    """Pages and API as they are served."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await site.desk.hub.start()
        yield
        await site.desk.hub.stop()

    app = FastAPI(lifespan=lifespan)
    actor_of = ActorOf(site.desk.agents, "token-of-the-api")
    service = site.service
    app.include_router(make_tickets_router(service.tickets, actor_of))
    app.include_router(make_evidence_router(service.evidence, actor_of, service.may_see))
    app.include_router(make_ledger_router(service.ledger, actor_of, service.units_of))
    mount_desk(app, site.desk, storage_secret="only-for-tests", base_url=base_url, tickets=site.tickets)
    return app


def temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="kuaida-tickets-"))
