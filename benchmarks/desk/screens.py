"""Agents at their pages, as browsers do it: the page is fetched, its socket opened, and all that comes is looked at.

    python -m benchmarks.desk.screens SEATS SEEN

Reads who sits where (JSON lines), prints ``ready`` once everybody sits, and writes what came onto which screen when
(JSON lines of a marker and a moment of the monotonic clock, which all processes of a machine share).
"""

import ast
import asyncio
import json
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import ClientConnection, connect

MARKER = re.compile(r"b\d+m")
"""What a message of the benchmark has in it: nothing else of a page looks so."""
_QUERY = re.compile(r"query: (\{.*?\}),\n")
_ARRIVING = 6
"""Pages fetched side by side."""


@dataclass(frozen=True)
class Place:
    """Where an agent sits.  ``base``: the platform's address; ``opened``: the conversation that is shown."""

    base: str
    cookie: str
    opened: str


class Screen:
    """One open page."""

    def __init__(self, socket: ClientConnection, client_id: str, next_id: int) -> None:
        self._socket = socket
        self._client_id = client_id
        self._next_id = next_id
        self.seen: dict[str, float] = {}

    async def watch(self) -> None:
        """Note when each marker came first, and tell the server what was received, as the page does."""
        async for frame in self._socket:
            now = time.monotonic()
            text = frame if isinstance(frame, str) else frame.decode("utf-8", "replace")
            if text == "2":
                await self._socket.send("3")
                continue
            for marker in MARKER.findall(text):
                self.seen.setdefault(marker, now)
            self._next_id += text.startswith("42")
            if self._next_id % 50 == 0:
                await self._emit("ack", {"client_id": self._client_id, "next_message_id": self._next_id})

    async def _emit(self, event: str, what: dict[str, Any]) -> None:
        await self._socket.send("42" + json.dumps([event, what]))


async def sit(place: Place) -> tuple[Screen, float]:
    """A page that works, and how long its first answer took in seconds."""
    began = time.monotonic()
    cookies = {"desk_session": place.cookie}
    async with httpx.AsyncClient(timeout=60, cookies=cookies) as client:
        page = (await client.get(f"{place.base}/desk/", params={"c": place.opened})).raise_for_status().text
    took = time.monotonic() - began
    found = _QUERY.search(page)
    if found is None:
        raise RuntimeError("this is not the page of the desk")
    query = ast.literal_eval(found[1]) | {"document_id": str(uuid4()), "tab_id": str(uuid4()), "old_tab_id": None}
    address = place.base.replace("http", "ws", 1) + "/desk/_nicegui_ws/socket.io/?EIO=4&transport=websocket"
    headers = {"Cookie": f"desk_session={place.cookie}", "Origin": place.base}
    # Without compression: what is measured is the desk, and browsers do not share a processor with it.
    socket = await connect(address, additional_headers=headers, max_size=None, compression=None, ping_interval=None)
    await socket.recv()
    await socket.send("40")
    await socket.recv()
    await socket.send("420" + json.dumps(["handshake", query]))
    return Screen(socket, query["client_id"], int(query.get("next_message_id", 0))), took


async def main(places: list[Place], seen: Path) -> None:
    few = asyncio.Semaphore(_ARRIVING)
    paints: list[float] = []

    async def arrive(place: Place) -> Screen:
        async with few:
            screen, took = await sit(place)
            paints.append(took)
            return screen

    watching: list[asyncio.Task[None]] = []

    async def sit_down(place: Place) -> Screen:
        """Whoever sits looks at once: a page that answers no ping is given up while the others still arrive."""
        screen = await arrive(place)
        watching.append(asyncio.create_task(screen.watch()))
        return screen

    began = time.monotonic()
    screens = await asyncio.gather(*(sit_down(place) for place in places))
    all_s = time.monotonic() - began
    print(json.dumps({"ready": len(screens), "page_s": sorted(paints), "all_s": all_s}), flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    with seen.open("w", encoding="utf-8") as out:
        for number, screen in enumerate(screens):
            out.writelines(json.dumps([number, marker, at]) + "\n" for marker, at in screen.seen.items())
    lost = sum(task.done() for task in watching)
    for task in watching:
        task.cancel()
    print(json.dumps({"lost": lost}), flush=True)


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    asyncio.run(main([Place(**json.loads(line)) for line in lines], Path(sys.argv[2])))
