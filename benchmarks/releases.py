"""What publishing costs: time, memory, and turns of customers who never stop writing.

Starts the whole service on ports, in folders and over a copy of the content of its own, and publishes several
releases in a row to everybody, each in a process of its own beside the former.  ``--swap`` does the same in Rasa's own
way: one process, whose model is replaced by ``PUT /model``.

    python -m benchmarks.releases --publishes 5 --swap
"""

import argparse
import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.changeover import Verdict
from benchmarks.turns import PROJECT, QUESTIONS, Visitor, open_visitor, resident
from bot.clock import system_clock
from bot.content import Content, current_content
from bot.db import Database
from bot.embedded_postgres import EmbeddedPostgres
from bot.fielding import free_port
from bot.settings import Settings, get_settings
from bot.staff.model import Actor, Role
from bot.studio.releases import repository
from bot.studio.releases.model import Release, make_release
from bot.studio.releases.ports import NothingHeld
from bot.studio.releases.service import Releases
from bot.studio.releases.states import ReleaseState, TrainingKind
from bot.studio.releases.trees import copy_content
from bot.training import code_key, current_encoder, current_model, rasa_environment

_TRAINER = Actor("agent:benchmark", Role.trainer)
_SETTLES_S = 15.0
_CHANNELS = "bot.dialogue.components.channel.TurnInput:\nbot.dialogue.components.warm_up.WarmUp:\n"


@dataclass(frozen=True)
class NoDraft:
    """Releases of the benchmark are written back from their own folders into ``content``."""

    content: Path

    async def diff(self) -> Sequence[Any]:
        return []

    async def unsound(self) -> Sequence[str]:
        return ()

    async def head(self) -> str:
        return ""

    async def tree(self, commit: str, folder: Path) -> None:
        raise NotImplementedError

    async def publish(self, commit: str) -> None:
        raise NotImplementedError

    async def publish_files(self, folder: Path) -> None:
        await asyncio.to_thread(shutil.copytree, folder, self.content, dirs_exist_ok=True)


@dataclass
class Course:
    """What happened: seconds, and MB of each kind of process."""

    memory: list[dict[str, float]] = field(default_factory=list)
    up_s: list[float] = field(default_factory=list)
    settled_s: list[float] = field(default_factory=list)
    back_s: float = 0.0
    took_s: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Ground:
    """Where the benchmark happens."""

    folder: Path
    port: int

    @property
    def settings(self) -> Settings:
        return get_settings().model_copy(
            update={"data_dir": self.folder / "data", "content_dir": self.folder / "files", "port": self.port}
        )

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def _service(ground: Ground) -> Iterator["subprocess.Popen[bytes]"]:
    copy_content(current_content(), ground.settings.content_dir)
    own = {
        "BOT_DATA_DIR": str(ground.settings.data_dir),
        "BOT_CONTENT_DIR": str(ground.settings.content_dir),
        "BOT_PORT": str(ground.port),
        "BOT_RASA_PORT": str(ground.port + 100),
        "BOT_TUNE_IN_BACKGROUND": "false",
        "BOT_MESSAGES_PER_MINUTE": "100000",
    }
    process = subprocess.Popen([sys.executable, "-m", "bot.cli", "up"], env=os.environ | own, cwd=PROJECT)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


