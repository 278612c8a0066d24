"""The web channel on a port of its own."""

from collections.abc import AsyncIterator

import pytest

from bot.db import Database
from bot.words import Words
from tests.connectors.web.site import Site, running


@pytest.fixture
async def site(database: Database, words: Words) -> AsyncIterator[Site]:
    async with running(Site(database, words)) as site:
        yield site
