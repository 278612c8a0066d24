from datetime import datetime, timezone

import pytest

from bot.jobs import Jobs
from bot.outbox.in_memory import InMemorySender
from bot.outbox.service import Outbox
from tests.conftest import FrozenClock
from tests.jobs.queue import empty_queue


@pytest.fixture
def clock():
    """The queue goes by the hour of the database, so here the clock stands still at the present."""
    return FrozenClock(datetime.now(timezone.utc).replace(microsecond=0))


@pytest.fixture
async def jobs(database):
    await empty_queue(database)
    jobs = Jobs(database)
    yield jobs
    await jobs.stop()


@pytest.fixture
def sender():
    return InMemorySender()


@pytest.fixture
def outbox(database, clock, jobs, sender):
    return Outbox(database, clock, jobs, sender)


@pytest.fixture
def webhooks(outbox):
    return outbox.webhooks
