"""A desk with three agents, a supervisor, a team, and channels that are pushed."""

from collections.abc import AsyncIterator

import pytest

from bot.db import Database
from bot.staff.model import Role
from bot.words import Words
from tests.conftest import FrozenClock
from tests.desk.complaints.firm import Firm


@pytest.fixture
async def firm(database: Database, clock: FrozenClock, words: Words) -> AsyncIterator[Firm]:
    firm = Firm(database, clock, words)
    await firm.hire("lina", "zhou", "mei")
    await firm.hire("boss", role=Role.supervisor)
    await firm.team("claims", "zhou")
    yield firm
    await firm.answers()
