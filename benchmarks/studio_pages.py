"""Whether every page of the studio answers within 300 ms at size: asked over HTTP, of a process of its own.

    python -m benchmarks.studio_pages                                       # filling takes some minutes
    python -m benchmarks.studio_pages --folder /tmp/studio                  # keeps what it filled for the next time
    python -m benchmarks.studio_pages --entries 30 --examples 500 --rows 500 --conversations 500 --runs 2   # works?

A trainer is logged in.  Each page is asked for once, which is told beside the rest, and then ``--runs`` times up to the
last byte; what a page promises has to stand in it, or it counts as late and is waited for on its socket.  "After a
change" means at once after one was saved.  Prints Markdown, with processor time of the process beside the time that
passed.
"""

import argparse
import asyncio
import html
import json
import os
import re
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import quote

import httpx
import psutil
import socketio

from benchmarks.studio import LIMIT_MS, Size
from benchmarks.studio_world import BIG_ENTRY, BIG_INTENT, dialogue_id, log_in, run_fill, set_id
from bot.db import Database
from bot.desk.cookie import COOKIE
from bot.embedded_postgres import EmbeddedPostgres
from bot.migrations.run import migrate
from bot.settings import Settings
from bot.studio.faq.words import faq_words

PATIENCE_S = 60.0
THINKING_S = 3.0
FAQ_API = "/api/v1/studio/faq"
_CLIENT = re.compile(r"['\"]client_id['\"]\s*:\s*['\"]([0-9a-f-]{36})['\"]")


@dataclass(frozen=True)
class Page:
    """What is asked for.

    Parameters
    ----------
    path: nothing is asked for where it is empty, and the time is that of what is done before.
    shows: stands in the answer, or comes over the socket.
    after: what is done at once before, outside the time that is taken.
    """

    name: str
    path: str
    shows: tuple[str, ...] = ()
    after: Callable[[], Awaitable[float]] | None = None


@dataclass
class Took:
    """Milliseconds: of the first time, of the others, and of the processor for one of those."""

    page: Page
    first: float = 0.0
    times: list[float] = field(default_factory=list)
    processor: float = 0.0
    is_late: bool = False
    failed: int | None = None

    @property
    def is_slow(self) -> bool:
        return self.failed is not None or median(self.times) > LIMIT_MS

    def line(self) -> str:
        late = "; its data by socket" if self.is_late else f"; fails: {self.failed}" if self.failed else ""
        took = f"{median(self.times):.0f}, {max(self.times):.0f}"
        return f"| {self.page.name}{late} | {self.first:.0f} | {took} | {self.processor:.0f} |"


class Browser:
    """A trainer's, as far as time goes: asks for a page, and hears what its socket brings."""

    def __init__(self, address: str, cookie: str, process: psutil.Process) -> None:
        headers = {"cookie": f"{COOKIE}={cookie}", "sec-fetch-site": "same-origin"}
        self.http = httpx.AsyncClient(base_url=address, headers=headers, timeout=PATIENCE_S)
        self._address = address
        self._process = process
        self._seen = 0.0

    async def time(self, page: Page, runs: int) -> Took:
        took = Took(page)
        took.first = await self._once(took) if page.path else 0.0
        used, _ = 0.0, self.used()
        for _ in range(runs):
            before = await page.after() if page.after is not None else 0.0
            spent = self.used()
            took.times.append(await self._once(took) if page.path else before)
            used += self.used() if page.path else spent
        took.processor = used / max(runs, 1) * 1000
        return took

    async def quiet(self) -> None:
        """Until nothing goes on in the background."""
        while True:
            self.used()
            await asyncio.sleep(0.5)
            if self.used() < 0.1:
                return

    async def _once(self, took: Took) -> float:
        begun = time.perf_counter()
        answer = await self.http.get(took.page.path)
        passed = time.perf_counter() - begun
        if answer.status_code != 200:
            took.failed = answer.status_code
            return passed * 1000
        missing = [each for each in took.page.shows if each not in html.unescape(answer.text)]
        if missing:
            took.is_late = True
            passed += await self.heard(answer.text, missing)
        return passed * 1000

    async def heard(self, page: str, shows: Sequence[str]) -> float:
        """Seconds from connecting until the socket has brought all of these."""
        found = _CLIENT.search(page)
        if found is None:
            raise SystemExit(f"no page: {page[:300]}")
        asked = {"client_id": found[1], "tab_id": "t", "document_id": "d", "next_message_id": 0}
        missing, all_there = set(shows), asyncio.Event()
        connection = socketio.AsyncClient(reconnection=False)

        def hear(_: str, *data: Any) -> None:
            said = json.dumps(data, ensure_ascii=False, default=str)
            missing.difference_update([each for each in missing if each in said])
            if not missing:
                all_there.set()

        connection.on("*", hear)
        begun = time.perf_counter()
        query = f"client_id={found[1]}&tab_id=t&document_id=d&next_message_id=0&implicit_handshake=false"
        cookie = {"cookie": self.http.headers["cookie"]}
        below = "/desk/_nicegui_ws/socket.io"
        await connection.connect(
            f"{self._address}?{query}", headers=cookie, socketio_path=below, transports=["websocket"]
        )
        await connection.call("handshake", asked, timeout=PATIENCE_S)
        await asyncio.wait_for(all_there.wait(), PATIENCE_S)
        passed = time.perf_counter() - begun
        await connection.disconnect()
        return passed

    def used(self) -> float:
        """Seconds of the processor since it was asked for the last time."""
        times = self._process.cpu_times()
        before, self._seen = self._seen, float(times.user + times.system)
        return self._seen - before


