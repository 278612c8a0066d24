"""Parcels of other carriers for customers: whose number, who may see it, and the newest that any service told."""

import asyncio
import logging
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from uuid import UUID

from bot.clock import Clock
from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingBusyError,
    TrackingError,
    TrackNotFoundError,
)
from bot.waybills.foreign import Mention
from bot.waybills.model import Waybill
from connectors.tracking.carriers import CARRIERS, MEDIUM, candidates_for, needs_phone_tail, phone_tail
from connectors.tracking.first_of import FirstOf
from connectors.tracking.inquiries import Inquiries, Inquiry
from connectors.tracking.memory import STALE_AFTER
from connectors.tracking.mentions import carrier_in, mentions_in
from connectors.tracking.postgres_sink import PostgresTrackSink
from connectors.tracking.subscriptions import Subscriptions
from connectors.tracking.track import ForeignTrack
from connectors.tracking.tries import TailTries

logger = logging.getLogger(__name__)

_GUESSES_TRIED = 2
_GUESSES_KEPT = 1000
_MOST_CHOICES = 5
_OFTEN_MEANT = ("zhongtong", "yuantong", "shentong", "yunda", "jtexpress")
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)[ -]?\d{4}[ -]?(\d{4})(?!\d)")

Guess = Callable[[str], Awaitable[list[str]]]


