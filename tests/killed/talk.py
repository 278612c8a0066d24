"""A worker that reads letters, answers and sends, and dies by its own hand at a given point of that.

Its platform is a file: a line for every message it took, each written at once, so that it can say what it got.
"""

import asyncio
import os
import signal
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import UUID, uuid5

from sqlalchemy.engine import make_url

from bot.channels import IncomingMessage, MessageKind
from bot.conversations.answering import Answering
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.delivery.channels import Channels
from bot.delivery.ports import Outgoing, Sent
from bot.delivery.sending import Sending
from bot.delivery.service import DeliveryService
from bot.dialogue.engine import ScriptedEngine
from bot.inbox.ports import Letter
from bot.inbox.reading import Reading
from bot.words import Words
from tests.killed.child import NAME, Hand, Point

CHANNEL = "file"
PART = 4
"""Characters of one part."""


@dataclass(frozen=True)
class Shift:
    """What a worker is to do: ``send`` what is owed, or the whole way from ``letters`` to what customers see."""

    task: str
    url: str
    now: datetime
    platform: Path
    point: Point | None = None


@dataclass(frozen=True)
class FilePlatform:
    """The port `bot.delivery.ports.Channel`."""

    path: Path
    strike: "partial[None] | None" = None
    name: str = CHANNEL

    def parts(self, outgoing: Outgoing) -> int:
        return -(-len(outgoing.text) // PART)

    async def send(self, outgoing: Outgoing, part: int) -> Sent:
        await asyncio.sleep(0)
        self._at("about to send")
        text = outgoing.text[part * PART : (part + 1) * PART]
        with os.fdopen(os.open(self.path, os.O_CREAT | os.O_WRONLY | os.O_APPEND), "wb") as file:
            file.write(f"{outgoing.recipient} {outgoing.id}.{part} {text}\n".encode())
        self._at("sent")
        return Sent(f"{outgoing.id}.{part}")

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool | None:
        return f"{outgoing.id}.{part}" in {line.split(" ")[1] for line in self._lines()}

    async def typing(self, recipient: str, *, on: bool) -> None:
        """It cannot show that."""

    def seen(self) -> dict[str, list[str]]:
        """What each recipient sees, in order."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for line in self._lines():
            recipient, _, text = line.split(" ", 2)
            found[recipient].append(text)
        return dict(found)

    def _lines(self) -> list[str]:
        return self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []

    def _at(self, what: str) -> None:
        if self.strike is not None:
            self.strike(what)


class Reader:
    """Letters of the file's customers."""

    def __init__(self, conversations: ConversationService) -> None:
        self._conversations = conversations

    async def read(self, letter: Letter) -> None:
        await self._conversations.receive(
            IncomingMessage(
                CHANNEL, letter.lane, letter.key, MessageKind.text, str(letter.body["text"]), letter.received_at
            )
        )


async def work(task: str, database: Database, now: datetime, platform: FilePlatform) -> None:
    """One shift, until nothing is left to do."""
    deliveries = DeliveryService(database, lambda: now, Channels(platform))
    sending = Sending(deliveries, at_once=4)
    if task == "letters":
        await _from_letters(database, now, deliveries)
    await sending.run_due()
    await sending.stop()


async def _from_letters(database: Database, now: datetime, deliveries: DeliveryService) -> None:
    conversations = ConversationService(database, lambda: now, Words({}, {}), deliveries)
    reading = Reading(database, lambda: now)
    reading.add(CHANNEL, Reader(conversations))
    answering = Answering(conversations, database, ScriptedEngine(), ScriptedEngine())
    await reading.run_due()
    for conversation_id in await conversations.owed():
        answering.wake(conversation_id)
    await answering.drain()
    await reading.stop()


def live(shift: Shift, parent: Connection) -> None:
    """Its whole life: it says when it begins, and what it counted if it sees the end."""
    asyncio.run(_live(shift, parent))


async def _live(shift: Shift, parent: Connection) -> None:
    url = make_url(shift.url).update_query_dict({"application_name": NAME})
    database = Database(url.render_as_string(hide_password=False))
    hand = Hand(database, shift.point)
    counts: defaultdict[str, int] = defaultdict(int)
    parent.send("begun")
    platform = FilePlatform(shift.platform, partial(_strike, counts, shift.point))
    await work(shift.task, database, shift.now, platform)
    parent.send(hand.counts | counts)


def _strike(counts: dict[str, int], point: Point | None, what: str) -> None:
    counts[what] += 1
    if point == Point(what, counts[what]):
        os.kill(os.getpid(), signal.SIGKILL)


def id_of(text: str) -> UUID:
    return uuid5(UUID(int=0), text)
