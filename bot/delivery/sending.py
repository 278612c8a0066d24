"""The sending loop: what is owed to a recipient goes out in order, once, whichever process died when.

Like the answering loop: what is owed stands in the database, a bell only makes it quick, and a sweep finds what a
killed process left behind.  A lock per lane keeps workers apart; no transaction is open while a platform thinks.
"""

import asyncio
import logging
from datetime import datetime
from functools import partial

from sqlalchemy import String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.exc import SQLAlchemyError

from bot.bell import Bell
from bot.delivery.attempts import Attempt, Lane, Ledger, Outcome, Patience
from bot.delivery.ports import Channel, DeliveryError, Sent
from bot.delivery.service import BELL, DeliveryService
from bot.errors import BotError
from bot.locks import Locks

logger = logging.getLogger(__name__)
_DUE = text("""
    SELECT channel, lane FROM (
        SELECT DISTINCT ON (channel, lane) channel, lane, next_at, number FROM deliveries
        WHERE state IN ('waiting', 'sending') AND split_part(channel, ':', 1) = ANY(:names)
        ORDER BY channel, lane, number
    ) AS heads
    WHERE next_at IS NULL OR next_at <= :now
    ORDER BY number LIMIT :most
""").bindparams(bindparam("names", type_=ARRAY(String)))
_MOST = 1000


class Sending:
    """Empties lanes, one part at a time each, many side by side.

    Parameters
    ----------
    at_once: recipients served side by side.
    sweep_s: how often what was left behind, and what is to be tried again, is looked for.
    within_s: how long a platform may think; after that nobody knows what became of the part.
    """

    def __init__(
        self,
        service: DeliveryService,
        *,
        patience: Patience | None = None,
        at_once: int = 32,
        sweep_s: float = 1.0,
        within_s: float = 60.0,
    ) -> None:
        self._service = service
        self._ledger = Ledger(service, patience or Patience())
        self._slots = asyncio.Semaphore(at_once)
        self._sweep_s = sweep_s
        self._within_s = within_s
        self._locks = Locks(service.database, "delivery")
        self._bell = Bell(service.database, BELL, self.look)
        self._running: dict[Lane, asyncio.Task[None]] = {}
        self._again: set[Lane] = set()
        self._is_stopping = False
        self._look = asyncio.Event()
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        await self._bell.start()
        self._sweeper = asyncio.create_task(self._sweep(), name="sending-sweep")

    async def stop(self) -> None:
        """Stop looking for work and give parts on their way a moment to arrive; the rest stays owed."""
        self._is_stopping = True
        await self._bell.stop()
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.gather(self._sweeper, return_exceptions=True)
        if self._running:
            await asyncio.wait(self._running.values(), timeout=5)
        for task in list(self._running.values()):
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        await self._locks.close()

    def look(self) -> None:
        """There may be something to send."""
        self._look.set()

    async def run_due(self) -> None:
        """Send all that is due now, then return; for tests and commands.  It leaves a connection open: `stop`."""
        while await self._start_due():
            await asyncio.gather(*self._running.values())
        await asyncio.gather(*self._running.values())

    # -- finding lanes -----------------------------------------------------------------------------

    async def _sweep(self) -> None:
        while True:
            self._look.clear()
            try:
                await self._start_due()
            except (SQLAlchemyError, BotError) as error:
                logger.warning("the sweep could not look for what is to be sent: %s", error)
            try:
                async with asyncio.timeout(self._sweep_s):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _start_due(self) -> int:
        """Begin to empty every lane that has something due; returns how many were begun."""
        values = {"names": self._service.channels.names(), "now": self._service.clock(), "most": _MOST}
        async with self._service.database.transaction() as session:
            found = [Lane(*row) for row in (await session.execute(_DUE, values)).all()]
        self._again.update(lane for lane in found if lane in self._running)
        new = [lane for lane in found if lane not in self._running]
        for lane in new:
            task = asyncio.create_task(self._empty(lane), name=f"send-{lane.channel}")
            self._running[lane] = task
            task.add_done_callback(partial(self._finished, lane))
        return len(new)

    def _finished(self, lane: Lane, task: asyncio.Task[None]) -> None:
        del self._running[lane]
        if lane in self._again:
            self._again.discard(lane)
            self._look.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("sending on %s failed, the sweep goes on with it", lane.channel, exc_info=error)

    # -- one lane ----------------------------------------------------------------------------------

    async def _empty(self, lane: Lane) -> None:
        channel = self._service.channels.of(lane.channel)
        async with self._slots, self._locks.trying(lane.key) as is_ours:
            outcome: Outcome | None = None
            while channel is not None and is_ours and (attempt := await self._ledger.advance(lane, outcome)):
                if self._is_stopping or not self._locks.holds(lane.key):
                    return
                outcome = await self._try(channel, attempt)

    async def _try(self, channel: Channel, attempt: Attempt) -> Outcome:
        try:
            async with asyncio.timeout(self._within_s):
                if attempt.unsure_since is not None and await self._arrived(channel, attempt, attempt.unsure_since):
                    return Outcome(attempt, sent=Sent())
                return Outcome(attempt, sent=await channel.send(attempt.outgoing, attempt.part))
        except TimeoutError:
            logger.warning("%s did not answer within %.0f s", channel.name, self._within_s)
            return Outcome(attempt)
        except DeliveryError as error:
            return Outcome(attempt, error=error)
        except Exception as error:
            # A fault of the channel must hold up neither this recipient for good nor the others at all.
            logger.exception("channel %s failed in a way it does not name", channel.name)
            return Outcome(attempt, error=DeliveryError(type(error).__name__))

    async def _arrived(self, channel: Channel, attempt: Attempt, since: datetime) -> bool:
        return bool(await channel.was_sent(attempt.outgoing, attempt.part, since=since))
