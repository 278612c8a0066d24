"""The socket of the pages: only the browser that opened a page speaks for it, and only while its session counts."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from typing import Any
from weakref import WeakKeyDictionary

import httpx
import pytest
import socketio
import uvicorn
from nicegui import Client

from bot.desk.cookie import COOKIE
from bot.staff.model import Role
from bot.staff.schemas import AccountChange
from tests.browser.conftest import Server
from tests.desk.builders import PASSWORD
from tests.desk.security.house import House

BELOW = "/desk/_nicegui_ws/socket.io"


@pytest.fixture(scope="module")
async def address(house: House) -> AsyncIterator[str]:
    """The house on a port."""
    server = Server(uvicorn.Config(house.app, log_level="error", lifespan="off", ws="websockets-sansio"))
    listener = socket.create_server(("127.0.0.1", 0))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = server.force_exit = True
    await serving
    listener.close()


class Page:
    """A page that a browser has open: its id, and the cookie it came with."""

    def __init__(self, address: str, token: str, client_id: str) -> None:
        self.address = address
        self.token = token
        self.client_id = client_id
        self.heard: list[tuple[str, Any]] = []
        self.socket = socketio.AsyncClient(reconnection=False)
        self.socket.on("*", lambda event, *data: self.heard.append((event, data)))

    @property
    def client(self) -> Client | None:
        return Client.instances.get(self.client_id)

    async def connect(self, token: str | None) -> bool:
        """The socket, shown with this cookie; whether it speaks for the page then."""
        headers = {"cookie": f"{COOKIE}={token}"} if token else {}
        query = f"client_id={self.client_id}&tab_id=t&document_id=d&next_message_id=0&implicit_handshake=false"
        try:
            await self.socket.connect(
                f"{self.address}?{query}", headers=headers, socketio_path=BELOW, transports=["websocket"]
            )
        except socketio.exceptions.ConnectionError:
            return False
        asked = {"client_id": self.client_id, "tab_id": "t", "document_id": "d", "next_message_id": 0}
        return bool(await self.socket.call("handshake", asked, timeout=5))


@pytest.fixture
async def open_page(house: House, address: str) -> AsyncIterator[Any]:
    pages = []

    async def open_page(username: str, path: str = "/desk/") -> Page:
        _, token = await house.agents.log_in(username, PASSWORD)
        async with httpx.AsyncClient() as browser:
            answer = await browser.get(f"{address}{path}", headers={"cookie": f"{COOKIE}={token}"})
        found = re.search(r"['\"]client_id['\"]\s*:\s*['\"]([0-9a-f-]{36})['\"]", answer.text)
        assert found is not None, answer.text[:2000]
        pages.append(Page(address, token, found[1]))
        return pages[-1]

    yield open_page
    for page in pages:
        await page.socket.disconnect()


class Heard:
    """What a page's events lead to, instead of what the desk does."""

    def __init__(self, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
        self.events: list[Any] = []
        assert page.client is not None
        monkeypatch.setattr(page.client, "handle_event", self.events.append)


async def soon(wanted: Any) -> bool:
    """Whether it comes true within a moment."""
    for _ in range(40):
        if wanted():
            return True
        await asyncio.sleep(0.05)
    return False


async def test_a_page_hears_its_own_browser(open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await open_page("lina")
    assert await page.connect(page.token)
    heard = Heard(page, monkeypatch)
    await page.socket.emit("event", {"client_id": page.client_id, "id": 1, "args": []})
    assert await soon(lambda: heard.events)


@pytest.mark.parametrize("shown", ["nothing", "another's session", "nonsense"])
async def test_who_knows_the_id_of_a_page_alone_is_not_let_in(house: House, open_page: Any, shown: str) -> None:
    page = await open_page("lina")
    token = {"nothing": None, "nonsense": "x", "another's session": await house.session("sun")}[shown]
    assert not await page.connect(token)


async def test_nobody_speaks_for_the_page_of_another(open_page: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, theirs = await open_page("lina"), await open_page("boss", "/desk/people")
    assert await mine.connect(mine.token)
    assert await theirs.connect(theirs.token)
    heard, own = Heard(theirs, monkeypatch), Heard(mine, monkeypatch)
    await mine.socket.emit("event", {"client_id": theirs.client_id, "id": 1, "args": []})
    await mine.socket.emit("javascript_response", {"client_id": theirs.client_id, "request_id": "x", "result": 1})
    await mine.socket.emit("event", {"client_id": mine.client_id, "id": 1, "args": []})
    assert await soon(lambda: own.events)
    assert heard.events == []


@pytest.mark.parametrize("how", ["logged out", "closed", "another role"])
async def test_the_page_of_a_session_that_ended_hears_nothing_more(
    house: House, open_page: Any, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    username = f"p-{how.replace(' ', '-')}"
    await house.agents.create(username, "某人", PASSWORD, Role.supervisor)
    page = await open_page(username)
    assert await page.connect(page.token)
    heard = Heard(page, monkeypatch)
    boss = (await house.person("boss")).actor
    if how == "logged out":
        await house.agents.log_out(page.token)
    elif how == "closed":
        await house.agents.set_active(username, active=False)
    else:
        await house.agents.accounts.change(username, AccountChange(role=Role.agent), by=boss)
    await page.socket.emit("event", {"client_id": page.client_id, "id": 1, "args": []})
    assert await soon(lambda: any("/login" in str(data) for _, data in page.heard))
    assert heard.events == []


async def test_a_browser_is_ordered_to_the_login_once_however_much_it_goes_on_saying(
    house: House, open_page: Any
) -> None:
    page = await open_page("lina")
    assert await page.connect(page.token)
    await house.agents.log_out(page.token)
    for number in range(1, 4):
        await page.socket.emit("event", {"client_id": page.client_id, "id": number, "args": []})
    assert await soon(lambda: any("/login" in str(data) for _, data in page.heard))
    await asyncio.sleep(0.3)
    assert len([data for _, data in page.heard if "/login" in str(data)]) == 1


def _look_often(monkeypatch: pytest.MonkeyPatch, *, farewell_s: float) -> None:
    """From the next page on; those of other tests are looked at by another."""
    monkeypatch.setattr("bot.desk.ui.watching.CHECKED_EVERY_S", 0.1)
    monkeypatch.setattr("bot.desk.ui.watching.FAREWELL_S", farewell_s)
    monkeypatch.setattr("bot.desk.ui.watching._OF_DESK", WeakKeyDictionary())


async def test_a_page_whose_session_ended_is_forgotten_though_its_browser_stays(
    house: House, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _look_often(monkeypatch, farewell_s=0.1)
    page = await open_page("lina")
    assert await page.connect(page.token)
    await house.agents.log_out(page.token)
    assert await soon(lambda: page.client is None)


async def test_a_page_whose_browser_went_to_the_login_is_not_forgotten_twice(
    house: House, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _look_often(monkeypatch, farewell_s=0.3)
    page = await open_page("lina")
    assert await page.connect(page.token)
    await house.agents.log_out(page.token)
    assert await soon(lambda: any("/login" in str(data) for _, data in page.heard))
    await page.socket.disconnect()
    assert await soon(lambda: not any(task.get_name() == "desk-session" for task in asyncio.all_tasks()))
    assert page.client is not None
    assert page.client._delete_tasks


async def test_only_the_pages_of_the_session_that_ended_are_sent_away(
    house: House, open_page: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    _look_often(monkeypatch, farewell_s=0.1)
    going, staying = await open_page("lina"), await open_page("boss", "/desk/people")
    assert await going.connect(going.token)
    assert await staying.connect(staying.token)
    await house.agents.log_out(going.token)
    assert await soon(lambda: going.client is None)
    assert staying.client is not None
