"""The whole story is played once; every test looks at what it left."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from bot.assembly import assemble
from bot.db import Base, Database
from bot.settings import Settings
from bot.waybills.access import GuessLimit, WaybillAccess
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.service import WaybillService
from tests.conftest import FrozenClock
from tests.day import arbitration, contacts, damage, overdue
from tests.day.feed import Feed
from tests.day.network import put_network
from tests.day.parcels import moment
from tests.day.reading import Reader
from tests.day.script import play
from tests.day.world import Asked, World
from tests.jobs.queue import empty_queue

BEGINNING, END = "02 08:00", "13 11:00"
"""A Monday morning, and the Friday of the week after."""


@pytest.fixture(scope="package")
async def world(migrated: Database, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Twelve days of the network, on a database emptied before."""
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    async with migrated.transaction() as session:
        await session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    world = await _begin(migrated, Settings(data_dir=tmp_path_factory.mktemp("day")))
    chapters = (overdue.chapter, contacts.chapter, damage.chapter, arbitration.chapter)
    await play(world, *chapters, until=END)
    yield world
    await world.service.sender.close()
    await empty_queue(migrated)


@pytest.fixture
def read(world: World) -> Reader:
    return Reader(world.database)


async def _begin(database: Database, settings: Settings) -> World:
    clock, follow_ups = FrozenClock(moment(BEGINNING)), Asked()
    service = assemble(settings, database, clock, follow_ups)
    await put_network(database)
    await service.geography.refresh()
    access = WaybillAccess(database, clock, GuessLimit())
    waybills = WaybillService(PostgresWaybillSource(database), access, database, clock, service.conditions)
    return World(settings, database, clock, service, waybills, Feed(service.importer), follow_ups)
