"""The sending loop: what is owed to a recipient goes out in order, once, whichever process died when.

Lanes are found and kept apart as `bot.lanes` does; no transaction is open while a platform thinks.
"""

import asyncio
import logging
from datetime import datetime

from sqlalchemy import String, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY

from bot.delivery.attempts import Attempt, Ledger, Outcome, Patience
from bot.delivery.ports import Channel, DeliveryError, Sent
from bot.delivery.service import BELL, DeliveryService
from bot.lanes import Lane, Lanes

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
        self._within_s = within_s
        self._lanes = Lanes(
            service.database, "delivery", BELL, due=self._due, empty=self._empty, at_once=at_once, sweep_s=sweep_s
        )

    async def start(self) -> None:
        await self._lanes.start()

    async def stop(self) -> None:
        """Stop looking for work and give parts on their way a moment to arrive; the rest stays owed."""
        await self._lanes.stop()

    def look(self) -> None:
        """There may be something to send."""
        self._lanes.look()

    async def run_due(self) -> None:
        """Send all that is due now, then return; for tests and commands.  It leaves a connection open: `stop`."""
        await self._lanes.run_due()

    async def _due(self, most: int) -> list[Lane]:
        values = {"names": self._service.channels.names(), "now": self._service.clock(), "most": most}
        async with self._service.database.transaction() as session:
            return [Lane(*row) for row in (await session.execute(_DUE, values)).all()]

    async def _empty(self, lane: Lane) -> None:
        channel = self._service.channels.of(lane.channel)
        outcome: Outcome | None = None
        while channel is not None and (attempt := await self._ledger.advance(lane, outcome)):
            if not self._lanes.may_go_on(lane):
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