async def publish_in_a_row(ground: Ground, supervisor: int, *, publishes: int, rate: float) -> Course:
    """Each to everybody, one after the other, then one back."""
    course, settings = Course(), ground.settings
    database = Database(EmbeddedPostgres(settings.data_dir / "postgres").start(), pool_size=2)
    releases = Releases.build(settings, database, system_clock, NoDraft(settings.content_dir), holdable=NothingHeld())
    async with httpx.AsyncClient(timeout=30) as client:
        await _until(client, ground, lambda health: health.get("engine") == "up")
        crowd = [await open_visitor(client, ground.base) for _ in range(8)]
        writing = asyncio.create_task(_write(crowd, course, rate))
        await asyncio.sleep(_SETTLES_S)
        course.memory.append(resident(supervisor))
        for number in range(1, publishes + 1):
            name = await _make(database, ground, number)
            await _publish(releases, database, client, ground, name, course)
            await asyncio.sleep(_SETTLES_S)
            course.memory.append(resident(supervisor))
            print(f"{name}: {course.memory[-1]}", flush=True)
        back = await _make(database, ground, publishes + 1)
        await _share(releases, database, back)
        began = time.monotonic()
        await releases.roll_back(_TRAINER, why="benchmark")
        course.back_s = time.monotonic() - began
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
    await database.close()
    return course


async def _make(database: Database, ground: Ground, number: int) -> str:
    """The content with one word more, and the model under another name."""
    settings = ground.settings
    model = ground.folder / "models" / f"{current_model(get_settings()).name.removesuffix('.tar.gz')}r{number}.tar.gz"
    model.parent.mkdir(exist_ok=True)
    shutil.copy2(current_model(get_settings()), model)
    async with database.transaction() as session:
        now = datetime.now(timezone.utc)
        name = await repository.next_name(session, at=now)
        release = make_release(name, kind=TrainingKind.quick, by="benchmark", at=now)
        release.state, release.passed = ReleaseState.ready.value, True
        release.encoder, release.model = str(current_encoder(get_settings())), str(model)
        release.code = code_key(settings)
        release.tree = str(copy_content(Content(settings.content_dir), ground.folder / "trees" / name))
        session.add(release)
    file = next(iter(sorted(Content(Path(release.tree)).domain.glob("*.yml"))))
    file.write_text(file.read_text(encoding="utf-8") + f"\n# {name}\n", encoding="utf-8")
    return name


async def _share(releases: Releases, database: Database, name: str) -> None:
    await releases.publish(_TRAINER, name)
    while not (await _row(database, name)).is_up:  # noqa: ASYNC110 - another process
        await asyncio.sleep(0.2)


async def _publish(
    releases: Releases, database: Database, client: httpx.AsyncClient, ground: Ground, name: str, course: Course
) -> None:
    began = time.monotonic()
    await _share(releases, database, name)
    course.up_s.append(time.monotonic() - began)
    began = time.monotonic()
    await releases.widen(_TRAINER, 100)
    await _until(client, ground, lambda health: health.get("release") == name)
    course.settled_s.append(time.monotonic() - began)
    async with database.transaction() as session:
        for row in await repository.served(session):
            if row.state == ReleaseState.leaving:
                row.keep(at=system_clock())
    await _until(client, ground, lambda health: health.get("lineup", "").count("@") == 1)


async def _row(database: Database, name: str) -> Release:
    async with database.transaction() as session:
        return await repository.found(session, name)


async def _until(client: httpx.AsyncClient, ground: Ground, is_so: Any, within_s: float = 600) -> None:
    async with asyncio.timeout(within_s):
        while True:
            with suppress(httpx.HTTPError):
                if is_so((await client.get(f"{ground.base}/health")).json()):
                    return
            await asyncio.sleep(0.2)


async def _write(crowd: list[Visitor], course: Course, rate: float) -> None:
    running: set[asyncio.Task[None]] = set()
    number = 0
    try:
        while True:
            task = asyncio.create_task(_ask(crowd[number % len(crowd)], QUESTIONS[number % len(QUESTIONS)], course))
            running.add(task)
            task.add_done_callback(running.discard)
            number += 1
            await asyncio.sleep(1 / rate)
    finally:
        await asyncio.gather(*running)


async def _ask(visitor: Visitor, question: str, course: Course) -> None:
    course.took_s.append((await visitor.ask("faq", question)).took_s)


