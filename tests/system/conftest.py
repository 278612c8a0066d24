"""The whole service, started as a person would, on ports and in a data folder of its own."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from uuid import uuid4

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException

from benchmarks.turns import Service, service


@pytest.fixture(scope="session")
def running() -> Iterator[Service]:
    with service(port=18180, rasa_port=15155) as started:
        yield started


class Customer:
    """Talks over the web channel; buttons are tapped by their title."""

    def __init__(self, base: str, token: str) -> None:
        self.base = base
        self.token = token
        self.log: dict[int, dict] = {}
        self._socket: ClientConnection | None = None

    @classmethod
    async def new(cls, base: str) -> "Customer":
        async with httpx.AsyncClient() as client:
            session = (await client.post(f"{base}/web/session", json={})).raise_for_status().json()
        customer = cls(base, session["token"])
        await customer.connect()
        return customer

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()

    async def connect(self) -> None:
        self._socket = await connect(self.base.replace("http", "ws", 1) + "/web/ws")
        await self._send("hello", "h", token=self.token, last_seq=max(self.log, default=0))
        await self._hear("welcome")

    async def reconnect(self, *, within_s: float = 40) -> None:
        """Come back as soon as the service is there again."""
        async with asyncio.timeout(within_s):
            while True:
                try:
                    await self.close()
                    await self.connect()
                    return
                except (OSError, WebSocketException):
                    await asyncio.sleep(0.3)

    async def send(self, text: str, payload: str = "", ref: str = "") -> int:
        """Returns the place in the log once it is acknowledged."""
        kind = "postback" if payload else "text"
        await self._send("message", ref or uuid4().hex, kind=kind, text=text, payload=payload)
        return (await self._hear("ack"))["seq"]

    async def answers_to(self, seq: int, *, within_s: float = 15) -> str:
        """Everything said after a place in the log, once nothing more comes for a moment."""
        async with asyncio.timeout(within_s):
            while not self._after(seq):
                await self._read()
        while True:
            try:
                async with asyncio.timeout(0.4):
                    await self._read()
            except TimeoutError:
                return "\n".join(self._after(seq))

    async def say(self, text: str) -> str:
        return await self.answers_to(await self.send(text))

    async def tap(self, title: str) -> str:
        buttons = {b["title"]: b["payload"] for seq in sorted(self.log) for b in self.log[seq]["buttons"]}
        return await self.answers_to(await self.send(title, buttons[title]))

    def _after(self, seq: int) -> list[str]:
        return [self.log[n]["text"] for n in sorted(self.log) if n > seq and self.log[n]["author"] != "customer"]

    async def _send(self, frame: str, ref: str, /, **data) -> None:
        await self._socket.send(json.dumps({"v": 1, "type": frame, "id": ref, "data": data}))

    async def _hear(self, kind: str) -> dict:
        async with asyncio.timeout(30):
            while (frame := await self._read())["type"] != kind:
                pass
        return frame

    async def _read(self) -> dict:
        frame = json.loads(await self._socket.recv())
        if frame["type"] == "message":
            self.log[frame["seq"]] = frame["data"]
        return frame


@pytest.fixture
async def customer(running: Service) -> AsyncIterator[Customer]:
    talking = await Customer.new(running.base)
    yield talking
    await talking.close()
