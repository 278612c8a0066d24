import pytest

from bot.db import Database
from tests.conftest import FrozenClock
from tests.desk.leading.site import LeadingSite, make_site


@pytest.fixture
async def site(database: Database, clock: FrozenClock) -> LeadingSite:
    site = make_site(database, clock)
    await site.fill()
    return site
