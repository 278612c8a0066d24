"""Asking Kuaidi100, and subscribing to its pushes."""

import json
import logging
from asyncio import sleep as asyncio_sleep
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from bot.clock import Clock
from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingError,
)
from connectors.tracking.carriers import needs_phone_tail
from connectors.tracking.http import get_json, post_form
from connectors.tracking.kuaidi100.account import Kuaidi100Account
from connectors.tracking.kuaidi100.answers import read_guesses, read_track, return_code
from connectors.tracking.kuaidi100.signature import query_sign
from connectors.tracking.track import ForeignTrack, TrackKey

logger = logging.getLogger(__name__)

BACK_OFF_S = (0.3, 0.9)
"""Pauses before asking a busy server again."""

_SERVER_BUSY = ("501", "502")


class Kuaidi100Client:
    """A `Tracker` that asks Kuaidi100 every time; put a memory before it (`Kuaidi100Source` does)."""

    def __init__(
        self,
        account: Kuaidi100Account,
        http: httpx.AsyncClient,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio_sleep,
    ) -> None:
        self._account = account
        self._http = http
        self._clock = clock
        self._sleep = sleep

    async def track(self, key: TrackKey) -> ForeignTrack:
        """As `Tracker.track`.  A server that says it is busy is asked three times, anything else once."""
        _refuse_without_tail(key)
        answer = await self._ask(_question(key))
        try:
            return read_track(answer, key, asked_at=self._clock())
        except TrackingConfigError as error:
            _alarm(error)
            raise

    async def subscribe(self, key: TrackKey) -> None:
        """Have everything about this waybill pushed to us; a second subscription is as good as the first.

        Raises `PhoneTailRequiredError`, `CarrierUnknownError`, `CarrierUnsupportedError`, the `TrackingError` family.
        """
        _refuse_without_tail(key)
        form = {"schema": "json", "param": _as_json(self._subscription(key))}
        answer = await post_form(self._http, self._account.subscribe_url, form, service="kuaidi100")
        code = return_code(answer)
        if code in _SUBSCRIBED:
            return
        error = _refusal_of_subscription(code, key)
        if isinstance(error, TrackingConfigError):
            _alarm(error)
        raise error

    async def guess(self, waybill_no: str) -> list[str]:
        """Codes of the carriers whose number this may be, likelier ones first; empty when Kuaidi100 knows none.

        Raises `TrackingBusyError`, `TrackingError`.
        """
        query = {"num": waybill_no, "key": self._account.key.get_secret_value()}
        answer = await get_json(self._http, self._account.guess_url, query, service="kuaidi100")
        return read_guesses(answer)

    async def _ask(self, param: str) -> dict[str, Any]:
        form = {"customer": self._account.customer, "sign": query_sign(param, self._account), "param": param}
        for pause in BACK_OFF_S:
            answer = await post_form(self._http, self._account.query_url, form, service="kuaidi100")
            if return_code(answer) not in _SERVER_BUSY:
                return answer
            await self._sleep(pause)
        return await post_form(self._http, self._account.query_url, form, service="kuaidi100")

    def _subscription(self, key: TrackKey) -> dict[str, Any]:
        parameters = {
            "callbackurl": self._account.callback_url,
            "salt": self._account.salt.get_secret_value(),
            "resultv2": "4",
            "autoCom": "1",
            "interCom": "0",
            "phone": key.phone_tail,
        }
        return {
            "company": key.carrier,
            "number": key.waybill_no,
            "from": "",
            "to": "",
            "key": self._account.key.get_secret_value(),
            "parameters": parameters,
        }


_SUBSCRIBED = ("200", "501")  # 501: subscribed before


def _question(key: TrackKey) -> str:
    """What is signed and sent, serialised once."""
    return _as_json(
        {
            "com": key.carrier,
            "num": key.waybill_no,
            "phone": key.phone_tail,
            "from": "",
            "to": "",
            "resultv2": "4",
            "show": "0",
            "order": "desc",
            "lang": "zh",
        }
    )


def _as_json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _refuse_without_tail(key: TrackKey) -> None:
    if needs_phone_tail(key.carrier) and not key.phone_tail:
        raise PhoneTailRequiredError(key.waybill_no, key.carrier)


def _refusal_of_subscription(code: str, key: TrackKey) -> Exception:
    if code == "701":
        return CarrierUnsupportedError(key.waybill_no, key.carrier)
    if code in ("700", "702"):
        return CarrierUnknownError(key.waybill_no, key.carrier)
    message = f"kuaidi100 answered {code or 'nothing'} to subscribing waybill {key.waybill_no} of {key.carrier}"
    if code in ("600", "601"):
        return TrackingConfigError(message)
    return TrackingBusyError(message) if code == "500" else TrackingError(message)


def _alarm(error: TrackingConfigError) -> None:
    """Whoever asked can only do without; somebody else has to learn that nobody is served any more."""
    logger.error("kuaidi100 does not accept our account: %s", error)
