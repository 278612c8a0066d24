"""The supervisor's part in a change, with a platform of one endpoint and no real training."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from bot import improving
from bot.errors import SetupError
from bot.improving import Improvement, free_port
from bot.settings import Settings
from bot.supervisor import Child
from bot.training import Trained
from bot.understanding import Understanding, announce, announced


class Platform:
    """Says in its health what is announced, as long as it takes part."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.refuses = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        serving = announced(self.data_dir)
        key = serving.model_key if serving and serving.model_key != self.refuses else "old"
        body = json.dumps({"model": key}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()


class OneExchange:
    """A supervisor whose successors are ready at once."""

    def __init__(self) -> None:
        self.successor: Child | None = None

    async def exchange(self, name: str, successor: Child, hand_over: Callable[[], Awaitable[None]]) -> None:
        await hand_over()
        self.successor = successor


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    platform = Platform(tmp_path)
    server = await asyncio.start_server(platform.answer, "127.0.0.1", 0)
    platform.port = server.sockets[0].getsockname()[1]
    yield platform
    server.close()
    await server.wait_closed()


@pytest.fixture
def trained(tmp_path: Path) -> Trained:
    for name in ("encoder", "new.tar.gz"):
        (tmp_path / name).touch()
    return Trained(encoder=tmp_path / "encoder", model=tmp_path / "new.tar.gz", is_tuned=True)


def make_rasa(understanding: Understanding) -> Child:
    return Child(f"rasa with {understanding.model_key}", (), {}, Path("log"), lambda: asyncio.sleep(0, True))


class Trial:
    """An improvement whose training ends with what it is given."""

    def __init__(self, platform: Platform, outcome: Trained | SetupError) -> None:
        settings = Settings(data_dir=platform.data_dir, port=platform.port)
        old = Understanding(encoder=Path("old"), model=Path("old.tar.gz"), rasa_port=settings.rasa_port)
        announce(platform.data_dir, old)
        self.said: list[str] = []
        self.supervisor = OneExchange()
        self._improvement = Improvement(settings, self.supervisor, old, make_rasa, self.said.append)
        self._outcome = outcome
        self._improvement._train = self._train

    async def run(self) -> None:
        with ExitStack() as holds:
            await self._improvement.run(holds)

    async def _train(self) -> Trained:
        if isinstance(self._outcome, SetupError):
            raise self._outcome
        return self._outcome


async def test_what_was_trained_takes_over(platform: Platform, trained: Trained) -> None:
    trial = Trial(platform, trained)

    await trial.run()

    serving = announced(platform.data_dir)
    assert serving.model == trained.model
    assert serving.rasa_port != Settings().rasa_port
    assert trial.supervisor.successor.name == "rasa with new"
    assert trial.said[-1] == "model new serves now"


async def test_a_failed_training_changes_nothing_and_says_why(platform: Platform) -> None:
    trial = Trial(platform, SetupError("the disk is full"))

    await trial.run()

    assert announced(platform.data_dir).model_key == "old"
    assert trial.said[-1] == "the service goes on with model old: the disk is full"


async def test_what_the_platform_does_not_take_over_is_taken_back(
    platform: Platform, trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(improving, "_TAKE_OVER_S", 0.2)
    platform.refuses = "new"
    trial = Trial(platform, trained)

    await trial.run()

    assert announced(platform.data_dir).model_key == "old"
    assert trial.supervisor.successor is None
    assert "goes on with model old" in trial.said[-1]


def test_the_next_free_port_is_found() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(after=port - 1) > port
