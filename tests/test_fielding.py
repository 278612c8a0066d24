"""The supervisor's part in serving several releases, with a platform of one endpoint and no real processes."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bot import fielding
from bot.fielding import Fielding, free_port
from bot.settings import Settings
from bot.studio.releases.fielded import Wanted, WantedArm
from bot.supervisor import Child
from bot.understanding import Lineup, Understanding, announce, announced


class Platform:
    """Says in its health what is announced, as long as it takes part."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.refuses = "\0"
        self.heard: list[set[str]] = []

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        lineup = announced(self.data_dir)
        if lineup is not None and self.refuses not in lineup.key:
            self.key = lineup.key
            self.heard.append({arm.release for arm in lineup.arms})
        body = json.dumps({"lineup": getattr(self, "key", "")}).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s" % (len(body), body))
        await writer.drain()
        writer.close()
        await writer.wait_closed()


class FakeSupervisor:
    """Children that are ready at once, or never."""

    def __init__(self) -> None:
        self.running = ["rasa"]
        self.dead: set[str] = set()
        self.exchanged: list[str] = []
        self.announced_with: list[list[str]] = []

    async def add(self, child: Child) -> None:
        if child.name in self.dead:
            raise TimeoutError
        self.running.append(child.name)

    async def remove(self, name: str) -> None:
        if name in self.running:
            self.running.remove(name)

    async def exchange(self, name: str, successor: Child, hand_over: Callable[[], Awaitable[None]]) -> None:
        assert name in self.running
        await hand_over()
        self.exchanged.append(name)


class FakeReleases:
    """What is wanted, and what was told."""

    def __init__(self, wanted: Wanted) -> None:
        self.now = wanted
        self.up: list[str] = []
        self.failed: list[str] = []
        self.left: list[str] = []

    async def wanted(self) -> Wanted:
        return self.now

    async def is_up(self, release: str) -> None:
        self.up.append(release)
        self.now = replace(self.now, up=self.now.up | {release})

    async def did_not_start(self, release: str, why: str) -> None:
        self.failed.append(release)

    async def ended(self, release: str) -> None:
        self.left.append(release)


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    platform = Platform(tmp_path)
    server = await asyncio.start_server(platform.answer, "127.0.0.1", 0)
    platform.port = server.sockets[0].getsockname()[1]
    yield platform
    server.close()
    await server.wait_closed()


def make_rasa(understanding: Understanding) -> Child:
    return Child(f"rasa with {understanding.model_key}", (), {}, Path("log"), lambda: asyncio.sleep(0, True))


class Trial:
    """Begins with the release ``old``."""

    def __init__(self, platform: Platform) -> None:
        self.folder = platform.data_dir
        settings = Settings(data_dir=platform.data_dir, port=platform.port)
        old = self.arm("old")
        serving = Understanding(encoder=old.encoder, model=old.model, rasa_port=settings.rasa_port, release="old")
        announce(platform.data_dir, Lineup.alone(serving))
        self.supervisor = FakeSupervisor()
        self.releases = FakeReleases(Wanted("old", (old,), frozenset({"old"})))
        self.said: list[str] = []
        self.fielding = Fielding(settings, self.supervisor, serving, make_rasa, self.releases, self.said.append)

    def arm(self, release: str, model: str = "") -> WantedArm:
        for name in ("encoder", f"{model or release}.tar.gz"):
            (self.folder / name).touch()
        return WantedArm(release, self.folder / "encoder", self.folder / f"{model or release}.tar.gz", self.folder)

    def want(self, stable: str, *arms: WantedArm) -> None:
        self.releases.now = Wanted(stable, arms, frozenset({"old"}))


@pytest.fixture
def trial(platform: Platform) -> Trial:
    return Trial(platform)


async def test_a_release_that_is_wanted_gets_a_process_and_is_announced(trial: Trial, platform: Platform) -> None:
    trial.want("old", trial.arm("old"), trial.arm("new"))

    await trial.fielding.look()
    await trial.fielding.look()

    lineup = announced(trial.folder)
    assert {arm.release for arm in lineup.arms} == {"old", "new"}
    assert lineup.stable == "old"
    assert len({arm.rasa_port for arm in lineup.arms}) == 2
    assert trial.supervisor.running == ["rasa", "rasa new"]
    assert trial.releases.up == ["new"]


async def test_what_does_not_start_is_never_announced(trial: Trial, platform: Platform) -> None:
    trial.supervisor.dead.add("rasa new")
    trial.want("old", trial.arm("old"), trial.arm("new"))

    await trial.fielding.look()
    await trial.fielding.look()

    assert trial.releases.failed == ["new"]
    assert all(releases <= {"old"} for releases in platform.heard)


async def test_another_stable_one_is_announced_before_the_former_leaves(trial: Trial, platform: Platform) -> None:
    trial.want("old", trial.arm("old"), trial.arm("new"))
    await trial.fielding.look()

    trial.want("new", trial.arm("new"), trial.arm("old"))
    await trial.fielding.look()
    both = announced(trial.folder)
    trial.want("new", trial.arm("new"))
    await trial.fielding.look()

    assert (both.stable, len(both.arms)) == ("new", 2)
    assert [arm.release for arm in announced(trial.folder).arms] == ["new"]
    assert trial.supervisor.running == ["rasa new"]
    assert trial.releases.left == ["old"]


async def test_a_withdrawn_release_loses_its_process(trial: Trial) -> None:
    trial.want("old", trial.arm("old"), trial.arm("new"))
    await trial.fielding.look()

    trial.want("old", trial.arm("old"))
    await trial.fielding.look()

    assert trial.supervisor.running == ["rasa"]
    assert trial.releases.left == ["new"]


async def test_one_that_is_wanted_again_before_its_process_ended_is_told_to_be_up(trial: Trial) -> None:
    trial.want("old", trial.arm("old"), trial.arm("new"))
    await trial.fielding.look()

    trial.want("old", trial.arm("old"), trial.arm("new"))
    await trial.fielding.look()

    assert trial.releases.up == ["new", "new"]
    assert trial.supervisor.running == ["rasa", "rasa new"]


async def test_a_better_model_of_the_same_release_takes_its_place(trial: Trial) -> None:
    trial.want("old", trial.arm("old", "tuned"))

    await trial.fielding.look()

    serving = announced(trial.folder).serving
    assert (serving.release, serving.model_key) == ("old", "tuned")
    assert trial.supervisor.exchanged == ["rasa"]
    assert trial.said[-1] == "model tuned serves now"


async def test_what_the_platform_does_not_take_over_is_taken_back(
    trial: Trial, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fielding, "_TAKE_OVER_S", 0.5)
    platform.refuses = "new"
    trial.want("old", trial.arm("old"), trial.arm("new"))

    await trial.fielding.look()

    assert [arm.release for arm in announced(trial.folder).arms] == ["old"]
    assert trial.supervisor.running == ["rasa"]
    assert trial.releases.failed == ["new"]


def test_the_next_free_port_is_found() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert free_port(after=port - 1, but={port + 1}) > port + 1
