import pytest

from bot.ledger.service import LedgerService
from tests.jobs.queue import empty_queue


@pytest.fixture
async def ledger(database):
    """Entries are told of, which leaves jobs."""
    await empty_queue(database)
    return LedgerService(database)
