"""The rules over HTTP: supervisors and administrators read, administrators publish."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from bot.errors import (
    AccessRefusedError,
    BotError,
    ImportFileError,
    NoRuleError,
    NotFoundError,
    RefusedError,
    RulesRefusedError,
)
from bot.refusals import refusing_route
from bot.rules.archive import json_of, read_any, write_zip
from bot.rules.cases import CaseSource
from bot.rules.problems import Draft
from bot.rules.schemas import (
    CheckView,
    DifferenceView,
    DryRunView,
    ProblemView,
    PublicationView,
    RollBackRequest,
    StatusView,
    table_views,
)
from bot.rules.service import RuleService
from bot.rules.spreadsheet import write_spreadsheet
from bot.rules.words import rule_words
from bot.staff.model import Actor, Role

MAX_BYTES = 5 * 1024 * 1024
_LISTED, _TOLD = 1_000, 20
_READERS = {Role.supervisor, Role.admin}
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (RulesRefusedError, 422),
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (NoRuleError, 404),
    (ImportFileError, 400),
    (RefusedError, 409),
)
_FILE = {"type": "string", "format": "binary"}
_UPLOAD = {"requestBody": {"required": True, "content": {"application/octet-stream": {"schema": _FILE}}}}
Why = Annotated[str, Query(min_length=1, max_length=500)]
BasedOn = Annotated[int, Query(ge=0)]


def _first_lines(text: str) -> str:
    lines = text.splitlines()
    more = len(lines) - _TOLD
    return "\n".join(lines[:_TOLD] + ([rule_words().refusal("more", count=more)] if more > 0 else []))


_ROUTE = refusing_route(_STATUS, lambda error: _first_lines(str(error)))


def make_router(
    service: RuleService, actor_of: Callable[..., Any], sources: Mapping[str, CaseSource] | None = None
) -> APIRouter:
    """The routes below ``/api/v1/rules``.

    Parameters
    ----------
    actor_of: a FastAPI dependency that gives the `Actor` of a request, or refuses it.
    sources: further cases that a draft can be tried on, by name.
    """

    async def reader(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        if actor.role not in _READERS:
            raise HTTPException(403, rule_words().refusal("readers"))
        return actor

    router = APIRouter(prefix="/api/v1/rules", tags=["rules"], route_class=_ROUTE, dependencies=[Depends(reader)])
    _add_reading(router, service)
    _add_changing(router, service, Annotated[Actor, Depends(reader)], sources or {})
    return router


def _add_reading(router: APIRouter, service: RuleService) -> None:
    @router.get("")
    async def status() -> StatusView:
        """The version in force and its tables; which tables the program ships otherwise by now."""
        found = await service.status()
        book = await service.version(found.publication.version if found.publication else 0)
        return StatusView(
            version=book.version,
            publication=PublicationView.of(found.publication) if found.publication else None,
            tables=table_views(book),
            changed=list(found.changed),
            own=list(found.own),
        )

    @router.get("/history")
    async def history(
        before: Annotated[int | None, Query(ge=1)] = None, limit: Annotated[int, Query(ge=1, le=200)] = 50
    ) -> list[PublicationView]:
        """Publications, newest first."""
        return [PublicationView.of(one) for one in await service.history(before=before, limit=limit)]

    @router.get("/versions/{version}")
    async def version(version: int) -> dict[str, Any]:
        """All tables of a version, as JSON that can be edited and sent back."""
        return json_of((await service.version(version)).tables)

    @router.get("/versions/{version}/rules.xlsx", response_class=Response)
    async def spreadsheet(version: int) -> Response:
        """All tables of a version as an Excel workbook."""
        book = await service.version(version)
        return _download(await run_in_threadpool(write_spreadsheet, book.tables), _XLSX, f"rules-v{version}.xlsx")

    @router.get("/versions/{version}/rules.zip", response_class=Response)
    async def archive(version: int) -> Response:
        """All tables of a version as YAML files."""
        book = await service.version(version)
        return _download(write_zip(book.tables), "application/zip", f"rules-v{version}.zip")

    @router.get("/difference")
    async def difference(before: int, after: int) -> list[DifferenceView]:
        """What changed from one version to another."""
        return [DifferenceView.of(one) for one in await service.difference(before, after)]


def _add_changing(router: APIRouter, service: RuleService, who: Any, sources: Mapping[str, CaseSource]) -> None:
    @router.post("/check", openapi_extra=_UPLOAD)
    async def check(request: Request) -> CheckView:
        """What publishing the uploaded file would change, or everything that is wrong with it."""
        draft = await _draft(request, service)
        problems = service.validate(draft)
        return CheckView(
            problem_count=len(problems),
            problems=[ProblemView.of(problem) for problem in problems[:_LISTED]],
            differences=[] if problems else [DifferenceView.of(one) for one in service.difference_of(draft)],
        )

    @router.post("/dry-run", openapi_extra=_UPLOAD)
    async def dry_run(request: Request, table: str, cases: str = "recorded") -> DryRunView:
        """Which recorded cases the uploaded file would decide otherwise."""
        if cases != "recorded" and cases not in sources:
            raise NotFoundError(rule_words().refusal("cases", cases=cases, known="、".join(["recorded", *sources])))
        draft = await _draft(request, service)
        return DryRunView.of(await service.dry_run(draft, table, sources.get(cases)))

    @router.post("/publish", openapi_extra=_UPLOAD, status_code=201)
    async def publish(request: Request, actor: who, why: Why, based_on: BasedOn) -> PublicationView:
        """Put the uploaded file in force; refused when somebody published since ``based_on``."""
        if actor.role is not Role.admin:
            raise AccessRefusedError(rule_words().refusal("publishers"))
        return PublicationView.of(await service.publish(await _draft(request, service), actor, why, based_on))

    @router.post("/roll-back", status_code=201)
    async def roll_back(body: RollBackRequest, actor: who) -> PublicationView:
        """Publish an old version again, as a new one."""
        return PublicationView.of(await service.roll_back(body.version, actor, body.why, body.based_on))


async def _draft(request: Request, service: RuleService) -> Draft:
    """The uploaded file: the body itself, or the first file of a form."""
    is_form = request.headers.get("content-type", "").startswith("multipart/form-data")
    content = await _uploaded(request) if is_form else await _body(request)
    return await run_in_threadpool(read_any, content, service.book().tables)


async def _body(request: Request) -> bytes:
    """The body, read no further than the limit, whatever length it claims."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise _too_big()
    return bytes(content)


async def _uploaded(request: Request) -> bytes:
    """The first file of a form.  Its length must be told beforehand, for the form is read as a whole."""
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_BYTES:
        raise _too_big()
    async with request.form(max_files=1, max_fields=10) as form:
        for value in form.values():
            if isinstance(value, UploadFile):
                return await value.read()
    raise HTTPException(400, rule_words().refusal("no_file"))


def _too_big() -> HTTPException:
    return HTTPException(413, rule_words().refusal("too_big", limit=MAX_BYTES // 1024 // 1024))


def _download(content: bytes, media_type: str, name: str) -> Response:
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})
