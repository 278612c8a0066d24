"""An inbox in the test's database."""

import pytest

from bot.inbox.ports import Letter
from bot.inbox.postgres import PostgresInbox


@pytest.fixture
async def inbox(database):
    inbox = PostgresInbox(database.url)
    await inbox.open()
    yield inbox
    await inbox.close()


@pytest.fixture
def put(inbox, clock):
    async def put(key: str, lane: str = "openid", channel: str = "wechat", **body) -> bool:
        return await inbox.put(Letter(channel, key, lane, body, clock()))

    return put
