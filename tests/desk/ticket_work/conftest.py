import pytest

from bot.clock import Clock
from bot.db import Database
from tests.desk.ticket_work.site import TicketSite, fill, make_site


@pytest.fixture
async def site(database: Database, clock: Clock, tmp_path) -> TicketSite:
    site = make_site(database, clock, tmp_path)
    await fill(site)
    return site
