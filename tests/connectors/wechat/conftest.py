"""Worlds with a WeChat account in them."""

from collections.abc import AsyncIterator, Callable

import pytest

from bot.db import Database
from bot.words import Words
from tests.conftest import FrozenClock
from tests.connectors.wechat.world import World

MakeWorld = Callable[..., World]


@pytest.fixture
async def make_world(database: Database, clock: FrozenClock, words: Words) -> AsyncIterator[MakeWorld]:
    made: list[World] = []

    def make(**settings) -> World:
        made.append(World(database, clock, words, **settings))
        return made[-1]

    yield make
    for world in made:
        await world.close()


@pytest.fixture
def world(make_world: MakeWorld) -> World:
    """In safe mode, with all rights."""
    return make_world()