class Changes:
    """What a trainer saves between two looks; each tells how many milliseconds that took."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._number = 0

    async def entry(self) -> float:
        self._number += 1
        address = f"{FAQ_API}/entries/group0.topic_{self._number % 9}"
        entry = (await self._http.get(address)).raise_for_status().json()
        texts = entry["texts"] | {"phrasings": f"{entry['texts']['phrasings']}\n{self._words()}"}
        body = {"texts": texts, "version": entry["version"], "why": "量"}
        return await self._send("PUT", address, body)

    async def entry_and_thought(self) -> float:
        """Saved, and then as long as it takes to write down a question."""
        took = await self.entry()
        await asyncio.sleep(THINKING_S)
        return took

    async def example(self) -> float:
        new = {"examples": [{"intent": BIG_INTENT, "text": self._words()}], "why": "量"}
        return await self._send("POST", "/api/v1/studio/draft/examples", new)

    def _words(self) -> str:
        """Said nowhere as yet, in whatever was kept of earlier times either."""
        return f"第{time.time_ns()}回添的话"

    async def _send(self, method: str, path: str, body: object) -> float:
        begun = time.perf_counter()
        (await self._http.request(method, path, json=body)).raise_for_status()
        return (time.perf_counter() - begun) * 1000


async def pages(http: httpx.AsyncClient) -> list[Page]:
    """Every page, with what is usually asked of it."""
    change = Changes(http)
    return [
        Page("what to do next", "/studio", ('"hints"',)),
        *await _misses(http),
        *await _faq(http, change),
        *await _content(http, change),
        *await _releases(http),
        *await _sets(http),
        *_numbers(),
    ]


async def _misses(http: httpx.AsyncClient) -> list[Page]:
    group = (await http.get("/api/v1/studio/misses/groups")).raise_for_status().json()["groups"][0]["id"]
    filters = "cause=unsure&channel=wechat&region=浙江省&period=30"
    asked = {
        "misses": "",
        "misses of one cause": "?cause=unsure",
        "misses, four filters": f"?{filters}",
        "misses, some text": "?text=第12种",
        "misses, text that nobody wrote": "?text=冰箱",
        "misses of one group": f"?group={group}",
        "misses, the fastest growing": "?sort=growth",
    }
    return [Page(name, f"/studio/misses{query}", ('"members"', '"groups"')) for name, query in asked.items()]


async def _faq(http: httpx.AsyncClient, change: Changes) -> list[Page]:
    lines = "faq-count"
    checks = (faq_words().ui["nothing_wrong"],)
    second = await _next_page(http, "/studio/faq")
    asked = {
        "the knowledge base": "",
        "by words": "?q=拉萨的书",
        "by pinyin `s`": "?q=s",
        "by pinyin `zmb`": "?q=zmb",
        "of a group": "?group=group3",
        "what has changed": "?state=changed",
    }
    found = [Page(f"knowledge base: {name}", f"/studio/faq{query}", (lines,)) for name, query in asked.items()]
    entry, tried = f"/studio/faq/{BIG_ENTRY}", f"{FAQ_API}/try?q=寄到拉萨的书几天到"
    return [
        *found,
        Page("knowledge base: page 2", second, (lines,)),
        Page("knowledge base, after a change", "/studio/faq", (lines,), change.entry),
        Page("an entry", "/studio/faq/group2.topic_1007", ("faq-answer",)),
        Page("an entry and its checks", "/studio/faq/group2.topic_1007", checks),
        Page("an entry of 200 phrasings, 31 versions", entry, ("faq-answer", '"versions"')),
        Page("an entry, after a change", entry, ("faq-answer",), change.entry),
        Page("an entry and its checks, after a change", "/studio/faq/group2.topic_1007", checks, change.entry),
        Page("an entry saved", "", (), change.entry),
        Page("a question tried", tried, ("candidates",)),
        Page("a question tried, after a change", tried, ("candidates",), change.entry),
        Page("a question tried, 3 s after a change", tried, ("candidates",), change.entry_and_thought),
        Page("a new entry", "/studio/faq/new", ("faq-answer",)),
        Page("an import", "/studio/faq/import", ("upload",)),
        Page("a document", "/studio/faq/document", ("upload",)),
    ]


async def _content(http: httpx.AsyncClient, change: Changes) -> list[Page]:
    intent = f"/studio/intents?intent={BIG_INTENT}"
    return [
        Page("intents", "/studio/intents", ('"intents"',)),
        Page("intents, after a change", "/studio/intents", ('"intents"',), change.example),
        Page("an example added", "", (), change.example),
        Page("an intent of 1,150 examples", intent, ('"examples"',)),
        Page("an intent: page 2", await _next_page(http, intent), ('"examples"',)),
        Page("all examples searched", f"/studio/intents?q={quote('拉萨的书')}", ('"examples"',)),
        Page("word lists", "/studio/words", ('"lists"',)),
        Page("words of a list", "/studio/words?name=region.txt", ('"words"',)),
        Page("responses", "/studio/words?tab=responses", ('"responses"',)),
        Page("a response", "/studio/words?tab=responses&name=utter_greet", ("preview",)),
        Page("the draft", "/studio/draft", ('"changes"',)),
        Page("the draft: page 2", "/studio/draft?page=2", ('"changes"',)),
        Page("the draft: of a kind", "/studio/draft?kind=faq", ('"changes"',)),
        Page("the draft: conflicts", "/studio/draft?tab=conflicts", ("conflicts",)),
        Page("the draft: log", "/studio/draft?tab=log", ('"log"',)),
        Page("the draft, after a change", "/studio/draft", ('"changes"',), change.entry),
    ]


async def _releases(http: httpx.AsyncClient) -> list[Page]:
    report = "/studio/releases/release-59"
    return [
        Page("releases, one tried on a year's customers", "/studio/releases", ('"arms"', '"history"')),
        Page("releases: page 2", await _next_page(http, "/studio/releases", "before"), ('"history"',)),
        Page("a report", report, ("release-59",)),
        Page("a report: topics", f"{report}?tab=topics", ("release-59",)),
        Page("a report: sentences", f"{report}?tab=sentences", ("release-59",)),
    ]


async def _sets(http: httpx.AsyncClient) -> list[Page]:
    one = f"/studio/sets/{set_id(3)}"
    return [
        Page("sets", "/studio/sets", ("第3周抽样",)),
        Page("a set of 5,000 to be labelled", one, ('"task"',)),
        Page("agreement", f"{one}/agreement", ('"per-intent"',)),
        Page("disputes", f"{one}/disputes", ('"dispute"',)),
        Page("disputes: page 2", await _next_page(http, f"{one}/disputes"), ('"dispute"',)),
        Page("200 dialogues", "/studio/sets/dialogues", ("run-result",)),
        Page("a dialogue", f"/studio/sets/dialogues/{dialogue_id(7)}", ("save-dialogue",)),
    ]


def _numbers() -> list[Page]:
    shows = ('"entries"',)
    found = [Page(f"numbers of {days} days", f"/studio/numbers?days={days}", shows) for days in (7, 30, 90, 365)]
    return [*found, Page("numbers of 365 days, one channel", "/studio/numbers?days=365&channel=web", shows)]


async def _next_page(http: httpx.AsyncClient, path: str, by: str = "after") -> str:
    """Where the link to the second page leads."""
    page = html.unescape((await http.get(path)).raise_for_status().text)
    found = re.search(rf'"(/studio/[^"]*[?&]{by}=[^"]+)"', page)
    if found is None:
        raise SystemExit(f"{path} has no second page")
    return found[1].encode().decode("unicode_escape")


@asynccontextmanager
async def site(settings: Settings, errors: Path) -> AsyncIterator[tuple[str, psutil.Process]]:
    """The process, once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folders = {name: str(getattr(settings, f"{name}_dir")) for name in ("data", "cache", "content")}
    given = {f"BOT_{name.upper()}_DIR": path for name, path in folders.items()}
    given |= {"DATABASE_URL": str(settings.database_url), "BOT_DATABASE_URL": str(settings.database_url)}
    with errors.open("wb") as log:
        command = ["-m", "benchmarks.studio_site", str(port)]
        process = await asyncio.create_subprocess_exec(sys.executable, *command, env=os.environ | given, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        await _answering(address, process)
        yield address, psutil.Process(process.pid)
    finally:
        process.terminate()
        await process.wait()


async def _answering(address: str, process: asyncio.subprocess.Process) -> None:
    async with httpx.AsyncClient() as http:
        while process.returncode is None:
            try:
                await http.get(f"{address}/desk/login")
                return
            except httpx.TransportError:
                await asyncio.sleep(0.5)
    raise SystemExit("the process of the pages has ended")


async def awake(browser: Browser) -> float:
    """Seconds until the list of the knowledge base is there; returns when nothing goes on in the background any more.

    A process that has just started reads the draft and makes its indexes.
    """
    listed = Page("", "/studio/faq", ("faq-count",))
    took = (await browser.time(listed, 0)).first
    (await browser.http.get(f"{FAQ_API}/try?q=寄到拉萨的书几天到")).raise_for_status()
    await browser.quiet()
    return took / 1000


async def measure(settings: Settings, folder: Path, asked: argparse.Namespace) -> None:
    database = Database(str(settings.database_url))
    cookie = await log_in(database)
    await database.close()
    async with site(settings, folder / "site.log") as (address, process):
        browser = Browser(address, cookie, process)
        print(f"The first look after a start: {await awake(browser):.1f} s\n")
        print("| page | first, ms | median, worst ms | processor ms |\n|---|---|---|---|", flush=True)
        found = []
        for page in await pages(browser.http):
            if re.search(asked.only, page.name):
                await browser.quiet()
                found.append(await browser.time(page, asked.runs))
                print(found[-1].line(), flush=True)
        await browser.http.aclose()
    slow = [took.page.name for took in found if took.is_slow]
    print(f"\nOver {LIMIT_MS:.0f} ms: {', '.join(slow) or 'none'}")


@contextmanager
def kept(folder: Path | None) -> Iterator[Path]:
    """Where everything is; gone afterwards unless it was given."""
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="studio-pages-", ignore_cleanup_errors=True) as name:
        yield Path(name)


def run(asked: argparse.Namespace) -> None:
    with kept(asked.folder) as folder:
        server = EmbeddedPostgres(folder / "pg")
        url = server.start()
        try:
            data, cache, content = (folder / name for name in ("data", "cache", "content"))
            settings = Settings(database_url=url, data_dir=data, cache_dir=cache, content_dir=content)
            filled = folder / "filled"
            if not filled.exists():
                migrate(url)
                size = Size(asked.entries, asked.phrasings, asked.examples)
                run_fill(url, settings, size, misses=asked.rows, conversations=asked.conversations)
                filled.touch()
            asyncio.run(measure(settings, folder, asked))
        finally:
            server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.studio_pages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--entries", type=int, default=5_000)
    parser.add_argument("--phrasings", type=int, default=10, help="of each entry")
    parser.add_argument("--examples", type=int, default=50_000)
    parser.add_argument("--rows", type=int, default=100_000, help="misses")
    parser.add_argument("--conversations", type=int, default=100_000, help="of a year")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--only", default="", help="pages whose names fit this expression")
    parser.add_argument("--folder", type=Path, help="where everything is kept, to be measured again")
    run(parser.parse_args())


if __name__ == "__main__":
    main()
