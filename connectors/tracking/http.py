"""Asking over HTTP, and being pushed to: everything that can go wrong on the way is told in our own errors."""

import asyncio
from typing import Any

import httpx
from starlette.requests import Request

from bot.errors import TrackingBusyError, TrackingError

TIMEOUT_S = 3.0
MAX_BYTES = 1024 * 1024
"""A push longer than any track is not read."""


async def post_form(http: httpx.AsyncClient, url: str, form: dict[str, str], *, service: str) -> dict[str, Any]:
    """The JSON object that ``service`` answers within three seconds.

    Raises `TrackingBusyError` for a service that is away, slow or broken (5xx), `TrackingError` for any other answer.
    Nothing of the form gets into an error: it holds phone tails and signatures.
    """
    answer = await _answer(http.build_request("POST", url, data=form, timeout=TIMEOUT_S), http, service)
    if not isinstance(answer, dict):
        raise TrackingError(f"{service} answered with something else than a JSON object")
    return answer


async def get_json(http: httpx.AsyncClient, url: str, query: dict[str, str], *, service: str) -> Any:
    """Whatever JSON ``service`` answers; errors as those of `post_form`, and nothing of the query gets into them."""
    return await _answer(http.build_request("GET", url, params=query, timeout=TIMEOUT_S), http, service)


async def _answer(request: httpx.Request, http: httpx.AsyncClient, service: str) -> Any:
    try:
        async with asyncio.timeout(TIMEOUT_S):
            response = await http.send(request)
    except (TimeoutError, httpx.TransportError) as error:
        raise TrackingBusyError(f"{service} does not answer: {type(error).__name__}") from error
    if response.status_code >= 500:
        raise TrackingBusyError(f"{service} answered with HTTP {response.status_code}")
    if response.status_code != 200:
        raise TrackingError(f"{service} answered with HTTP {response.status_code}")
    try:
        return response.json()
    except (ValueError, RecursionError) as error:
        raise TrackingError(f"{service} answered with something else than JSON") from error


async def whole_body(request: Request) -> bytes | None:
    """The body of a push, None when it is longer than any track."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            return None
    return bytes(content)
