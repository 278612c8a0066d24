import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from bot.errors import AlreadyRunningError
from bot.supervisor import Child, Supervisor, only_one, running_supervisor


async def _ready() -> bool:
    return True


def _child(folder: Path, script: str, name: str = "child") -> Child:
    return Child(name, (sys.executable, "-c", script), {}, folder / f"{name}.log", _ready)


async def _until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.02)


def test_a_second_start_in_the_same_folder_is_refused(tmp_path):
    with only_one(tmp_path):
        with pytest.raises(AlreadyRunningError, match=str(os.getpid())), only_one(tmp_path):
            pass
        assert running_supervisor(tmp_path) == os.getpid()
    assert running_supervisor(tmp_path) is None


async def test_a_crashed_child_is_started_again_and_its_log_is_named(tmp_path):
    said: list[str] = []
    marks = tmp_path / "starts"
    script = f"open({str(marks)!r}, 'a').write('x'); raise SystemExit(3)"
    supervisor = Supervisor([_child(tmp_path, script)], said.append)

    running = asyncio.create_task(supervisor.run(lambda: None))
    await _until(lambda: marks.exists() and len(marks.read_text()) >= 2)
    os.kill(os.getpid(), signal.SIGTERM)
    await running

    assert any("exit status 3" in line and "child.log" in line for line in said)


async def test_stopping_ends_every_child(tmp_path):
    said: list[str] = []
    pids = tmp_path / "pids"
    script = f"import os, time; open({str(pids)!r}, 'a').write(f'{{os.getpid()}} '); time.sleep(60)"
    supervisor = Supervisor([_child(tmp_path, script, "a"), _child(tmp_path, script, "b")], said.append)

    running = asyncio.create_task(supervisor.run(lambda: said.append("ready")))
    await _until(lambda: "ready" in said and pids.exists() and len(pids.read_text().split()) == 2)
    os.kill(os.getpid(), signal.SIGINT)
    await running

    for pid in pids.read_text().split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)
