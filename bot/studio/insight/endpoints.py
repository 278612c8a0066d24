"""Numbers and the list of things to do over HTTP: ``/api/v1/studio/numbers`` and ``/api/v1/studio/next``."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict

from bot.errors import AccessRefusedError, BadQueryError, BotError
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.studio.insight.export import csv_of, sheet_of
from bot.studio.insight.kinds import HintKind
from bot.studio.insight.model import Contacts, Heard, Hint, Period, Ratings, Report
from bot.studio.insight.next import Next
from bot.studio.insight.numbers import Numbers

_STATUS: tuple[tuple[type[BotError], int], ...] = ((AccessRefusedError, 403), (BadQueryError, 400))
ActorOf = Callable[[Request], Awaitable[Actor]]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class HintView(_View):
    """See `bot.studio.insight.model.Hint`; ``gain`` is ``cost`` times ``odds``."""

    kind: HintKind
    title: str
    cost: float
    odds: float
    gain: float
    why: str
    act: str
    href: str

    @classmethod
    def of(cls, hint: Hint) -> "HintView":
        return cls.model_validate(hint)


class TotalsView(_View):
    """Of a period; shares from 0 to 1, null where there was nothing."""

    contacts: int
    resolved: int
    repeated: int
    given_up: int
    handed_over: dict[str, int]
    resolution: float | None
    repeat_share: float | None
    heard: int
    unsure: int
    understood: float | None

    @classmethod
    def of(cls, contacts: Contacts, heard: Heard) -> "TotalsView":
        return cls(
            contacts=contacts.all,
            resolved=contacts.resolved,
            repeated=contacts.repeated,
            given_up=contacts.given_up,
            handed_over=dict(contacts.handed),
            resolution=contacts.resolution,
            repeat_share=contacts.repeat_share,
            heard=heard.n,
            unsure=heard.unsure,
            understood=heard.understood,
        )


class NumbersView(_View):
    """A whole period; tables of it are under ``/api/v1/studio/numbers/{table}.csv``."""

    since: date
    until: date
    channel: str | None
    channels: tuple[str, ...]
    totals: TotalsView
    before: TotalsView
    bot_score: float | None
    agent_score: float | None
    unanswered: int

    @classmethod
    def of(cls, report: Report) -> "NumbersView":
        return cls(
            since=report.period.since,
            until=report.period.until,
            channel=report.channel,
            channels=report.channels,
            totals=TotalsView.of(report.contacts, report.heard),
            before=TotalsView.of(report.before, report.heard_before),
            bot_score=_mean(report.bot_ratings),
            agent_score=_mean(report.agent_ratings),
            unanswered=report.unanswered,
        )


def make_router(numbers: Numbers, following: Next, actor_of: ActorOf) -> APIRouter:
    """The routes, bound to their services."""
    router = APIRouter(prefix="/api/v1/studio", tags=["studio"], route_class=refusing_route(_STATUS))
    who = Annotated[Actor, Depends(actor_of)]
    period = Annotated[Period, Depends(period_of(numbers))]
    channel = Annotated[str | None, Query(max_length=40)]

    @router.get("/next", summary="What is worth doing, by what it gains")
    async def agenda(actor: who) -> list[HintView]:
        return [HintView.of(hint) for hint in (await following.agenda(actor)).hints]

    @router.get("/numbers")
    async def totals(actor: who, period: period, channel: channel = None) -> NumbersView:
        return NumbersView.of(await numbers.report(actor, period, channel=channel))

    @router.get("/numbers/{table}.csv", response_class=Response)
    async def export(table: str, actor: who, period: period, channel: channel = None) -> Response:
        """One table of the report: contacts, understood, asked, handed, ratings, mended or entries."""
        sheet = sheet_of(await numbers.report(actor, period, channel=channel), table)
        name = f"{table}-{period.since}-{period.until}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(csv_of(sheet), media_type="text/csv; charset=utf-8", headers=headers)

    return router


def period_of(numbers: Numbers) -> Callable[..., Any]:
    """A dependency: the days asked for, else the last thirty."""

    def of(since: date | None = None, until: date | None = None) -> Period:
        last = numbers.last(30)
        return Period(since or last.since, until or last.until)

    return of


def _mean(ratings: Ratings) -> float | None:
    return ratings.mean
