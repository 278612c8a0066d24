"""Callback processes: quick to start, several on one socket, and one that is killed costs nothing."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from bot.fielding import free_port
from bot.receiving import create_app
from bot.secrets import load_secrets
from bot.settings import PROJECT, Settings
from bot.signs import CALLBACK_NAME, CALLBACK_SOCKET, seen, shown
from bot.supervisor import Supervisor
from bot.up import callbacks, listening

HEAVY = ("numpy", "onnxruntime", "faiss", "sklearn", "nicegui", "rasa_sdk", "openpyxl", "boto3", "pandas")


def test_it_imports_nothing_heavy():
    script = f"import bot.receiving, sys; print([name for name in {HEAVY} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "[]"


async def test_it_mounts_what_platforms_call_and_nothing_else(database, tmp_path):
    settings = Settings(
        _env_file=None,
        DATABASE_URL=database.url,
        data_dir=tmp_path,
        wechat_app_id="wx0123456789abcdef",
        wechat_secret="s" * 32,
        wechat_token="tokentoken",
        wechat_aes_key="a" * 43,
    )
    app = create_app(settings)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client,
    ):
        assert (await client.get("/health")).json() == {"status": "ok"}
        assert (await client.get("/desk/login")).status_code == 404
        assert (await client.get("/docs")).status_code == 404


@pytest.fixture
def shared() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as held:
        held.setblocking(False)
        yield held


@pytest.fixture
def start(database, shared, tmp_path):
    processes = []

    def start(name: str) -> subprocess.Popen:
        told = {CALLBACK_SOCKET: str(shared.fileno()), CALLBACK_NAME: name}
        own = {"DATABASE_URL": database.url, "BOT_DATA_DIR": str(tmp_path)}
        process = subprocess.Popen(
            [sys.executable, "-m", "bot.receiving"],
            cwd=PROJECT,
            env=os.environ | own | told,
            pass_fds=(shared.fileno(),),
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.wait()


async def test_a_killed_one_costs_nothing_while_another_listens(start, shared, tmp_path):
    first, _ = start("callbacks-1"), start("callbacks-2")
    async with asyncio.timeout(60):
        while not (seen(tmp_path, "callbacks-1") and seen(tmp_path, "callbacks-2")):
            await asyncio.sleep(0.05)
    first.send_signal(signal.SIGKILL)
    first.wait()
    url = f"http://127.0.0.1:{shared.getsockname()[1]}/health"
    async with httpx.AsyncClient(timeout=20) as client:
        answers = [(await client.get(url)).status_code for _ in range(20)]

    assert answers == [200] * 20
    assert seen(tmp_path, "callbacks-1") is None
    assert seen(tmp_path, "callbacks-2") is not None


def test_a_sign_of_life_goes_with_its_process(tmp_path):
    with shown(tmp_path, "worker", "model-1"):
        sign = seen(tmp_path, "worker")
        assert sign is not None
        assert (sign.pid, sign.model) == (os.getpid(), "model-1")
    assert seen(tmp_path, "worker") is None


async def test_the_supervisor_keeps_them_running_on_its_socket(database, tmp_path):
    port = free_port(after=28_000)
    settings = Settings(_env_file=None, data_dir=tmp_path, callback_processes=2, callback_port=port)
    said: list[str] = []
    with listening(settings) as shared:
        children = callbacks(settings, load_secrets(settings), database.url, shared)
        told = {"BOT_DATA_DIR": str(tmp_path)}
        children = [replace(child, environment=child.environment | told) for child in children]
        is_up = asyncio.Event()
        running = asyncio.create_task(Supervisor(children, said.append).run(is_up.set))
        async with asyncio.timeout(60):
            await is_up.wait()
            first = seen(tmp_path, "callbacks-1")
            os.kill(first.pid, signal.SIGKILL)
            while (again := seen(tmp_path, "callbacks-1")) is None or again.pid == first.pid:
                await asyncio.sleep(0.05)
        async with httpx.AsyncClient(timeout=20) as client:
            answers = [(await client.get(f"http://127.0.0.1:{port}/health")).status_code for _ in range(10)]
        os.kill(os.getpid(), signal.SIGTERM)
        await running

    assert answers == [200] * 10
    assert any("callbacks-1 ended (killed by SIGKILL)" in line for line in said)
