"""Routes that say the core's refusals in HTTP; anything else flies."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import HTTPException, Request, Response
from fastapi.routing import APIRoute

from bot.errors import BotError

Statuses = Sequence[tuple[type[BotError], int]]
"""Kinds of errors with their status, the special before the general."""


def refusing_route(statuses: Statuses, say: Callable[[BotError], str] = str) -> type[APIRoute]:
    """A class of routes that answer these errors with their status.

    Parameters
    ----------
    say: what stands under ``detail``.
    """

    class RefusingRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
            handle = super().get_route_handler()

            async def translated(request: Request) -> Response:
                try:
                    return await handle(request)
                except BotError as error:
                    status = status_of(error, statuses)
                    if status is None:
                        raise
                    raise HTTPException(status, say(error)) from error

            return translated

    return RefusingRoute


def status_of(error: BotError, statuses: Statuses) -> int | None:
    """The status of the first kind that fits, None where none does."""
    return next((status for kind, status in statuses if isinstance(error, kind)), None)
