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


def _marking(folder: Path, name: str, is_ready=_ready) -> Child:
    """A child that writes down its pid and runs on."""
    script = f"import os, time; open({str(folder / name)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    return Child("engine", (sys.executable, "-c", script), {}, folder / "log", is_ready)


def _is_alive(mark: Path) -> bool:
    try:
        os.kill(int(mark.read_text()), 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_child_goes_on_until_its_successor_was_handed_everything(tmp_path):
    said: list[str] = []
    supervisor = Supervisor([_marking(tmp_path, "old")], said.append)
    both_alive: list[bool] = []

    async def new_is_there() -> bool:
        return (tmp_path / "new").exists()

    async def hand_over() -> None:
        both_alive.append(_is_alive(tmp_path / "old") and _is_alive(tmp_path / "new"))

    async def exchange() -> None:
        await _until(lambda: (tmp_path / "old").exists())
        await supervisor.exchange("engine", _marking(tmp_path, "new", new_is_there), hand_over)
        said.append("exchanged")

    running = asyncio.create_task(supervisor.run(lambda: None, afterwards=exchange))
    await _until(lambda: "exchanged" in said)

    assert both_alive == [True]
    assert not _is_alive(tmp_path / "old")
    assert _is_alive(tmp_path / "new")
    os.kill(os.getpid(), signal.SIGTERM)
    await running
    assert not _is_alive(tmp_path / "new")


async def test_a_failed_hand_over_leaves_the_old_child(tmp_path):
    said: list[str] = []
    supervisor = Supervisor([_marking(tmp_path, "old")], said.append)

    async def never() -> bool:
        return False

    async def refuse() -> None:
        await _until(lambda: (tmp_path / "new").exists())
        raise TimeoutError("nobody took it")

    async def exchange() -> None:
        await _until(lambda: (tmp_path / "old").exists())
        with pytest.raises(TimeoutError, match="nobody took it"):
            await supervisor.exchange("engine", _marking(tmp_path, "new"), refuse)
        with pytest.raises(TimeoutError):
            await supervisor.exchange("engine", _marking(tmp_path, "newer", never), refuse, within_s=0.1)
        said.append("refused")

    running = asyncio.create_task(supervisor.run(lambda: None, afterwards=exchange))
    await _until(lambda: "refused" in said)

    assert _is_alive(tmp_path / "old")
    assert not _is_alive(tmp_path / "new")
    os.kill(os.getpid(), signal.SIGTERM)
    await running
