"""Worlds with a WeCom company in them."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from bot.db import Database
from bot.words import Words
from tests.conftest import FrozenClock
from tests.connectors.wecom.world import World

MakeWorld = Callable[..., Awaitable[World]]


@pytest.fixture
async def make_world(database: Database, clock: FrozenClock, words: Words) -> AsyncIterator[MakeWorld]:
    made: list[World] = []

    async def make(**settings) -> World:
        made.append(World(database, clock, words, **settings))
        await made[-1].open()
        return made[-1]

    yield make
    for world in made:
        await world.close()


@pytest.fixture
async def world(make_world: MakeWorld) -> World:
    """People who are asked for are at our own desk."""
    return await make_world()
