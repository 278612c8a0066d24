"""The knowledge base over HTTP: ``/api/v1/studio/faq``.

What a role may not do is 403, what nobody knows 404, what somebody else has changed in the meantime 409, what breaks a
rule 422.
"""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response

from bot.clock import Clock, local
from bot.errors import (
    AccessRefusedError,
    AttachmentTooBigError,
    BadQueryError,
    BotError,
    EntryRefusedError,
    ImportFileError,
    NotFoundError,
    RefusedError,
    StaleEntryError,
)
from bot.evidence.uploads import read_upload
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.studio.faq.files.limits import MOST_BYTES
from bot.studio.faq.finding import FaqState, Wanted
from bot.studio.faq.schemas import (
    CheckedView,
    CheckRequest,
    DifferenceView,
    EntriesRequest,
    EntryAnswer,
    PageView,
    PlanView,
    ProposalView,
    RestoreRequest,
    SavedView,
    SaveRequest,
    TriedView,
    UploadedView,
)
from bot.studio.faq.service import FaqStudio, compare
from bot.studio.faq.words import faq_words
from bot.waybills.model import WaybillStatus

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (AttachmentTooBigError, 413),
    (StaleEntryError, 409),
    (EntryRefusedError, 422),
    (ImportFileError, 422),
    (BadQueryError, 422),
    (RefusedError, 409),
)
_FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
_UPLOAD = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


def make_router(studio: FaqStudio, actor_of: Callable[[Request], Awaitable[Actor]], clock: Clock) -> APIRouter:
    """The routes, bound to their service."""
    router = APIRouter(prefix="/api/v1/studio/faq", tags=["studio"], route_class=refusing_route(_STATUS))
    who = Annotated[Actor, Depends(actor_of)]
    _add_reading(router, studio, who, clock)
    _add_changing(router, studio, who)
    _add_files(router, studio, who, clock)
    return router


def _add_reading(router: APIRouter, studio: FaqStudio, who: object, clock: Clock) -> None:
    @router.get("")
    async def page(
        actor: who,  # type: ignore[valid-type]
        q: Annotated[str, Query(max_length=80, description="Words, pinyin or its first letters.")] = "",
        group: Annotated[str | None, Query(max_length=40)] = None,
        state: FaqState | None = None,
        after: Annotated[str | None, Query(max_length=100)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> PageView:
        """Topics of the draft, those without an entry included."""
        return PageView.of(await studio.page(actor, Wanted(q, group, state), after=after, limit=limit))

    @router.get("/try")
    async def ask(
        actor: who,  # type: ignore[valid-type]
        q: Annotated[str, Query(min_length=1, max_length=500)],
        waybill: WaybillStatus | None = None,
        after: Annotated[str | None, Query(max_length=40, description="The task begun before the question.")] = None,
    ) -> TriedView:
        """A question put to the draft and to what is published."""
        return TriedView.of(await studio.ask(actor, q, waybill=waybill, after=after))

    @router.get("/export")
    async def export(
        actor: who,  # type: ignore[valid-type]
        format: Literal["xlsx", "csv"] = "xlsx",  # noqa: A002 - what it is called in the address
    ) -> Response:
        """All topics as an Excel or CSV file, which the import reads."""
        content = await studio.export(actor, format)
        kind = XLSX if format == "xlsx" else "text/csv; charset=utf-8"
        name = quote(f"{faq_words().ui['sheet']}-{today(clock)}.{format}")
        headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}", "cache-control": "no-store"}
        return Response(content, media_type=kind, headers=headers)

    @router.get("/entries/{topic}")
    async def entry(topic: str, actor: who) -> EntryAnswer:  # type: ignore[valid-type]
        """An entry with its versions; a gap has texts for its topic only."""
        return EntryAnswer.of(await studio.entry(actor, topic))

    @router.get("/entries/{topic}/versions/{commit}")
    async def compared(topic: str, commit: str, actor: who) -> list[DifferenceView]:  # type: ignore[valid-type]
        """What changed from that version to the draft."""
        before = await studio.version(actor, topic, commit)
        return DifferenceView.several(compare(before, (await studio.entry(actor, topic)).texts))


def _add_changing(router: APIRouter, studio: FaqStudio, who: object) -> None:
    @router.put("/entries/{topic}")
    async def save(topic: str, body: SaveRequest, actor: who) -> SavedView:  # type: ignore[valid-type]
        """Save an entry, or write it for a topic that has none; 409 when it has another version by now."""
        texts = body.texts | {"id": topic}
        return SavedView.of(await studio.save(actor, texts, version=body.version, why=body.why))

    @router.post("/entries/{topic}/check")
    async def check(topic: str, body: CheckRequest, actor: who) -> CheckedView:  # type: ignore[valid-type]
        """What is to be said of an entry before it is saved; nothing is saved."""
        return CheckedView.of(await studio.check(actor, body.texts | {"id": topic}))

    @router.post("/entries/{topic}/versions/{commit}/restore")
    async def restore(
        topic: str,
        commit: str,
        body: RestoreRequest,
        actor: who,  # type: ignore[valid-type]
    ) -> SavedView:
        """Bring a version back, as a new one."""
        return SavedView.of(await studio.restore(actor, topic, commit, version=body.version, why=body.why))


def _add_files(router: APIRouter, studio: FaqStudio, who: object, clock: Clock) -> None:
    @router.post("/uploads", openapi_extra=_UPLOAD)
    async def put(request: Request, actor: who) -> UploadedView:  # type: ignore[valid-type]
        """A file for a page that is open: taken once, by who sent it."""
        return UploadedView(token=studio.uploads.put(actor, *await _upload(request)))

    @router.post("/imports", openapi_extra=_UPLOAD)
    async def import_sheet(
        request: Request,
        actor: who,  # type: ignore[valid-type]
        dry_run: bool = True,
        why: Annotated[str, Query(max_length=500)] = "",
    ) -> PlanView:
        """A spreadsheet: what it would change, or with ``dry_run=false`` all of it as one change."""
        plan = await studio.imports.plan(actor, *await _upload(request))
        return PlanView.of(plan, None if dry_run else await studio.imports.apply(actor, plan, why=why))

    @router.post("/documents", openapi_extra=_UPLOAD)
    async def propose(request: Request, actor: who) -> list[ProposalView]:  # type: ignore[valid-type]
        """A policy document (Markdown, text, Word) as entries that could be; nothing is saved."""
        name, content = await _upload(request)
        return [ProposalView.of(one) for one in await studio.imports.propose(actor, name, content, on=today(clock))]

    @router.post("/entries")
    async def save_several(body: EntriesRequest, actor: who) -> PlanView:  # type: ignore[valid-type]
        """Entries that were reviewed, as one change; with problems nothing is saved, and they are told by number."""
        plan = await studio.imports.plan_entries(actor, body.entries)
        return PlanView.of(plan, None if plan.problems else await studio.imports.apply(actor, plan, why=body.why))


def today(clock: Clock) -> date:
    """On the wall clock of the business."""
    now: datetime = local(clock())
    return now.date()


async def _upload(request: Request) -> tuple[str, bytes]:
    """The name and content of the file of a form."""
    upload = await read_upload(request, limit=MOST_BYTES)
    return upload.name, upload.content
