"""What somebody sees who asks NiceGUI for a page that isn't there, or for one that breaks."""

from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException as StarletteHTTPException

from bot.desk.plain import plain_page


def add_lost_pages(app: FastAPI) -> None:
    """In place of NiceGUI's own, which are in English and lead nowhere.  A script is told in JSON."""
    app.add_exception_handler(404, _not_there)
    app.add_exception_handler(RequestValidationError, _not_there)
    app.add_exception_handler(Exception, _broken)


async def _not_there(request: Request, error: Exception) -> Response:
    if _is_read_by_a_person(request):
        return plain_page("lost", title="lost_title", subtitle="lost_hint", status=404)
    if isinstance(error, RequestValidationError):
        return await request_validation_exception_handler(request, error)
    told = error if isinstance(error, StarletteHTTPException) else HTTPException(404)
    return await http_exception_handler(request, told)


async def _broken(request: Request, error: Exception) -> Response:
    """It flies on to the server's log in any case."""
    if not _is_read_by_a_person(request):
        raise error
    return plain_page("lost", title="broken_title", subtitle="broken_hint", status=500)


def _is_read_by_a_person(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
