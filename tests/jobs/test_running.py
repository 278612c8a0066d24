import asyncio
from datetime import datetime, timedelta, timezone

from sqlalchemy import text

from bot.jobs import Jobs, RunAgain
from bot.jobs.retries import Backoff
from bot.jobs.upkeep import SILENT_FOR
from tests.jobs.queue import queued


class Said:
    """A task that notes what it is told, and fails as often as it is asked to."""

    def __init__(self, *, failures: int = 0, error: type[Exception] = ValueError) -> None:
        self.words: list[str] = []
        self._failures = failures
        self._error = error

    async def __call__(self, word: str) -> None:
        self.words.append(word)
        if self._failures > 0:
            self._failures -= 1
            raise self._error(word)


async def put(database, jobs, word="a", **how):
    async with database.transaction() as session:
        return await jobs.defer(session, "say", {"word": word}, **how)


async def hurry(database):
    """What waits for its hour is due now."""
    async with database.transaction() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET scheduled_at = now()"))


async def left(database, task="say"):
    return [job for job in await queued(database) if job.task == task]


async def test_a_job_that_succeeds_is_run_once_and_forgotten(database, jobs):
    said = Said()
    jobs.task("say", said)
    await put(database, jobs)

    await jobs.run_due()
    await jobs.run_due()

    assert said.words == ["a"]
    assert await left(database) == []


async def test_jobs_of_one_lock_run_in_order_and_wait_for_one_that_is_tried_again(database, jobs):
    said = Said(failures=1)
    jobs.task("say", said)
    await put(database, jobs, "a", lock="GD1")
    await put(database, jobs, "b", lock="GD1")
    await put(database, jobs, "c", lock="GD2")

    await jobs.run_due()
    before = list(said.words)
    await hurry(database)
    await jobs.run_due()

    assert before == ["a", "c"]
    assert said.words == ["a", "c", "a", "b"]


async def test_a_job_is_tried_again_later_and_later_and_then_kept_as_failed(database, jobs):
    said = Said(failures=99)
    jobs.task("say", said, retries=Backoff(attempts=3, first=timedelta(seconds=10), factor=6))
    await put(database, jobs)
    waits = []

    for _ in range(5):
        await jobs.run_due()
        (job,) = await left(database)
        if job.status == "todo":
            waits.append(job.scheduled_at - datetime.now(timezone.utc))
        await hurry(database)

    assert [round(wait.total_seconds(), -1) for wait in waits] == [10, 60]
    assert (job.status, len(said.words)) == ("failed", 3)


async def test_a_task_may_ask_for_another_run_as_often_as_it_likes(database, jobs):
    at = datetime(2030, 1, 1, tzinfo=timezone.utc)
    runs = []

    async def say(word: str) -> None:
        runs.append(word)
        if len(runs) < 5:
            raise RunAgain(at)

    jobs.task("say", say, retries=Backoff(attempts=2))
    await put(database, jobs)
    await jobs.run_due()
    (job,) = await left(database)
    for _ in range(6):
        await hurry(database)
        await jobs.run_due()

    assert job.scheduled_at == at
    assert (len(runs), await left(database)) == (5, [])


async def test_a_job_waits_for_its_hour(database, jobs):
    said = Said()
    jobs.task("say", said)
    await put(database, jobs, at=datetime.now(timezone.utc) + timedelta(hours=1))

    await jobs.run_due()

    assert said.words == []


def test_no_wait_is_longer_than_the_longest():
    backoff = Backoff()

    assert [backoff.wait(failures).total_seconds() for failures in (1, 2, 3, 4, 5, 6, 7, 500)] == [
        4,
        16,
        64,
        256,
        1024,
        3600,
        3600,
        3600,
    ]


async def be_taken_by_a_worker_that_died(database, *, silent_for: timedelta):
    """As a kill -9 leaves it: the job is being done, by a worker whose heart stopped a while ago."""
    query = text(
        "WITH worker AS (INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - :silent) RETURNING id)"
        " UPDATE procrastinate_jobs SET status = 'doing', worker_id = worker.id FROM worker"
    )
    async with database.transaction() as session:
        await session.execute(query, {"silent": silent_for})


async def test_the_job_of_a_killed_worker_is_run_by_another(database, jobs):
    said = Said()
    jobs.task("say", said)
    await put(database, jobs)
    await be_taken_by_a_worker_that_died(database, silent_for=SILENT_FOR + timedelta(seconds=5))

    await jobs.run_due()
    before = list(said.words)
    rescued = await jobs.rescue()
    await jobs.run_due()

    assert (before, rescued, said.words) == ([], 1, ["a"])