class OtherCarriers:
    """The `ForeignParcels` of the platform.

    Parameters
    ----------
    guess: asks a service whose number it may be, for formats that say little; None where no service can.
    subscriptions: None where nothing is pushed to us.
    patience_s: how long a customer waits; an answer that takes longer is there when they ask again.
    """

    def __init__(
        self,
        sources: FirstOf,
        pushed: PostgresTrackSink,
        inquiries: Inquiries,
        tries: TailTries,
        clock: Clock,
        *,
        guess: Guess | None = None,
        subscriptions: Subscriptions | None = None,
        patience_s: float = 2.0,
    ) -> None:
        self._sources = sources
        self._pushed = pushed
        self._inquiries = inquiries
        self._tries = tries
        self._clock = clock
        self._guess = guess
        self._subscriptions = subscriptions
        self._patience_s = patience_s
        self._guessed: OrderedDict[str, list[str]] = OrderedDict()

    # -- whose number ------------------------------------------------------------------------------

    def mentions(self, text: str) -> Sequence[Mention]:
        return mentions_in(text)

    def carrier_in(self, text: str) -> str:
        return carrier_in(text)

    def choices(self, waybill_no: str) -> Sequence[str]:
        """Those the format points to and those Kuaidi100 guessed, filled up with those most often meant."""
        likely = [one.carrier for one in candidates_for(waybill_no)]
        likely += [carrier for carrier in self._guessed.get(waybill_no, ()) if carrier in CARRIERS]
        return list(dict.fromkeys((*likely, *_OFTEN_MEANT)))[:_MOST_CHOICES]

    def name_of(self, carrier: str) -> str:
        return CARRIERS.get(carrier, carrier)

    async def say_carrier(self, customer_id: UUID, waybill_no: str, carrier: str) -> None:
        await self._inquiries.say_carrier(customer_id, waybill_no, carrier)

    # -- the track ---------------------------------------------------------------------------------

    async def look_up(self, customer_id: UUID, waybill_no: str, *, phone_tail: str = "") -> Waybill:
        """As `ForeignParcels.look_up`.

        A tail that the customer gives is always tried; one that opened the waybill before is used again unasked.
        """
        known = await self._inquiries.of(customer_id, waybill_no)
        counted = self._tries.counting(customer_id, waybill_no) if phone_tail else nullcontext()
        async with counted:
            try:
                track = await self._newest(waybill_no, known, phone_tail)
            except PhoneTailRequiredError:
                if known is not None and known.is_proven and not phone_tail:
                    await self._inquiries.closed(customer_id, waybill_no)
                raise
        await self._remember(customer_id, track, known, phone_tail)
        return _shown(track)

    async def _newest(self, waybill_no: str, known: Inquiry | None, given: str) -> ForeignTrack:
        """What was pushed and what is told when asked, whichever is newer; pushed alone while services are busy."""
        pushed = None if given else await self._pushed_to(waybill_no, known)
        try:
            asked = await self._ask(waybill_no, known, given or (known.phone_tail if known else ""))
        except TrackingBusyError:
            if pushed is None or self._clock() - pushed.asked_at > STALE_AFTER:
                raise
            return pushed
        pushed = await self._pushed.pushed(waybill_no, asked.carrier)
        if pushed is None or (pushed.last.at, pushed.asked_at) < (asked.last.at, asked.asked_at):
            return asked
        return pushed

    async def _pushed_to(self, waybill_no: str, known: Inquiry | None) -> ForeignTrack | None:
        """What was pushed, for somebody who has shown to be a party where that has to be shown."""
        carrier = known.carrier if known else next(iter(_likely(waybill_no)), "")
        if not carrier or (needs_phone_tail(carrier) and not (known and known.is_proven)):
            return None
        return await self._pushed.pushed(waybill_no, carrier)

    async def _ask(self, waybill_no: str, known: Inquiry | None, tail: str) -> ForeignTrack:
        """One customer waits only so long.  The question goes on without them, and its answer is remembered."""
        try:
            async with asyncio.timeout(self._patience_s):
                return await self._first(waybill_no, known, tail)
        except TimeoutError as error:
            raise TrackingBusyError(f"nobody told of waybill {waybill_no} in time") from error

    async def _first(self, waybill_no: str, known: Inquiry | None, tail: str) -> ForeignTrack:
        sources = self._sources.with_tail(tail)
        likely = [known.carrier] if known else _likely(waybill_no)
        if not likely:
            return await self._of_guessed(sources, waybill_no)
        right = await self._pushed.right_carrier(waybill_no, likely[0])
        # Of several likely ones the next is tried after the first, unless a service has said which is right.
        is_settled = len(likely) == 1 or right != likely[0]
        track = await sources.track(waybill_no, carrier=right if is_settled else None)
        if track is None:
            raise TrackNotFoundError(waybill_no, right)
        return track

    async def _of_guessed(self, sources: FirstOf, waybill_no: str) -> ForeignTrack:
        """Tried carrier by carrier as guessed.  Raises `CarrierUnknownError` when somebody has to say."""
        for carrier in (await self._guesses(waybill_no))[:_GUESSES_TRIED]:
            right = await self._pushed.right_carrier(waybill_no, carrier)
            try:
                track = await sources.track(waybill_no, carrier=right)
            except (CarrierUnknownError, CarrierUnsupportedError):
                continue
            if track is not None:
                return track
        raise CarrierUnknownError(waybill_no, "")

    async def _guesses(self, waybill_no: str) -> list[str]:
        """As the service guessed, kept to the carriers whose format it is, if there are any."""
        if self._guess is None:
            return []
        if waybill_no not in self._guessed:
            try:
                self._guessed[waybill_no] = await self._guess(waybill_no)
            except TrackingError as error:
                logger.warning("nobody guesses whose number it is: %s", error)
                return []
            while len(self._guessed) > _GUESSES_KEPT:
                self._guessed.popitem(last=False)
        possible = {one.carrier for one in candidates_for(waybill_no)}
        return [carrier for carrier in self._guessed[waybill_no] if carrier in (possible or CARRIERS)]

    async def _remember(self, customer_id: UUID, track: ForeignTrack, known: Inquiry | None, given: str) -> None:
        tail = phone_tail(given) or (known.phone_tail if known else "")
        opened = Inquiry(track.carrier, tail if needs_phone_tail(track.carrier) else "", is_proven=True)
        if known != opened:
            await self._inquiries.opened(customer_id, track.waybill_no, opened.carrier, opened.phone_tail)
        if self._subscriptions is not None:
            await self._subscriptions.want(track)


def _likely(waybill_no: str) -> list[str]:
    """Carriers that the format alone points to, likelier ones first; none when it might be anybody's."""
    return [one.carrier for one in candidates_for(waybill_no) if one.confidence >= MEDIUM]


def _shown(track: ForeignTrack) -> Waybill:
    """As a waybill.  Where no phone tail was asked for, anybody may be reading: mobile numbers are hidden."""
    if not needs_phone_tail(track.carrier):
        scans = (replace(scan, text=_MOBILE.sub(r"\1****\2", scan.text)) for scan in track.checkpoints)
        track = replace(track, checkpoints=tuple(scans))
    return track.to_waybill()
