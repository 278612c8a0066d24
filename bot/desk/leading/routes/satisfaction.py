"""How satisfied customers were."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from bot.desk.leading.satisfaction import PAGE, Asked
from bot.desk.leading.satisfaction_schemas import Answers, AnswerView, ReportView, answers_csv
from bot.desk.leading.services import Leading
from bot.staff.model import Actor

Name = Annotated[str | None, Query(max_length=64)]


def asked(
    since: AwareDatetime,
    until: AwareDatetime,
    channel: Name = None,
    about: Literal["agent", "bot"] | None = None,
    team: Name = None,
    agent: Name = None,
) -> Asked:
    """What was offered in this time; everything that is given has to fit."""
    return Asked(since, until, channel or None, about, team or None, agent or None)


def add_satisfaction(router: APIRouter, leading: Leading, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    wanted = Annotated[Asked, Depends(asked)]
    satisfaction = leading.satisfaction

    @router.get("/satisfaction")
    async def report(actor: who, which: wanted) -> ReportView:
        return ReportView.of(await satisfaction.report(actor, which))

    @router.get("/satisfaction/comments")
    async def comments(
        actor: who,
        which: wanted,
        before: Annotated[str | None, Query(max_length=300)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    ) -> Answers:
        """What customers wrote, the newest first."""
        found = await satisfaction.comments(actor, which, before=before, limit=limit + 1)
        page = tuple(AnswerView.model_validate(one) for one in found[:limit])
        return Answers(answers=page, next=found[limit - 1].place if len(found) > limit else None)

    @router.get("/satisfaction.csv", response_class=StreamingResponse)
    async def export(actor: who, which: wanted) -> StreamingResponse:
        """Every answer, up to 100,000; that somebody took them along is kept."""
        portions = await satisfaction.export(actor, which)
        teams = {team.name: team.label for team in await leading.parts.agents.teams.all()}
        return StreamingResponse(
            answers_csv(portions, teams),
            media_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="satisfaction.csv"'},
        )
