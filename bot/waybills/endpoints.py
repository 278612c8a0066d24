"""The API for other systems: waybills and checkpoints in batches, as JSON arrays or CSV files."""

import json
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel
from starlette.datastructures import UploadFile

from bot.errors import ImportFileError
from bot.waybills.importing import (
    ImportReport,
    RawRows,
    WaybillImporter,
    required_fields,
    rows_of_csv,
    rows_of_json,
)
from bot.waybills.schemas import CheckpointRecord, ImportAnswer, RejectedAnswer, WaybillRecord, import_words

MAX_BYTES = 16 * 1024 * 1024
_LISTED = 1_000


def make_router(importer: WaybillImporter, require_token: Callable[..., Any]) -> APIRouter:
    """The import endpoints.

    Parameters
    ----------
    require_token: a FastAPI dependency that refuses callers without ``Authorization: Bearer <api token>``.
    """
    router = APIRouter(prefix="/api/v1", tags=["imports"], dependencies=[Depends(require_token)])

    @router.post("/waybills:batch", openapi_extra=_array_of(WaybillRecord))
    async def add_waybills(request: Request) -> ImportAnswer:
        """Insert or update waybills; status follows the checkpoints."""
        return _answer(await importer.waybills(await _json_rows(request)))

    @router.post("/checkpoints:batch", openapi_extra=_array_of(CheckpointRecord))
    async def add_checkpoints(request: Request) -> ImportAnswer:
        """Add scans of known waybills; the same scan again changes nothing."""
        return _answer(await importer.checkpoints(await _json_rows(request)))

    @router.post("/imports/waybills", openapi_extra=_CSV)
    async def import_waybills(request: Request) -> ImportAnswer:
        """A CSV file of waybills: the body itself, or the first file of a form."""
        return _answer(await importer.waybills(await _csv_rows(request, required_fields(WaybillRecord))))

    @router.post("/imports/checkpoints", openapi_extra=_CSV)
    async def import_checkpoints(request: Request) -> ImportAnswer:
        """A CSV file of scans: the body itself, or the first file of a form."""
        return _answer(await importer.checkpoints(await _csv_rows(request, required_fields(CheckpointRecord))))

    return router


def _array_of(model: type[BaseModel]) -> dict[str, Any]:
    schema = {"type": "array", "items": model.model_json_schema()}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


_FILE = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
_CSV = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string"}}, "multipart/form-data": {"schema": _FILE}},
    }
}


async def _json_rows(request: Request) -> RawRows:
    try:
        items = json.loads(await _body(request))
    except (ValueError, RecursionError) as error:
        raise _bad_request("json") from error
    if not isinstance(items, list):
        raise _bad_request("json")
    return _or_refuse(rows_of_json, items)


async def _csv_rows(request: Request, required: list[str]) -> RawRows:
    is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
    content = await _uploaded(request) if is_form else await _body(request)
    return _or_refuse(rows_of_csv, content, required=required)


def _or_refuse(read: Callable[..., RawRows], *args: Any, **kwargs: Any) -> RawRows:
    try:
        return read(*args, **kwargs)
    except ImportFileError as error:
        raise HTTPException(400, str(error)) from error


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit, whatever length it claims."""
    _check_length(request)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise _too_big()
    return bytes(content)


async def _uploaded(request: Request) -> bytes:
    """The first file of a form.  Its length must be told beforehand, for the form is read as a whole."""
    if "content-length" not in request.headers:
        raise HTTPException(411, import_words().file["length"])
    _check_length(request)
    async with request.form(max_files=1, max_fields=10) as form:
        for value in form.values():
            if isinstance(value, UploadFile):
                return await value.read()
    raise _bad_request("no_file")


def _check_length(request: Request) -> None:
    length = request.headers.get("content-length", "0")
    if not length.isdigit() or int(length) > MAX_BYTES:
        raise _too_big()


def _too_big() -> HTTPException:
    return HTTPException(413, import_words().file["too_big"].format(limit=MAX_BYTES // 1024 // 1024))


def _bad_request(reason: str) -> HTTPException:
    return HTTPException(400, import_words().file[reason])


def _answer(report: ImportReport) -> ImportAnswer:
    listed = [RejectedAnswer(line=row.line, field=row.field, reason=row.reason) for row in report.rejected[:_LISTED]]
    lines = {row.line for row in report.rejected}
    return ImportAnswer(
        accepted=report.accepted,
        rejected_count=len(lines),
        rejected=listed,
        ignored_columns=list(report.ignored_columns),
    )
