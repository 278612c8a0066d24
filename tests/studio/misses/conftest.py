import pytest

from bot.clock import Clock
from bot.db import Database
from bot.words import Words
from tests.studio.misses.builders import MissSite, make_site


@pytest.fixture
def site(database: Database, clock: Clock, words: Words) -> MissSite:
    return make_site(database, clock, words)
