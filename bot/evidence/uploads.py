"""Reading an upload from a form, no further than the limit, whatever length it claims."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from bot.evidence.checking import too_big
from bot.evidence.words import evidence_words

_AROUND = 64 * 1024
"""Boundaries, part headers and small fields around the file."""


@dataclass(frozen=True)
class Upload:
    """A file as a browser sent it; nothing of it is checked yet."""

    content: bytes
    declared_type: str
    name: str


async def read_upload(request: Request, *, limit: int) -> Upload:
    """The first file of a multipart form.

    Raises `AttachmentTooBigError` as soon as the body is over the limit, before it has all come; HTTP 400 for a body
    that is no such form.
    """
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise _bad("form")
    parser = MultiPartParser(
        request.headers, _bounded(request, limit), max_files=1, max_fields=4, max_part_size=_AROUND
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        raise _bad("form") from error
    try:
        return await _file_of(form)
    finally:
        await form.close()


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    length = request.headers.get("content-length", "0")
    left = limit + _AROUND
    if not length.isdecimal() or int(length) > left:
        raise too_big(limit)
    async for chunk in request.stream():
        left -= len(chunk)
        if left < 0:
            raise too_big(limit)
        yield chunk


async def _file_of(form: FormData) -> Upload:
    for value in form.values():
        if isinstance(value, UploadFile):
            return Upload(await value.read(), value.content_type or "", value.filename or "")
    raise _bad("no_file")


def _bad(reason: str) -> HTTPException:
    return HTTPException(400, evidence_words().refusal(reason))
