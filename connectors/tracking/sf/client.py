"""Asking SF for routes, and registering for its pushes."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from uuid import uuid4

import httpx

from bot.clock import Clock
from bot.errors import PhoneTailRequiredError, TrackingConfigError
from connectors.tracking.http import post_form
from connectors.tracking.sf.account import SfAccount
from connectors.tracking.sf.answers import SfTrack, read_registered, read_routes
from connectors.tracking.sf.digest import msg_digest
from connectors.tracking.track import ForeignTrack, TrackKey

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 10
Answer = TypeVar("Answer")


class SfClient:
    """A `Tracker` for SF's own waybills."""

    def __init__(self, account: SfAccount, http: httpx.AsyncClient, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._clock = clock

    async def track(self, key: TrackKey) -> ForeignTrack:
        """As `Tracker.track`.

        SF answers a wrong tail, a number it does not know and one older than three months alike, with no routes: all
        of them raise `PhoneTailRequiredError`.
        """
        if not key.phone_tail:
            raise PhoneTailRequiredError(key.waybill_no, key.carrier)
        found = await self.routes([key.waybill_no], key.phone_tail)
        track = found.get(key.waybill_no)
        if track is None:
            raise PhoneTailRequiredError(key.waybill_no, key.carrier)
        return ForeignTrack(key.waybill_no, key.carrier, track.status(), track.checkpoints(), self._clock())

    async def routes(self, numbers: Sequence[str], phone_tail: str) -> dict[str, SfTrack]:
        """The tracks of those numbers that this phone tail opens; ten numbers go into one request."""
        found: dict[str, SfTrack] = {}
        for start in range(0, len(numbers), MOST_AT_ONCE):
            batch = list(numbers[start : start + MOST_AT_ONCE])
            answered = {track.waybill_no: track for track in await self._ask(batch, phone_tail) if track.routes}
            found |= {number: answered[number] for number in batch if number in answered}
        return found

    async def subscribe(self, key: TrackKey) -> None:
        """Have the routes of one waybill pushed to the address that SF has for us.  Raises as `track`.

        The fields of the question are not among those that could be confirmed: see the README.
        """
        if not key.phone_tail:
            raise PhoneTailRequiredError(key.waybill_no, key.carrier)
        what = {
            "language": "zh-CN",
            "type": "2",
            "attributeNo": key.waybill_no,
            "checkPhoneNo": key.phone_tail,
        }
        await self._call("EXP_RECE_REGISTER_ROUTE", what, read_registered)

    async def _ask(self, numbers: list[str], phone_tail: str) -> list[SfTrack]:
        what = {
            "language": "zh-CN",
            "trackingType": "1",
            "trackingNumber": numbers,
            "methodType": "1",
            "checkPhoneNo": phone_tail,
        }
        return await self._call("EXP_RECE_SEARCH_ROUTES", what, read_routes)

    async def _call(self, service: str, what: Mapping[str, Any], read: Callable[[Mapping[str, Any]], Answer]) -> Answer:
        answer = await post_form(self._http, self._account.url, self._form(service, what), service="sf")
        try:
            return read(answer)
        except TrackingConfigError as error:
            logger.error("sf does not accept our account: %s", error)
            raise

    def _form(self, service: str, what: Mapping[str, Any]) -> dict[str, str]:
        msg_data = json.dumps(what, ensure_ascii=False, separators=(",", ":"))
        timestamp = str(int(self._clock().timestamp() * 1000))
        return {
            "partnerID": self._account.partner_id,
            "requestID": str(uuid4()),
            "serviceCode": service,
            "timestamp": timestamp,
            "msgDigest": msg_digest(msg_data, timestamp, self._account),
            "msgData": msg_data,
        }
