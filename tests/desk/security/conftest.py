"""The whole house, filled once for all tests beside this file: they ask, and mend what they break."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.clock import system_clock
from bot.db import Database
from tests.desk.security.application import make_application, make_settings, started
from tests.desk.security.examples import Examples
from tests.desk.security.house import House
from tests.desk.ticket_work.site import make_site


@pytest.fixture(scope="package")
async def house(
    migrated: Database, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("house")
    app = make_application(make_settings(postgres_url, folder))
    site = make_site(migrated, system_clock, folder)
    async with started(app) as client:
        house = House(app, client, site, Examples(app))
        await house.fill()
        yield house
