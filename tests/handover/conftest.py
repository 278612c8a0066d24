"""A desk with three agents, a supervisor and a team."""

import pytest

from bot.db import Database
from bot.staff.model import Role
from bot.words import Words
from tests.conftest import FrozenClock
from tests.handover.desk import Desk


@pytest.fixture
async def desk(database: Database, clock: FrozenClock, words: Words) -> Desk:
    desk = Desk(database, clock, words)
    await desk.hire("lina", "zhou", "mei")
    await desk.hire("boss", role=Role.supervisor)
    await desk.hire("outlet", role=Role.outlet_agent)
    await desk.team("claims", "zhou")
    return desk
