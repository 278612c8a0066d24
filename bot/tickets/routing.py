"""How ticket routes answer: refusals as ``{"detail": 中文}``, and an ``Idempotency-Key`` on every POST."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from bot.errors import AccessRefusedError, BadQueryError, BotError, NotFoundError, RefusedError
from bot.refusals import status_of
from bot.staff.model import Actor
from bot.tickets.requests import Answered, RequestLog, Reserved
from bot.tickets.words import ticket_words
from bot.tickets.work import Request as Wanted

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (BadQueryError, 422),
    (RefusedError, 409),
)
_WRONG = {
    "missing": "missing",
    "enum": "choice",
    "int_parsing": "number",
    "int_type": "number",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
}


class _AnsweredError(Exception):
    """The request was done before; this is its answer."""

    def __init__(self, answered: Answered) -> None:
        super().__init__()
        self.answered = answered


class TicketRoute(APIRoute):
    """Translates refusals into answers for people, and remembers answers under their key."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]  # as in the desk
        handle = super().get_route_handler()

        async def translated(request: Request) -> Response:
            try:
                return await _remembered(request, await _answer(handle, request))
            except _AnsweredError as known:
                return _again(known.answered)
            except Exception:
                await _forgotten(request)
                raise

        return translated


def once(log: RequestLog, actor_of: Callable[..., Any]) -> Callable[..., Awaitable[Wanted]]:
    """A dependency that gives the request of a person, done before or not; for POST routes."""

    async def wanted(
        request: Request,
        actor: Annotated[Actor, Depends(actor_of)],
        idempotency_key: Annotated[str | None, Header(description="同一个键的同一请求只做一次")] = None,
    ) -> Wanted:
        if not idempotency_key:
            return Wanted(actor)
        route = f"{request.method} {request.url.path}"
        found = await log.reserve(actor.name, idempotency_key, route, await request.body())
        if isinstance(found, Answered):
            raise _AnsweredError(found)
        request.state.reserved = (log, found)
        return Wanted(actor, turn=f"api:{actor.name}:{idempotency_key}")

    return wanted


async def _answer(handle: Callable[[Request], Awaitable[Response]], request: Request) -> Response:
    """The answer, or the refusal in words."""
    try:
        return await handle(request)
    except RequestValidationError as error:
        problems = "；".join(_problems(error.errors()))
        return _refusal(422, ticket_words().api["body"].format(problems=problems))
    except BotError as error:
        status = status_of(error, _STATUS)
        if status is None:
            raise
        return _refusal(status, str(error))


def _again(answered: Answered) -> Response:
    """The first answer once more, marked as such."""
    body = None if answered.status == 204 else answered.body
    return Response(body, answered.status, {"Idempotent-Replayed": "true"}, media_type="application/json")


def _refusal(status: int, detail: str) -> JSONResponse:
    return JSONResponse({"detail": detail}, status_code=status)


def _problems(errors: Iterable[Mapping[str, Any]]) -> list[str]:
    words = ticket_words().api
    return [f"{error['loc'][-1]} {words[_WRONG.get(error['type'], 'wrong')]}" for error in errors]


async def _remembered(request: Request, response: Response) -> Response:
    reserved = _reserved(request)
    if reserved is not None:
        log, key = reserved
        await log.answer(key, Answered(response.status_code, bytes(response.body).decode()))
    return response


async def _forgotten(request: Request) -> None:
    reserved = _reserved(request)
    if reserved is not None:
        await reserved[0].release(reserved[1])


def _reserved(request: Request) -> tuple[RequestLog, Reserved] | None:
    found: tuple[RequestLog, Reserved] | None = getattr(request.state, "reserved", None)
    return found
