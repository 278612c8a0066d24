"""A process that fetches what WeCom's doorbell announced, and dies by its own hand at a given point of that."""

import asyncio
import json
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

import httpx
from sqlalchemy.engine import make_url

from bot.db import Database
from bot.settings import Settings
from connectors.wecom.account import WeComAccount
from connectors.wecom.api import WeComApi
from connectors.wecom.syncing import Ring, Syncing
from tests.killed.child import NAME, Hand, Point

KFID = "wkSimulated1"
PAGES, PAGE, CUSTOMERS = 8, 25, 3
_SETTINGS = {
    "wecom_corp_id": "ww0123456789abcdef",
    "wecom_secret": "kf-secret",
    "wecom_token": "token2024",
    "wecom_aes_key": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "wecom_api_url": "http://wecom",
}


@dataclass(frozen=True)
class Fetch:
    """The ring of a doorbell, answered on which database, at which moment, and where to die."""

    url: str
    now: datetime
    point: Point | None = None


def messages(now: datetime) -> list[dict[str, Any]]:
    """All that the platform has, in order; customers take turns."""
    return [
        {
            "msgid": f"msg-{n:03}",
            "open_kfid": KFID,
            "external_userid": f"wm{n % CUSTOMERS}",
            "send_time": int(now.timestamp()),
            "origin": 3,
            "msgtype": "text",
            "text": {"content": f"第{n}条"},
        }
        for n in range(PAGES * PAGE)
    ]


async def fetch(database: Database, now: datetime) -> None:
    """To the last page."""
    account = WeComAccount.of(Settings(_env_file=None, **_SETTINGS))
    assert account is not None
    async with httpx.AsyncClient(transport=httpx.MockTransport(_platform(now))) as http:
        syncing = Syncing(account, WeComApi(account, http, database, lambda: now), database, lambda: now)
        await syncing.fetch(Ring(KFID, "token", rung_at=now, heard_at=now))
        await syncing.close()


def live(order: Fetch, parent: Connection) -> None:
    """Its whole life: it says when it begins, and what it counted if it sees the end."""
    asyncio.run(_live(order, parent))


async def _live(order: Fetch, parent: Connection) -> None:
    url = make_url(order.url).update_query_dict({"application_name": NAME})
    database = Database(url.render_as_string(hide_password=False))
    hand = Hand(database, order.point)
    parent.send("begun")
    await fetch(database, order.now)
    parent.send(hand.counts)


def _platform(now: datetime) -> Any:
    everything = messages(now)

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("gettoken"):
            return httpx.Response(200, json={"errcode": 0, "access_token": "t", "expires_in": 7200})
        begin = int(json.loads(request.content)["cursor"] or 0)
        end = begin + PAGE
        page = {"next_cursor": str(end), "has_more": int(end < len(everything)), "msg_list": everything[begin:end]}
        return httpx.Response(200, json={"errcode": 0, **page})

    return answer
