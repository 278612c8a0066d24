"""Sheets, samples, scores, objections and calibration."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime

from bot.clock import CHINA
from bot.desk.leading.kinds import SampleReason, SampleState
from bot.desk.leading.quality_schemas import (
    AgentResultView,
    AnswerRequest,
    CalibrationView,
    ChooseRequest,
    ComparedView,
    CompareRequest,
    DossierView,
    DrawRequest,
    DrawView,
    EditionView,
    ObjectRequest,
    PlanView,
    PublishPlan,
    PublishSheet,
    Samples,
    SampleView,
    ScoreRequest,
    ScoreView,
    SheetView,
)
from bot.desk.leading.sampling import PAGE, SampleFilter, place_of
from bot.desk.leading.scoring import Scoring
from bot.desk.leading.services import Leading
from bot.desk.leading.who import refuse_unless_leads
from bot.staff.model import Actor


def add_sheets(router: APIRouter, leading: Leading, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    editions = leading.editions

    @router.get("/quality/sheets")
    async def sheets(actor: who) -> list[SheetView]:
        refuse_unless_leads(actor)
        found = await editions.sheets()
        return [SheetView(name=name, version=version, sheet=sheet) for name, (version, sheet) in found.items()]

    @router.get("/quality/sheets/{name}")
    async def sheet(name: str, actor: who, version: Annotated[int | None, Query(ge=0)] = None) -> SheetView:
        """A version, by default the one in force; 0 is the shipped one."""
        refuse_unless_leads(actor)
        wanted = await editions.version("sheet", name) if version is None else version
        return SheetView(name=name, version=wanted, sheet=await editions.sheet(name, wanted))

    @router.get("/quality/sheets/{name}/versions")
    async def versions(name: str, actor: who) -> list[EditionView]:
        refuse_unless_leads(actor)
        return [EditionView.model_validate(line) for line in await editions.history("sheet", name)]

    @router.put("/quality/sheets/{name}")
    async def publish(name: str, body: PublishSheet, actor: who) -> SheetView:
        """Another version from now on; what is scored stays as it is."""
        version = await editions.publish_sheet(actor, name, body.sheet, after=body.after, note=body.note)
        return SheetView(name=name, version=version, sheet=body.sheet)

    @router.get("/quality/plan")
    async def plan(actor: who) -> PlanView:
        """How many services are drawn for which reason."""
        refuse_unless_leads(actor)
        version, rules = await editions.plan()
        return PlanView(version=version, rules=rules)

    @router.put("/quality/plan")
    async def publish_plan(body: PublishPlan, actor: who) -> PlanView:
        version = await editions.publish_plan(actor, body.rules, after=body.after, note=body.note)
        return PlanView(version=version, rules=body.rules)


def add_samples(router: APIRouter, leading: Leading, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    sampling, scoring = leading.sampling, leading.scoring

    @router.post("/quality/draws", status_code=201)
    async def draw(body: DrawRequest, actor: who) -> DrawView:
        """Draw for days that are over; 409 where any of them was drawn already."""
        since = datetime.combine(body.first, time(), CHINA)
        row = await sampling.draw(actor, since, datetime.combine(body.last, time(), CHINA) + timedelta(days=1))
        drawn = {one.id: counts for one, counts in await sampling.draws(actor)}
        return DrawView.of(row, drawn.get(row.id, {}))

    @router.get("/quality/draws")
    async def draws(actor: who) -> list[DrawView]:
        """The newest first, with seeds and candidates."""
        return [DrawView.of(row, counts) for row, counts in await sampling.draws(actor)]

    @router.get("/quality/samples")
    async def samples(
        actor: who,
        state: SampleState | None = None,
        agent: Annotated[str | None, Query(max_length=64)] = None,
        reason: SampleReason | None = None,
        before: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    ) -> Samples:
        """The newest services first."""
        found = await sampling.samples(actor, SampleFilter(state, agent, reason), before=before, limit=limit + 1)
        page = tuple(SampleView.model_validate(one) for one in found[:limit])
        return Samples(samples=page, next=place_of(found[limit - 1]) if len(found) > limit else None)

    @router.post("/quality/samples", status_code=201)
    async def choose(body: ChooseRequest, actor: who) -> DossierView:
        """By hand, and marked so for good."""
        made = await sampling.calibrate(actor, body.conversation_id, scorers=body.scorers, sheet=body.sheet)
        return DossierView.of(await scoring.dossier(actor, made))

    @router.get("/quality/samples/{sample_id}")
    async def dossier(sample_id: UUID, actor: who) -> DossierView:
        """For who leads there, and for the agent once it is scored."""
        return DossierView.of(await scoring.dossier(actor, sample_id))

    @router.post("/quality/samples/{sample_id}/scores", status_code=201)
    async def score(sample_id: UUID, body: ScoreRequest, actor: who) -> ScoreView:
        given = Scoring(body.marks, body.remarks, body.comment)
        return ScoreView.of(await scoring.score(actor, sample_id, given, sheet_version=body.sheet_version))

    @router.post("/quality/samples/{sample_id}/compare", status_code=204)
    async def compare(sample_id: UUID, body: CompareRequest, actor: who) -> None:
        """Have it scored by several, each on their own; it then counts for no agent."""
        await scoring.compare(actor, sample_id, scorers=body.scorers)

    @router.post("/quality/samples/{sample_id}/objection", status_code=204)
    async def object_to(sample_id: UUID, body: ObjectRequest, actor: who) -> None:
        """By the agent, once, within two weeks."""
        await scoring.object_to(actor, sample_id, body.text)

    @router.post("/quality/samples/{sample_id}/answer", status_code=204)
    async def answer(sample_id: UUID, body: AnswerRequest, actor: who) -> None:
        await scoring.answer(actor, sample_id, body.text, total=body.total)


def add_results(router: APIRouter, leading: Leading, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]
    scoring = leading.scoring

    @router.get("/quality/mine")
    async def mine(actor: who) -> list[SampleView]:
        """One's own results, the newest first."""
        return [SampleView.model_validate(one) for one in await scoring.mine(actor)]

    @router.get("/quality/agents")
    async def agents(actor: who, since: AwareDatetime, until: AwareDatetime) -> list[AgentResultView]:
        """By services of this time, the lowest average first."""
        return [AgentResultView.model_validate(one) for one in await scoring.agents(actor, since, until)]

    @router.get("/quality/calibration")
    async def calibration(actor: who) -> CalibrationView:
        agreement, compared, _ = await scoring.calibration(actor)
        return CalibrationView(**vars(agreement), compared=tuple(ComparedView.of(one) for one in compared))
