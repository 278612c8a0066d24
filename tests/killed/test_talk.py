"""kill -9 while customers are written to: everything arrives, once, in order."""

import asyncio
import signal
from random import Random

import pytest

from bot.delivery.channels import Channels
from bot.delivery.model import Delivery
from bot.delivery.ports import Outgoing
from bot.delivery.service import DeliveryService
from bot.inbox.ports import Letter
from bot.inbox.postgres import PostgresInbox
from tests.killed.child import Point
from tests.killed.stage import Child, dead_have_let_go
from tests.killed.talk import CHANNEL, PART, FilePlatform, Shift, id_of, live, work

MESSAGES, CUSTOMERS = 200, 5
TEXTS = {f"u{who}": [f"第{n:03}条-{who}" for n in range(who, MESSAGES, CUSTOMERS)] for who in range(CUSTOMERS)}
MOMENTS = [
    ("statement", 0.3),
    ("commit", 0.2),
    ("commit", 0.8),
    ("about to send", 0.4),
    ("sent", 0.1),
    ("sent", 0.9),
]


@pytest.fixture
def platform(tmp_path):
    return FilePlatform(tmp_path / "platform")


@pytest.fixture
def shift(database, clock, platform):
    """Runs a worker: to its end (what it counted), to a point where it dies, or until it is killed from outside."""

    async def shift(task: str, point: Point | None = None, *, seconds: float | None = None):
        child = Child(live, Shift(task, database.url, clock(), platform.path, point))
        if seconds is not None:
            await asyncio.sleep(seconds)
            child.kill()
        counts = await child.last_words() if point is None and seconds is None else None
        status = await child.status()
        await dead_have_let_go(database)
        return counts if counts is not None else status

    return shift


@pytest.fixture
def finish(database, clock, platform):
    async def finish(task: str) -> dict[str, list[str]]:
        await work(task, database, clock(), platform)
        return {who: [one for one in said if one] for who, said in platform.seen().items()}

    return finish


@pytest.fixture
def owed(database, clock, platform):
    """Everything is owed, nothing sent."""

    async def owe() -> None:
        service = DeliveryService(database, clock, Channels(platform))
        async with database.transaction() as session:
            for n in range(MESSAGES):
                who = f"u{n % CUSTOMERS}"
                said = TEXTS[who][n // CUSTOMERS]
                await service.enqueue(session, Outgoing(id_of(said), CHANNEL, who, "bot", said, clock()))

    return owe


def in_parts(texts: list[str]) -> list[str]:
    return [said[start : start + PART] for said in texts for start in range(0, len(said), PART)]


EXPECTED = {who: in_parts(texts) for who, texts in TEXTS.items()}


async def test_there_is_enough_to_do_to_be_killed_over(shift, owed, platform):
    await owed()
    counts = await shift("send")

    assert counts["sent"] == sum(len(parts) for parts in EXPECTED.values()) == 2 * MESSAGES
    assert platform.seen() == EXPECTED


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"{moment[0]}-{moment[1]:.0%}")
async def test_a_worker_killed_while_sending_loses_and_doubles_nothing(shift, owed, finish, moment):
    await owed()
    what, share = moment
    of = 1600 if what == "statement" else 400
    assert await shift("send", Point(what, int(share * of))) == -signal.SIGKILL

    assert await finish("send") == EXPECTED


async def test_workers_killed_time_and_again_lose_and_double_nothing(shift, owed, finish, database):
    await owed()
    chance = Random(5)
    deaths = [await shift("send", seconds=chance.uniform(0.05, 0.4)) for _ in range(5)]

    assert deaths[0] == -signal.SIGKILL
    assert await finish("send") == EXPECTED
    async with database.transaction() as session:
        states = set(await session.scalars(Delivery.__table__.select().with_only_columns(Delivery.state)))
    assert states == {"sent"}


@pytest.mark.parametrize("moment", [("commit", 0.1), ("commit", 0.4), ("commit", 0.8), ("sent", 0.5)], ids=str)
async def test_a_worker_killed_between_letter_and_answer_answers_everything_once(
    shift, finish, database, clock, moment
):
    inbox = PostgresInbox(database.url)
    await inbox.open()
    for n in range(60):
        who = f"u{n % CUSTOMERS}"
        body = {"text": TEXTS[who][n // CUSTOMERS]}
        for _ in range(2):
            await inbox.put(Letter(CHANNEL, f"{who}-{n}", who, body, clock()))
    await inbox.close()
    of = 300 if moment[0] == "commit" else 120
    assert await shift("letters", Point(moment[0], int(moment[1] * of))) == -signal.SIGKILL

    assert await finish("letters") == {who: in_parts(texts[:12]) for who, texts in TEXTS.items()}
