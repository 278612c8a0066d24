"""Answers that pages of allowed origins may read (CORS), for the widget on other sites' pages."""

from collections.abc import Awaitable, Callable, Sequence

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from connectors.web.visitors import origin_allowed

_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Last-Event-ID",
    "Access-Control-Max-Age": "7200",
}


def sharing_route(allowed: Sequence[str]) -> type[APIRoute]:
    """A class of routes that refuse other origins and let allowed ones read the answer, refusals too."""

    class SharingRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:  # type: ignore[override]
            handle = super().get_route_handler()

            async def shared(request: Request) -> Response:
                if not may_call(request, allowed):
                    raise HTTPException(403, "origin not allowed")
                try:
                    answer = await handle(request)
                except HTTPException as error:
                    answer = await http_exception_handler(request, error)
                except RequestValidationError as error:
                    answer = await request_validation_exception_handler(request, error)
                return _readable(answer, request)

            return shared

    return SharingRoute


def may_call(request: Request, allowed: Sequence[str]) -> bool:
    return origin_allowed(request.headers.get("origin"), request.headers.get("host"), list(allowed))


def add_preflight(router: APIRouter) -> None:
    """Answers a browser that asks before it sends; the route class has refused other origins by then."""

    @router.options("/{_:path}", include_in_schema=False)
    async def preflight(_: str) -> Response:
        return Response(status_code=204, headers=_PREFLIGHT)


def _readable(answer: Response, request: Request) -> Response:
    origin = request.headers.get("origin")
    if origin is not None:
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = "Retry-After"
        answer.headers.append("Vary", "Origin")
    return answer