def swap_in_a_row(folder: Path, *, swaps: int, port: int) -> list[float]:
    """Resident MB of one Rasa after each ``PUT /model``, the first before any."""
    (folder / "credentials.yml").write_text(_CHANNELS, encoding="utf-8")
    (folder / "endpoints.yml").write_text("{}\n", encoding="utf-8")
    model = current_model(get_settings())
    command = [str(get_settings().rasa_python), "-m", "rasa", "run", "--enable-api", "--model", str(model)]
    command += ["--credentials", str(folder / "credentials.yml"), "--endpoints", str(folder / "endpoints.yml")]
    command += ["--interface", "127.0.0.1", "--port", str(port)]
    environment = rasa_environment(current_encoder(get_settings())) | {"OMP_NUM_THREADS": "1"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, cwd=PROJECT, stdout=quiet, stderr=quiet)
    try:
        return asyncio.run(_swap(folder, model, process.pid, swaps=swaps, port=port))
    finally:
        process.terminate()
        process.wait(30)


async def _swap(folder: Path, model: Path, pid: int, *, swaps: int, port: int) -> list[float]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=300) as client:
        sizes = [await _warm_size(client, pid)]
        for number in range(1, swaps + 1):
            other = folder / f"{number}.tar.gz"
            shutil.copy2(model, other)
            (await client.put("/model", json={"model_file": str(other)})).raise_for_status()
            sizes.append(await _warm_size(client, pid))
            print(f"swap {number}: {sizes[-1]:.0f} MB", flush=True)
    return sizes


async def _warm_size(client: httpx.AsyncClient, pid: int) -> float:
    async with asyncio.timeout(300):
        while True:
            with suppress(httpx.HTTPError):
                if (await client.get("/webhooks/warm_up/")).status_code == httpx.codes.OK:
                    break
            await asyncio.sleep(0.5)
    for question in QUESTIONS:
        (await client.post("/model/parse", json={"text": question})).raise_for_status()
    return float(psutil.Process(pid).memory_full_info().pss) / 1e6


def report(course: Course, verdict: Verdict, swapped: Sequence[float]) -> str:
    """What a person wants to know."""
    took = sorted(course.took_s)
    kinds = ("platform", "rasa", "supervisor")
    lines = ["| after | " + " | ".join(f"{kind} MB" for kind in kinds) + " | one Rasa with PUT /model, MB |"]
    lines.append("|---" * (len(kinds) + 2) + "|")
    for number, memory in enumerate(course.memory):
        sizes = " | ".join(f"{memory.get(kind, 0):.0f}" for kind in kinds)
        other = f"{swapped[number]:.0f}" if number < len(swapped) else ""
        lines.append(f"| {number or 'the start'}{' publishes' if number else ''} | {sizes} | {other} |")
    middle = took[len(took) // 2] * 1000
    lines += [
        "",
        f"A release is up after {_mean(course.up_s):.0f} s, serves everybody {_mean(course.settled_s):.1f} s after the"
        f" click, and is taken back in {course.back_s:.2f} s.",
        f"{len(took)} messages meanwhile, median {middle:.0f} ms, slowest {took[-1] * 1000:.0f} ms;"
        f" the log has {verdict}.",
    ]
    return "\n".join(lines)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--publishes", type=int, default=5)
    parser.add_argument("--rate", type=float, default=1, help="messages a second")
    parser.add_argument("--port", type=int, default=18480)
    parser.add_argument("--swap", action="store_true", help="measure Rasa's own way as well")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kuaida-releases-", ignore_cleanup_errors=True) as scratch:
        ground = Ground(Path(scratch), asked.port)
        with _service(ground) as process:
            course = asyncio.run(publish_in_a_row(ground, process.pid, publishes=asked.publishes, rate=asked.rate))
            verdict = Verdict.of((ground.settings.data_dir / "log" / "platform.log").read_text("utf-8"))
        port = free_port(after=asked.port + 200)
        swapped = swap_in_a_row(ground.folder, swaps=asked.publishes, port=port) if asked.swap else []
        print(report(course, verdict, swapped))


if __name__ == "__main__":
    main()
