"""Evaluation sets and dialogues over HTTP: ``/api/v1/studio/sets`` and ``/api/v1/studio/dialogues``.

What a role may not do is 403, what is no longer possible 409.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from bot.errors import AccessRefusedError, BotError, NotFoundError, RefusedError
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.studio.roles import refuse_unless_trains
from bot.studio.sets.dialogue_service import Dialogues
from bot.studio.sets.dialogues import DialogueView, RunView
from bot.studio.sets.labelling import Labelling
from bot.studio.sets.model import Accuracy, Dispute, Exported, Labels, SetLine, Settling, Task, Wish
from bot.studio.sets.schemas import (
    AgreementView,
    FromConversation,
    RunRequest,
    SaveDialogue,
    StateView,
    VersionView,
    WhyRequest,
)
from bot.studio.sets.service import Sets
from bot.studio.sets.stages import Stages
from bot.studio.sets.words import refused

_STATUS: tuple[tuple[type[BotError], int], ...] = ((AccessRefusedError, 403), (NotFoundError, 404), (RefusedError, 409))
ActorOf = Callable[[Request], Awaitable[Actor]]
Skip = Annotated[int, Query(ge=0)]
Limit = Annotated[int, Query(ge=1, le=1000)]


def make_router(sets: Sets, labelling: Labelling, dialogues: Dialogues, stages: Stages, actor_of: ActorOf) -> APIRouter:
    """The routes, bound to their services."""
    router = APIRouter(prefix="/api/v1/studio", tags=["studio"], route_class=refusing_route(_STATUS))
    _add_sets(router, sets, actor_of)
    _add_labelling(router, labelling, actor_of)
    _add_dialogues(router, dialogues, actor_of)
    _add_runs(router, dialogues, stages, actor_of)
    return router


def _add_sets(router: APIRouter, sets: Sets, actor_of: ActorOf) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/sets", summary="Evaluation sets made of conversations")
    async def every(actor: who, skip: Skip = 0, limit: Limit = 200) -> list[SetLine]:
        """The newest first."""
        return await sets.all(actor, skip=skip, limit=limit)

    @router.post("/sets", status_code=201)
    async def make(body: Wish, actor: who) -> SetLine:
        """Draw sentences: all messages alike, or evenly by confidence with weights that make up for it."""
        return await sets.make(actor, body)

    @router.get("/sets/{set_id}")
    async def one(set_id: UUID, actor: who) -> SetLine:
        return await sets.line(actor, set_id)

    @router.delete("/sets/{set_id}", status_code=204)
    async def remove(set_id: UUID, body: WhyRequest, actor: who) -> None:
        await sets.remove(actor, set_id, why=body.why)

    @router.get("/sets/{set_id}/agreement", summary="Cohen's kappa, on the whole and by intent")
    async def agreement(set_id: UUID, actor: who) -> AgreementView:
        return AgreementView.model_validate(await sets.agreement(actor, set_id))

    @router.get("/sets/{set_id}/accuracy")
    async def accuracy(set_id: UUID, actor: who) -> Accuracy:
        """How the bot did when these sentences were said, for all messages of those days."""
        return await sets.accuracy(actor, set_id)

    @router.get("/sets/{set_id}/export")
    async def export(set_id: UUID, actor: who) -> Exported:
        """What is certain, in the formats of docs/evaluation.md."""
        return await sets.export(actor, set_id)


def _add_labelling(router: APIRouter, labelling: Labelling, actor_of: ActorOf) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.post("/sets/{set_id}/next")
    async def following(set_id: UUID, actor: who) -> Task | None:
        """A sentence to label; null when there is none left for this person."""
        return await labelling.next(actor, set_id)

    @router.put("/sentences/{sentence_id}/label")
    async def label(sentence_id: UUID, body: Labels, actor: who) -> StateView:
        return StateView(state=await labelling.label(actor, sentence_id, body))

    @router.delete("/sentences/{sentence_id}", status_code=204)
    async def drop(sentence_id: UUID, body: WhyRequest, actor: who) -> None:
        """Nothing is measured with it."""
        await labelling.drop(actor, sentence_id, why=body.why)

    @router.get("/sets/{set_id}/disputes")
    async def disputes(
        set_id: UUID,
        actor: who,
        after: Annotated[int, Query(ge=0)] = 0,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> list[Dispute]:
        return await labelling.disputes(actor, set_id, after=after, limit=limit)

    @router.put("/sentences/{sentence_id}/settlement", status_code=204)
    async def settle(sentence_id: UUID, body: Settling, actor: who) -> None:
        await labelling.settle(actor, sentence_id, body)


def _add_dialogues(router: APIRouter, dialogues: Dialogues, actor_of: ActorOf) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/dialogues", summary="Dialogues that must go on working")
    async def every(actor: who, skip: Skip = 0, limit: Limit = 200) -> list[DialogueView]:
        """By name."""
        return await dialogues.all(actor, skip=skip, limit=limit)

    @router.post("/dialogues", status_code=201)
    async def add(body: SaveDialogue, actor: who) -> DialogueView:
        return await dialogues.save(actor, None, body.name, body.script, why=body.why)

    @router.post("/dialogues/from-conversation", status_code=201)
    async def convert(body: FromConversation, actor: who) -> DialogueView:
        """What the customer said, with what the bot did then expected; nobody can be recognised in it."""
        place = {"first": body.first, "last": body.last}
        return await dialogues.from_conversation(actor, body.conversation_id, name=body.name, **place)  # type: ignore[arg-type]

    @router.get("/dialogues/{dialogue_id}")
    async def one(dialogue_id: UUID, actor: who) -> DialogueView:
        return await dialogues.get(actor, dialogue_id)

    @router.put("/dialogues/{dialogue_id}")
    async def change(dialogue_id: UUID, body: SaveDialogue, actor: who) -> DialogueView:
        """409 where somebody saved since ``version``."""
        return await dialogues.save(actor, dialogue_id, body.name, body.script, version=body.version, why=body.why)

    @router.delete("/dialogues/{dialogue_id}", status_code=204)
    async def remove(dialogue_id: UUID, actor: who) -> None:
        await dialogues.remove(actor, dialogue_id)

    @router.get("/dialogues/{dialogue_id}/versions")
    async def versions(dialogue_id: UUID, actor: who) -> list[VersionView]:
        found = await dialogues.versions(actor, dialogue_id)
        return [VersionView(version=number, by=by, why=why, script=script) for number, by, why, script in found]


def _add_runs(router: APIRouter, dialogues: Dialogues, stages: Stages, actor_of: ActorOf) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.post("/dialogue-runs", status_code=201)
    async def run(body: RunRequest, actor: who) -> RunView:
        """All dialogues against one release; 409 where it is not up."""
        refuse_unless_trains(actor)
        stage = await stages.of(body.release)
        if stage is None:
            raise refused("no_stage")
        return await dialogues.run(actor, stage, release=body.release)

    @router.get("/dialogue-runs")
    async def runs(actor: who) -> list[RunView]:
        """The latest first, with the results of the newest."""
        return await dialogues.runs(actor)
