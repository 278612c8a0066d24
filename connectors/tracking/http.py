"""One form sent, one JSON object back; everything that can go wrong on the way is told in our own errors."""

import asyncio
from typing import Any

import httpx

from bot.errors import TrackingBusyError, TrackingError

TIMEOUT_S = 3.0


async def post_form(http: httpx.AsyncClient, url: str, form: dict[str, str], *, service: str) -> dict[str, Any]:
    """The JSON object that ``service`` answers within three seconds.

    Raises `TrackingBusyError` for a service that is away, slow or broken (5xx), `TrackingError` for any other answer.
    Nothing of the form gets into an error: it holds phone tails and signatures.
    """
    try:
        async with asyncio.timeout(TIMEOUT_S):
            response = await http.post(url, data=form, timeout=TIMEOUT_S)
    except (TimeoutError, httpx.TransportError) as error:
        raise TrackingBusyError(f"{service} does not answer: {type(error).__name__}") from error
    if response.status_code >= 500:
        raise TrackingBusyError(f"{service} answered with HTTP {response.status_code}")
    if response.status_code != 200:
        raise TrackingError(f"{service} answered with HTTP {response.status_code}")
    return _object(response, service)


def _object(response: httpx.Response, service: str) -> dict[str, Any]:
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise TrackingError(f"{service} answered with something else than JSON") from error
    if not isinstance(answer, dict):
        raise TrackingError(f"{service} answered with something else than a JSON object")
    return answer
