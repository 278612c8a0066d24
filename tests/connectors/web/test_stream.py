"""Events and requests instead of a socket: the same frames, the same promises."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from tests.connectors.web.site import Site, running


class Stream:
    """A browser behind a proxy that lets no WebSocket through."""

    def __init__(self, client, lines):
        self.client = client
        self.lines = lines
        self.heard = []

    async def hear(self, kind, **wanted):
        async with asyncio.timeout(30):
            async for line in self.lines:
                if not line.startswith("data:"):
                    continue
                frame = json.loads(line.removeprefix("data:"))
                self.heard.append(frame)
                if frame["type"] == kind and wanted.items() <= frame["data"].items():
                    return frame
        raise AssertionError(f"no {kind} was heard")

    async def send(self, kind, ref="", **data):
        frame = {"v": 1, "type": kind, "id": ref, "data": data}
        answer = await self.client.post("/web/messages", json=frame)
        return answer.raise_for_status().json()["frames"]


@asynccontextmanager
async def stream(site, token, *, last_seq=0, **headers):
    address = f"/web/events?last_seq={last_seq}"
    async with site.client(token) as client, client.stream("GET", address, headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(client, answer.aiter_lines())


async def test_a_conversation_works_without_a_socket(site):
    async with stream(site, await site.token()) as tab:
        await tab.hear("welcome")
        frames = await tab.send("message", "m1", text="在吗")
        answer = await tab.hear("message", author="bot", text="**在的**，请讲。")

    assert [frame["type"] for frame in frames] == ["ack", "typing"]
    assert answer["seq"] == frames[0]["seq"] + 1


async def test_a_stream_is_taken_up_where_it_broke_by_number_or_by_last_event_id(site):
    token = await site.token()
    async with stream(site, token) as tab:
        await tab.send("message", "m1", text="在吗")
        seen = (await tab.hear("message", author="customer"))["seq"]
    for how in ({"last_seq": seen}, {"Last-Event-ID": str(seen)}):
        async with stream(site, token, **how) as back:
            answer = await back.hear("message", author="bot")
            assert answer["seq"] == seen + 1


async def test_a_socket_and_a_stream_see_the_same_conversation(site):
    async with site.tab() as tab, stream(site, tab.token) as other:
        await other.hear("welcome")
        await tab.send("message", "m1", text="你好")
        heard = await other.hear("message", author="customer")

    assert heard["data"]["client_id"] == "m1"


async def test_refusals_come_as_frames_and_the_same_id_is_the_same_message(site):
    async with stream(site, await site.token()) as tab:
        empty = await tab.send("message", "m0", text="")
        first = await tab.send("message", "m1", text="在吗")
        again = await tab.send("message", "m1", text="在吗")
        huge = await tab.send("message", "m2", text="长" * 50_000)

    assert (empty[0]["type"], empty[0]["data"]["code"], huge[0]["data"]["code"]) == ("error", "empty", "too_long")
    assert again[0]["seq"] == first[0]["seq"]
    assert again[0]["data"]["duplicate"]


async def test_a_quiet_stream_shows_that_it_lives(database, words):
    async with running(Site(database, words, stream_tick_s=0.05)) as site, stream(site, await site.token()) as tab:
        await tab.hear("ping")
        await tab.hear("ping")


@pytest.mark.parametrize("path", ["/web/events", "/web/history"])
async def test_streams_and_history_need_the_visitors_token_in_the_header(site, path):
    token = await site.token()
    async with site.client() as client:
        assert (await client.get(path)).status_code == 401
        assert (await client.get(path, params={"token": token})).status_code == 401
        assert (await client.post("/web/messages", content=b"{}")).status_code == 401


async def test_pages_of_other_sites_are_answered_only_where_they_are_allowed(site):
    async with site.client() as client:
        asks = {"Origin": "https://shop.example", "Access-Control-Request-Method": "POST"}
        shop = await client.options("/web/session", headers=asks)
        evil = await client.options("/web/session", headers=asks | {"Origin": "https://evil.example"})
        refused = await client.get("/web/history", headers={"Origin": "https://shop.example"})

    assert (shop.status_code, shop.headers["access-control-allow-origin"]) == (204, "https://shop.example")
    assert "Authorization" in shop.headers["access-control-allow-headers"]
    assert evil.status_code == 403
    assert "access-control-allow-origin" not in evil.headers
    assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (401, "https://shop.example")