async def test_the_job_of_a_worker_that_lives_is_left_alone(database, jobs):
    said = Said()
    jobs.task("say", said)
    await put(database, jobs)
    await be_taken_by_a_worker_that_died(database, silent_for=SILENT_FOR - timedelta(seconds=10))

    assert await jobs.rescue() == 0
    assert (await left(database))[0].status == "doing"


async def test_a_job_that_was_interrupted_often_waits_before_it_runs_again(database, jobs):
    said = Said()
    jobs.task("say", said)
    await put(database, jobs)
    await be_taken_by_a_worker_that_died(database, silent_for=timedelta(minutes=5))
    async with database.transaction() as session:
        await session.execute(text("UPDATE procrastinate_jobs SET attempts = 9"))

    await jobs.rescue()

    (job,) = await left(database)
    assert job.scheduled_at > datetime.now(timezone.utc) + timedelta(minutes=9)


async def test_an_interrupted_job_gives_way_to_the_one_of_its_queueing_lock_that_waits(database, jobs):
    said = Said()
    jobs.task("say", said)
    await put(database, jobs, "old", queueing_lock="say")
    await be_taken_by_a_worker_that_died(database, silent_for=timedelta(minutes=5))
    await put(database, jobs, "new", queueing_lock="say")

    await jobs.rescue()
    await jobs.run_due()

    assert said.words == ["new"]
    assert [(job.args["word"], job.status) for job in await left(database)] == [("old", "failed")]


async def test_workers_start_with_the_platform_and_hear_of_new_jobs_at_once(database, jobs):
    done = asyncio.Event()

    async def say(word: str) -> None:
        done.set()

    jobs.task("say", say)
    await jobs.start()
    await put(database, jobs)
    await asyncio.wait_for(done.wait(), 4)
    await jobs.stop()

    assert await left(database) == []


async def test_a_job_cut_short_by_the_stop_of_the_platform_is_put_back(database, jobs, monkeypatch):
    monkeypatch.setattr("bot.jobs.service._STOP_WITHIN_S", 0.05)
    started = asyncio.Event()

    async def say(word: str) -> None:
        started.set()
        await asyncio.Event().wait()

    jobs.task("say", say)
    await jobs.start()
    await put(database, jobs)
    await asyncio.wait_for(started.wait(), 4)
    await jobs.stop()

    assert [job.status for job in await left(database)] == ["todo"]


async def test_lanes_do_not_wait_for_each_other(database):
    jobs = Jobs(database, lanes={"default": 1, "webhooks": 1})
    done = asyncio.Event()
    blocked = asyncio.Event()

    async def block() -> None:
        await blocked.wait()

    async def say(word: str) -> None:
        done.set()

    jobs.task("block", block, lane="webhooks")
    jobs.task("say", say)
    async with database.transaction() as session:
        await jobs.defer(session, "block", {})
    await jobs.start()
    await put(database, jobs)
    await asyncio.wait_for(done.wait(), 4)
    blocked.set()
    await jobs.stop()


async def test_a_periodic_task_is_given_the_moment_it_was_due(database, jobs):
    due = []
    done = asyncio.Event()

    async def tick(at: datetime) -> None:
        due.append(at)
        done.set()

    jobs.periodic("tick", "*/10 * * * *", tick)
    await jobs.start()
    await asyncio.wait_for(done.wait(), 30)
    await jobs.stop()

    now = datetime.now(timezone.utc)
    assert due[0] <= now
    assert due[0].minute % 10 == due[0].second == 0


async def test_what_failed_is_kept_for_a_month_and_what_succeeded_for_a_day(database, jobs):
    async with database.transaction() as session:
        for status, days in (("succeeded", 2), ("succeeded", 0), ("failed", 2), ("failed", 31), ("cancelled", 2)):
            await session.execute(
                text(
                    "WITH job AS (INSERT INTO procrastinate_jobs (queue_name, task_name, args, status)"
                    " VALUES ('default', 'old', jsonb_build_object('days', CAST(:days AS int)),"
                    " CAST(:status AS procrastinate_job_status)) RETURNING id)"
                    " INSERT INTO procrastinate_events (job_id, type, at)"
                    " SELECT id, 'deferred', now() - make_interval(days => :days) FROM job"
                ),
                {"status": status, "days": days},
            )
    async with database.transaction() as session:
        await jobs.defer(session, "jobs.clean_up", {"timestamp": 0})
    await jobs.run_due()

    assert [(job.status, job.args["days"]) for job in await left(database, "old")] == [("succeeded", 0), ("failed", 2)]
