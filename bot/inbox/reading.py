"""The reading loop: every letter is read, those of a lane in order, whichever worker died when.

Lanes are found and kept apart as `bot.lanes` does.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from bot.clock import Clock
from bot.db import Database
from bot.errors import BotError, SetupError, UnreadableError
from bot.inbox.ports import Reader
from bot.inbox.postgres import BELL
from bot.inbox.shelf import PORTION, Filed, Shelf
from bot.jobs.retries import Backoff
from bot.lanes import Lane, Lanes

logger = logging.getLogger(__name__)
_DUE = text("""
    SELECT channel, lane FROM (
        SELECT DISTINCT ON (channel, lane) channel, lane, next_at, id FROM inbox
        WHERE state = 'waiting' AND split_part(channel, ':', 1) = ANY(:names)
        ORDER BY channel, lane, id
    ) AS heads
    WHERE next_at IS NULL OR next_at <= :now
    ORDER BY id LIMIT :most
""").bindparams(bindparam("names", type_=ARRAY(String)))
_PAUSES = Backoff(first=timedelta(seconds=1), factor=3, longest=timedelta(minutes=1))


@dataclass(frozen=True)
class ReadingLimits:
    """How reading goes about its work.

    Parameters
    ----------
    at_once: lanes read side by side.
    sweep_s: how often what was left behind, and what is to be tried again, is looked for.
    within_s: how long reading one letter may take; after that it has failed.
    pauses: between readings of a letter that fails.
    hold: how long a letter that fails may hold up its lane; then it is put aside.
    """

    at_once: int = 16
    sweep_s: float = 1.0
    within_s: float = 60.0
    pauses: Backoff = _PAUSES
    hold: timedelta = timedelta(minutes=5)


class Reading:
    """Empties lanes of the inbox, one letter at a time each, many lanes side by side.

    Parameters
    ----------
    readers: by the name of their channel; one called ``callback`` also reads for ``callback:shop``.
    """

    def __init__(self, database: Database, clock: Clock, limits: ReadingLimits | None = None) -> None:
        self._limits = limits or ReadingLimits()
        self._database = database
        self._clock = clock
        self._shelf = Shelf(database)
        self._readers: dict[str, Reader] = {}
        self._lanes = Lanes(
            database,
            "inbox",
            BELL,
            due=self._due,
            empty=self._empty,
            at_once=self._limits.at_once,
            sweep_s=self._limits.sweep_s,
        )

    def add(self, channel: str, reader: Reader) -> None:
        """Raises `SetupError` for a second reader of the same channel."""
        if channel in self._readers:
            raise SetupError(f"two readers are called {channel}")
        self._readers[channel] = reader

    @property
    def readers(self) -> Mapping[str, Reader]:
        return self._readers

    async def start(self) -> None:
        await self._lanes.start()

    async def stop(self) -> None:
        """Begin no other letter, give those being read a moment, leave the rest for the next start."""
        await self._lanes.stop()

    def look(self) -> None:
        """There may be letters."""
        self._lanes.look()

    async def run_due(self) -> None:
        """Read all that is due now, then return; for tests.  It leaves a connection open: `stop`."""
        await self._lanes.run_due()

    async def _due(self, most: int) -> list[Lane]:
        values = {"names": list(self._readers), "now": self._clock(), "most": most}
        async with self._database.transaction() as session:
            return [Lane(*row) for row in (await session.execute(_DUE, values)).all()]

    async def _empty(self, lane: Lane) -> None:
        while found := await self._shelf.waiting(lane.channel, lane.name, now=self._clock()):
            for filed in found:
                if not self._lanes.may_go_on(lane) or not await self._read(filed):
                    return
            if len(found) < PORTION:
                # What came meanwhile has rung the bell.
                return

    async def _read(self, filed: Filed) -> bool:
        """Returns whether the lane can go on."""
        reader = self._readers.get(filed.letter.channel) or self._readers[filed.letter.channel.partition(":")[0]]
        try:
            async with asyncio.timeout(self._limits.within_s):
                await reader.read(filed.letter)
        except UnreadableError as error:
            logger.warning("letter %s of %s cannot be read: %s", filed.id, filed.letter.channel, error)
            await self._shelf.put_aside(filed, str(error), at=self._clock())
        except Exception as error:
            return await self._failed(filed, error)
        else:
            await self._shelf.done(filed, at=self._clock())
        return True

    async def _failed(self, filed: Filed, error: Exception) -> bool:
        """A letter that fails holds up its lane for so long and no longer."""
        now, since = self._clock(), filed.failing_since or self._clock()
        letter, why = filed.letter, f"{type(error).__name__}: {error}" if isinstance(error, BotError) else _kind(error)
        logger.warning("reading letter %s of %s failed: %s", filed.id, letter.channel, why, exc_info=_trace(error))
        pause = self._limits.pauses.wait(filed.attempts + 1)
        if now + pause - since > self._limits.hold:
            logger.error("letter %s of %s is put aside", filed.id, letter.channel)
            await self._shelf.put_aside(filed, why, at=now)
            return True
        await self._shelf.again(filed, why, since=since, at=now + pause)
        return False


def _kind(error: Exception) -> str:
    return type(error).__name__


def _trace(error: Exception) -> Exception | None:
    """A refusal of our own says all by itself."""
    return None if isinstance(error, BotError | TimeoutError) else error
