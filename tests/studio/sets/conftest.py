"""Sets, labelling and dialogues on the test database."""

from random import Random

import pytest

from bot.clock import Clock
from bot.db import Database
from bot.studio.sets.catalogue import Catalogues
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.service import Sets
from tests.actions.conftest import faq, services, waybills  # noqa: F401
from tests.studio.sets.builders import FakeContent


@pytest.fixture
def sets(database: Database, clock: Clock) -> Sets:
    return Sets(database, clock, made_up=Random(7))


@pytest.fixture
def labelling(database: Database, clock: Clock) -> Labelling:
    return Labelling(database, clock, Catalogues(FakeContent()))
