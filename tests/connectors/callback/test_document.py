"""The published schema and the example client are true."""

import asyncio
import json
import os
import re
import sys
from contextlib import asynccontextmanager

import uvicorn

from bot.outbox.sending import HttpxSender
from connectors.callback.document import FILE, schema, text_of
from tests.connectors.callback.conftest import Shop, opened
from tests.connectors.web.site import Server, now
from tests.ports import free_port

DOCS = FILE.parent
EXAMPLE = DOCS / "examples" / "callback_client.py"


def test_the_published_schema_is_that_of_the_code(shop):
    current = text_of(schema(shop.connector.callbacks))
    if os.environ.get("WRITE_DOCUMENTS"):
        FILE.write_text(current, encoding="utf-8")
    assert FILE.read_text(encoding="utf-8") == current


def test_the_schema_refers_to_nothing_that_is_not_in_it():
    text = FILE.read_text(encoding="utf-8")
    known = set(json.loads(text)["components"]["schemas"])
    assert set(re.findall(r'#/components/schemas/([A-Za-z]+)"', text)) <= known


def test_every_endpoint_and_event_is_in_the_guide():
    guide = (DOCS / "callback-channel.md").read_text(encoding="utf-8")
    document = json.loads(FILE.read_text(encoding="utf-8"))
    endpoints = [path.removeprefix("/api/v1/channels/{name}") for path in document["paths"]]
    missing = [each for each in (*endpoints, *document["webhooks"]) if f"`{each}" not in guide and each not in guide]
    assert missing == []


def test_the_example_has_about_thirty_lines_of_code():
    source = EXAMPLE.read_text(encoding="utf-8")
    code = [line for line in source.partition('"""\n\nimport')[2].splitlines() if line.strip()]
    assert len(code) <= 38


async def test_the_example_chats_with_the_real_channel(database, words, tmp_path):
    port, own = free_port(), free_port()
    sender = HttpxSender(allow_private=True)
    async with opened(Shop(database, words, now, tmp_path, sender)) as shop:
        keys = await shop.connect(f"http://127.0.0.1:{own}/")
        arguments = [f"http://127.0.0.1:{port}", "shop", keys.token, keys.account.secret, str(own)]
        async with served(shop.web, port), example(*arguments) as client:
            client.stdin.write("在吗\n".encode())
            async with asyncio.timeout(20):
                while not await shop.deliveries.found(channel="callback:shop"):
                    await shop.run()
                    await asyncio.sleep(0.05)
                await shop.run()
                line = await client.stdout.readline()
    await sender.close()

    assert line.decode().strip() == "bot: 在的，请讲。"


@asynccontextmanager
async def served(app, port):
    server = Server(uvicorn.Config(app, port=port, log_config=None, lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield
    server.should_exit = True
    await serving


@asynccontextmanager
async def example(*arguments):
    pipe = asyncio.subprocess.PIPE
    client = await asyncio.create_subprocess_exec(sys.executable, str(EXAMPLE), *arguments, stdin=pipe, stdout=pipe)
    try:
        yield client
    finally:
        if client.returncode is None:
            client.kill()
        await client.communicate()
