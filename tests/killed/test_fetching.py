"""kill -9 while WeCom's messages are fetched: each becomes one letter, in the order of its customer."""

import signal
from itertools import groupby

import pytest
from sqlalchemy import select

from bot.inbox.model import InboxLetter
from connectors.wecom.tables import WeComCursor
from tests.killed.child import Point
from tests.killed.fetching import CUSTOMERS, PAGE, PAGES, Fetch, fetch, live
from tests.killed.stage import Child, dead_have_let_go

IN_ORDER = {
    f"wm{who}": [f"message:msg-{n:03}" for n in range(who, PAGES * PAGE, CUSTOMERS)] for who in range(CUSTOMERS)
}


@pytest.fixture
def fetched(database, clock):
    """A process that fetches: what it counted, or how it ended where it was to die."""

    async def fetched(point: Point | None = None) -> dict[str, int] | int | None:
        child = Child(live, Fetch(database.url, clock(), point))
        counts = await child.last_words() if point is None else None
        status = await child.status()
        await dead_have_let_go(database)
        return counts or status

    return fetched


async def letters(database) -> dict[str, list[str]]:
    query = select(InboxLetter.lane, InboxLetter.key).order_by(InboxLetter.lane, InboxLetter.id)
    async with database.transaction() as session:
        rows = (await session.execute(query)).all()
    return {lane: [key for _, key in each] for lane, each in groupby(rows, key=lambda row: row.lane)}


async def test_one_process_fetches_every_page(fetched, database):
    counts = await fetched()

    assert counts["commit"] > PAGES
    assert await letters(database) == IN_ORDER


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize("what", ["statement", "commit", "committed"])
async def test_what_one_process_dies_over_the_next_fetches(fetched, database, clock, what, share):
    counts = await fetched()
    await empty(database)
    n = max(1, int(share * counts["statement" if what == "statement" else "commit"]))

    assert await fetched(Point(what, n)) == -signal.SIGKILL
    assert await letters(database) != IN_ORDER
    await fetch(database, clock())

    assert await letters(database) == IN_ORDER


async def empty(database) -> None:
    async with database.transaction() as session:
        for table in (InboxLetter, WeComCursor):
            await session.execute(table.__table__.delete())
