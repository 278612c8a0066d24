from sqlalchemy import text

from bot.db import Database

ENDED = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended'")


async def test_a_connection_that_the_server_ended_is_replaced(postgres_url, database):
    ours = Database(f"{postgres_url}{'&' if '?' in postgres_url else '?'}application_name=ended", pool_size=3)
    async with ours.transaction() as one, ours.transaction() as other:
        before = {await session.scalar(text("SELECT pg_backend_pid()")) for session in (one, other)}
    async with database.transaction() as session:
        assert len((await session.execute(ENDED)).all()) == 2

    async with ours.transaction() as one, ours.transaction() as other:
        after = {await session.scalar(text("SELECT pg_backend_pid()")) for session in (one, other)}

    assert len(after) == 2
    assert not before & after
    await ours.close()


async def test_a_connection_that_works_is_kept(postgres_url):
    ours = Database(postgres_url, pool_size=1)
    pids = set()
    for _ in range(3):
        async with ours.transaction() as session:
            pids.add(await session.scalar(text("SELECT pg_backend_pid()")))
    assert len(pids) == 1
    await ours.close()
