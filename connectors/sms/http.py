"""One request to a gateway, one JSON object back; whatever goes wrong on the way is a `DeliveryError`."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from bot.delivery.ports import TryAgainError

TIMEOUT_S = 5.0
_NEVER_LEFT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


@dataclass(frozen=True)
class Answer:
    """``status`` is that of HTTP."""

    status: int
    content: dict[str, Any]


async def call(http: httpx.AsyncClient, request: httpx.Request, *, service: str) -> Answer:
    """What the gateway answers within five seconds.  Raises `TryAgainError`; nothing of the request gets into it."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            response = await http.send(request)
    except _NEVER_LEFT as error:
        raise TryAgainError(f"{service} cannot be reached: {type(error).__name__}") from error
    except (TimeoutError, httpx.TransportError) as error:
        raise TryAgainError(f"{service} does not answer: {type(error).__name__}", may_have_arrived=True) from error
    if response.status_code == 429:
        raise TryAgainError(f"{service} is asked too often", code="429", after=_retry_after(response))
    if response.status_code >= 500:
        status = response.status_code
        raise TryAgainError(f"{service} answered with HTTP {status}", code=str(status), may_have_arrived=True)
    return Answer(response.status_code, _object(response, service))


def _object(response: httpx.Response, service: str) -> dict[str, Any]:
    try:
        content = response.json()
    except (ValueError, RecursionError) as error:
        raise _unreadable(service, response) from error
    if not isinstance(content, dict):
        raise _unreadable(service, response)
    return content


def _unreadable(service: str, response: httpx.Response) -> TryAgainError:
    taken = response.status_code < 300
    return TryAgainError(f"{service} answered with something else than a JSON object", may_have_arrived=taken)


def _retry_after(response: httpx.Response) -> timedelta | None:
    seconds = response.headers.get("retry-after", "")
    return timedelta(seconds=min(int(seconds), 3600)) if seconds.isdecimal() else None
