from datetime import timedelta

import pytest

from bot.errors import SetupError
from bot.jobs import NewJob, defer, defer_many
from tests.jobs.queue import queued


class RolledBackError(Exception):
    """The caller's own trouble."""


async def test_a_job_is_kept_with_the_change_that_asked_for_it(database, jobs, clock):
    at = clock() + timedelta(hours=1)
    async with database.transaction() as session:
        job_id = await defer(session, "say", {"word": "你好", "n": 1}, at=at, lock="GD1", lane="events")

    (job,) = await queued(database)
    assert (job.id, job.task, job.args, job.lock, job.lane) == (
        job_id,
        "say",
        {"word": "你好", "n": 1},
        "GD1",
        "events",
    )
    assert (job.status, job.scheduled_at) == ("todo", at)


async def test_a_job_goes_with_the_change_that_is_rolled_back(database, jobs):
    async def change() -> None:
        async with database.transaction() as session:
            await defer(session, "say", {})
            raise RolledBackError

    with pytest.raises(RolledBackError):
        await change()

    assert await queued(database) == []


async def test_many_jobs_keep_their_order(database, jobs):
    async with database.transaction() as session:
        ids = await defer_many(session, [NewJob("say", {"n": n}) for n in range(300)])

    found = await queued(database)
    assert [job.args["n"] for job in found] == list(range(300))
    assert [job.id for job in found] == ids


async def test_no_jobs_are_no_trouble(database, jobs):
    async with database.transaction() as session:
        assert await defer_many(session, []) == []


async def test_of_a_queueing_lock_one_waits_and_the_change_goes_on(database, jobs):
    async with database.transaction() as session:
        first = await defer(session, "count", {"n": 1}, queueing_lock="count")
        second = await defer(session, "count", {"n": 2}, queueing_lock="count")
        third = await defer(session, "say", {})

    assert first is not None
    assert second is None
    assert [job.id for job in await queued(database)] == [first, third]


async def test_a_task_that_nobody_registered_is_refused(database, jobs):
    async with database.transaction() as session:
        with pytest.raises(SetupError, match="no task is registered as say"):
            await jobs.defer(session, "say", {})


async def test_a_job_runs_in_the_lane_of_its_task(database, jobs):
    async def say() -> None: ...

    jobs.task("say", say, lane="webhooks")
    async with database.transaction() as session:
        await jobs.defer(session, "say", {})

    assert (await queued(database))[0].lane == "webhooks"


async def test_a_task_has_one_name_and_a_lane_that_exists(jobs):
    async def say() -> None: ...

    jobs.task("say", say)

    with pytest.raises(SetupError):
        jobs.task("say", say)
    with pytest.raises(SetupError):
        jobs.task("shout", say, lane="loud")
