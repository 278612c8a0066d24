"""Another Rasa takes over from the one that serves, on the real thing, while customers never stop writing."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import psutil
import pytest

from bot.fielding import free_port
from bot.understanding import Lineup, announce, announced
from tests.system.conftest import Customer

pytestmark = pytest.mark.rasa

QUESTIONS = {"寄充电宝可以吗": "100Wh", "怎么开发票": "发票", "保价费怎么收": "保价"}


@pytest.fixture
def data_dir(running) -> Path:
    return Path(psutil.Process(running.supervisor.pid).environ()["BOT_DATA_DIR"])


@pytest.fixture
async def successor(running, data_dir) -> AsyncIterator[Lineup]:
    """The same model in a second Rasa, ready and warm; the first one serves again in the end."""
    lineup = announced(data_dir)
    port = lineup.serving.rasa_port
    new = lineup.serving.model_copy(update={"rasa_port": free_port(after=port)})
    process = _second(running.child("rasa"), port, new.rasa_port, data_dir / "log" / "successor.log")
    try:
        await _is_warm(new.rasa_port)
        yield lineup.with_arm(new)
    finally:
        announce(data_dir, lineup)
        await _has_taken_over(data_dir, times=2)
        process.terminate()
        process.wait(20)


async def test_nobody_notices_a_change_of_rasa(running, data_dir, successor):
    crowd = [await Customer.new(running.base) for _ in range(3)]
    log = data_dir / "log" / "platform.log"
    before = log.read_text("utf-8").count("answered by the stand-in")
    is_over = asyncio.Event()

    async def write(customer: Customer) -> None:
        rounds_after = 0
        while rounds_after < 3:
            rounds_after += is_over.is_set()
            for question, word in QUESTIONS.items():
                assert word in await customer.say(question)
                assert len(customer._after(max(n for n in customer.log if _is_question(customer, n)))) == 1
                await asyncio.sleep(1.2)  # as fast as one customer may write in the long run

    async def change() -> None:
        await asyncio.sleep(2)
        announce(data_dir, successor)
        await _has_taken_over(data_dir, times=1)
        is_over.set()

    async with asyncio.timeout(120):
        await asyncio.gather(change(), *(write(customer) for customer in crowd))

    assert log.read_text("utf-8").count("answered by the stand-in") == before
    for customer in crowd:
        assert sorted(customer.log) == list(range(1, max(customer.log) + 1))
        await customer.close()


def _second(first: psutil.Process, port: int, other: int, log: Path) -> "subprocess.Popen[bytes]":
    command = [str(other) if word == str(port) else word for word in first.cmdline()]
    with log.open("wb") as file:
        return subprocess.Popen(command, env=first.environ(), cwd=first.cwd(), stdout=file, stderr=file)


def _is_question(customer: Customer, seq: int) -> bool:
    return customer.log[seq]["author"] == "customer"


async def _is_warm(port: int) -> None:
    async with asyncio.timeout(120), httpx.AsyncClient(timeout=15) as client:
        while True:
            try:
                if (await client.get(f"http://127.0.0.1:{port}/webhooks/warm_up/")).status_code == 200:
                    return
            except httpx.HTTPError:
                await asyncio.sleep(0.3)


async def _has_taken_over(data_dir: Path, *, times: int) -> None:
    log = data_dir / "log" / "platform.log"
    async with asyncio.timeout(60):
        while log.read_text("utf-8").count("bot.changeover: release") < times:
            await asyncio.sleep(0.2)
