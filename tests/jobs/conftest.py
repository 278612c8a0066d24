import pytest

from bot.jobs import Jobs
from tests.jobs.queue import empty_queue


@pytest.fixture
async def jobs(database):
    await empty_queue(database)
    jobs = Jobs(database)
    yield jobs
    await jobs.stop()
