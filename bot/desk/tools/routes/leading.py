"""Promises and tasks, what trainers learn from, and the sensitive words."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from bot.desk.tools.schemas import (
    EditionLine,
    EditionView,
    Finish,
    NewEdition,
    PromiseView,
    Settle,
    TaskView,
    TopicReportView,
)
from bot.desk.tools.services import DeskTools
from bot.desk.tools.who import refuse_unless_leads
from bot.staff.model import Actor


def add_tasks(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/promises")
    async def of_waybill(actor: who, waybill_no: Annotated[str, Query(max_length=40)]) -> list[PromiseView]:
        return [PromiseView.model_validate(one) for one in await tools.promises.of_waybill(actor, waybill_no)]

    @router.post("/promises/{promise_id}/settle")
    async def settle(promise_id: UUID, body: Settle, actor: who) -> PromiseView:
        """Kept or withdrawn, by the person who made it or who leads."""
        return PromiseView.model_validate(await tools.promises.settle(actor, promise_id, body.state, body.text))

    @router.get("/tasks")
    async def tasks(actor: who, done: bool = False) -> list[TaskView]:
        """The person's own, the teams', and nobody's; soonest due first."""
        return [TaskView.model_validate(one) for one in await tools.tasks.of(actor, done=done)]

    @router.post("/tasks/{task_id}/take")
    async def take(task_id: UUID, actor: who) -> TaskView:
        """409 when a colleague was faster."""
        return TaskView.model_validate(await tools.tasks.take(actor, task_id))

    @router.post("/tasks/{task_id}/give-back")
    async def give_back(task_id: UUID, actor: who) -> TaskView:
        return TaskView.model_validate(await tools.tasks.give_back(actor, task_id))

    @router.post("/tasks/{task_id}/finish")
    async def finish(task_id: UUID, body: Finish, actor: who) -> TaskView:
        return TaskView.model_validate(await tools.tasks.finish(actor, task_id, body.text))


def add_lexicon(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/suggestions/report")
    async def report(actor: who, days: Annotated[int, Query(ge=1, le=365)] = 30) -> list[TopicReportView]:
        """What agents made of suggested answers, by topic; for trainers, supervisors and administrators."""
        return [TopicReportView.model_validate(one) for one in await tools.answers.report(actor, days=days)]

    @router.get("/sensitive-words")
    async def edition(actor: who, version: Annotated[int | None, Query(ge=0)] = None) -> EditionView:
        """A version, by default the one in force; 0 is the shipped one."""
        refuse_unless_leads(actor)
        return EditionView.model_validate(await tools.sensitive.edition(version))

    @router.get("/sensitive-words/versions")
    async def versions(actor: who) -> list[EditionLine]:
        refuse_unless_leads(actor)
        return [EditionLine.model_validate(one) for one in await tools.sensitive.versions()]

    @router.put("/sensitive-words")
    async def publish(body: NewEdition, actor: who) -> EditionView:
        """Another list from now on; 409 when somebody published meanwhile."""
        published = await tools.sensitive.publish(actor, body.categories, after=body.after, note=body.note)
        return EditionView.model_validate(published)
