"""The audit over HTTP: ``/api/v1/audit``, for supervisors and administrators, read only."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from bot.clock import local
from bot.desk.people_endpoints import SEE_PEOPLE, one_of
from bot.desk.service import AgentService
from bot.errors import BadQueryError
from bot.refusals import refusing_route
from bot.staff.audit import Filter, place_of
from bot.staff.model import Actor
from bot.staff.schemas import Entries, EntryView
from bot.staff.tables import AuditEntry
from bot.staff.words import staff_words

EXPORTED_AT_MOST = 100_000
_COLUMNS = ("时间", "谁", "做了什么", "代码", "对象", "原因", "来自", "会话", "详情")
_RUNS_IN_SPREADSHEETS = ("=", "+", "-", "@", "\t", "\r")


def filter_of(
    who: Annotated[str | None, Query(max_length=80)] = None,
    about: Annotated[str | None, Query(max_length=80, description="A username or a team.")] = None,
    what: Annotated[str | None, Query(max_length=80, description="`login.refused`, or all of `login`.")] = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Filter:
    return Filter(who, about, what, since, until)


def audit_router(agents: AgentService, actor_of: Callable[..., Any]) -> APIRouter:
    """The routes."""
    router = APIRouter(
        prefix="/api/v1",
        tags=["audit"],
        route_class=refusing_route([(BadQueryError, 400)]),
        responses={403: {"description": "Not for this role."}},
    )
    see = Annotated[Actor, Depends(one_of(actor_of, SEE_PEOPLE, "only_supervisor"))]
    wanted = Annotated[Filter, Depends(filter_of)]

    @router.get("/audit", summary="Who did what, when, why, from where")
    async def audit(
        _: see,
        wanted: wanted,
        before: Annotated[str | None, Query(max_length=200, description="The `next` of the page before.")] = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> Entries:
        """The newest first."""
        found = await agents.trail.entries(wanted, before=before, limit=limit + 1)
        page = found[:limit]
        return Entries(
            entries=tuple(entry_view(each) for each in page), next=place_of(page[-1]) if len(found) > limit else None
        )

    @router.get("/audit.csv", summary="The same as a file", response_class=StreamingResponse)
    async def export(actor: see, wanted: wanted) -> StreamingResponse:
        """Up to 100,000 entries; that somebody took them along is itself kept."""
        await agents.trail.exported(wanted, actor)
        return StreamingResponse(
            audit_csv(agents.trail.every(wanted, most=EXPORTED_AT_MOST)),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="audit.csv"'},
        )

    return router


def entry_view(entry: AuditEntry) -> EntryView:
    return EntryView(
        id=entry.id,
        at=entry.at,
        who=entry.who.removeprefix("agent:"),
        what=entry.what,
        happening=staff_words().happening(entry.what),
        about=entry.about,
        why=entry.why,
        address=entry.address,
        conversation_id=entry.conversation_id,
        details=entry.details,
    )


async def audit_csv(entries: AsyncIterator[AuditEntry]) -> AsyncIterator[str]:
    """The file in pieces, with the mark that spreadsheets know UTF-8 by; times are China's."""
    yield "\ufeff" + _line(_COLUMNS)
    async for entry in entries:
        view = entry_view(entry)
        details = json.dumps(view.details, ensure_ascii=False) if view.details else ""
        yield _line(
            (
                f"{local(view.at):%Y-%m-%d %H:%M:%S}",
                view.who,
                view.happening,
                view.what,
                view.about or "",
                view.why or "",
                view.address or "",
                str(view.conversation_id or ""),
                details,
            )
        )


def _line(cells: tuple[str, ...]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(cell) for cell in cells])
    return out.getvalue()


def _harmless(cell: str) -> str:
    """As text where a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(_RUNS_IN_SPREADSHEETS) else cell
