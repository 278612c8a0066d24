"""Training in processes of its own, with an encoder that is there and a Rasa that only pretends."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import psutil
import pytest

from bot import training
from bot.errors import SetupError
from bot.settings import Settings
from bot.trainer import Training
from knowledge_base.encoder import Manifest
from knowledge_base.mood_build import model_path


@pytest.fixture
def rasa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where to write the script that stands for Rasa's interpreter; all else is trained already."""
    monkeypatch.setenv("BOT_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("BOT_RASA_PYTHON", str(tmp_path / "python"))
    encoder = training._encoder_path(Settings(cache_dir=tmp_path))
    encoder.mkdir(parents=True)
    manifest = Manifest("embedded", "key", 8, 8, {}, "encoder.onnx")
    (encoder / "manifest.json").write_text(json.dumps(asdict(manifest)), encoding="utf-8")
    mood = model_path("key", tmp_path / "mood")
    mood.parent.mkdir()
    mood.touch()
    return tmp_path / "python"


def write_script(path: Path, *lines: str) -> None:
    path.write_text("\n".join(("#!/bin/sh", *lines)), encoding="utf-8")
    path.chmod(0o755)


def test_a_failed_training_says_why(rasa: Path) -> None:
    write_script(rasa, "echo 'no such component'", "exit 3")
    said: list[str] = []

    with pytest.raises(SetupError, match="no such component"):
        Training("tuned").result(said.append)

    assert any(line.startswith("model: training") for line in said)


async def test_a_stopped_training_leaves_no_process_behind(rasa: Path, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    write_script(rasa, f"echo $$ $(nice) > {mark}", "exec sleep 60")
    stopped = Training("tuned", is_polite=True)
    ending = asyncio.create_task(asyncio.to_thread(stopped.result, lambda _: None))
    async with asyncio.timeout(60):
        while not (mark.exists() and mark.read_text().endswith("\n")):
            await asyncio.sleep(0.05)

    stopped.stop()

    with pytest.raises(SetupError):
        await ending
    pid, niceness = map(int, mark.read_text().split())
    assert niceness >= 15
    async with asyncio.timeout(30):
        while _is_running(pid):
            await asyncio.sleep(0.05)


def _is_running(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
