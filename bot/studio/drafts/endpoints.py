"""The draft over HTTP: ``/api/v1/studio/draft``.

What a role may not do is 403, what breaks a rule of the content 422; an entry that somebody else changed is 409 with
the entry as it stands now under ``newest``.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from bot.errors import AccessRefusedError, BotError, EntryRefusedError, NotFoundError, RefusedError, StaleEntryError
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.studio.drafts.model import (
    Added,
    BrokenFile,
    Conflict,
    Entry,
    EntryChange,
    Example,
    IntentLine,
    Preview,
    ResponseDraft,
    ResponseLine,
    Version,
    Warning,  # noqa: A004
    Word,
    WordList,
)
from bot.studio.drafts.schemas import (
    AddExamplesBody,
    AddWordsBody,
    ChangeExampleBody,
    ChangeWordBody,
    HeadView,
    MoveExampleBody,
    NewestView,
    PageView,
    RemoveBody,
    RestoreBody,
    SaveResponseBody,
    SettleBody,
    VariantBody,
    WarningsBody,
)
from bot.studio.drafts.service import Drafts
from bot.studio.roles import refuse_unless_looks

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (EntryRefusedError, 422),
    (RefusedError, 409),
)
_Search = Annotated[str, Query(max_length=100)]
_After = Annotated[str | None, Query(max_length=300, description="The `after` of the page before.")]
_Limit = Annotated[int, Query(ge=1, le=200)]
ActorOf = Callable[[Request], Awaitable[Actor]]
_Refusing = refusing_route(_STATUS)


# A class made by a function is none to mypy.
class DraftRoute(_Refusing):  # type: ignore[misc, valid-type]
    """Tells who was too late what the entry says now."""

    def get_route_handler(self) -> Callable[[Request], Awaitable[Response]]:
        handle: Callable[[Request], Awaitable[Response]] = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except HTTPException as refusal:
                if not isinstance(refusal.__cause__, StaleEntryError):
                    raise
                newest = refusal.__cause__.newest
                view = NewestView.of(newest).model_dump() if isinstance(newest, Entry) else None
                return JSONResponse({"detail": refusal.detail, "newest": view}, refusal.status_code)

        return told


def make_router(drafts: Drafts, actor_of: ActorOf) -> APIRouter:
    """The routes, bound to their service."""

    async def looking(actor: Annotated[Actor, Depends(actor_of)]) -> Actor:
        refuse_unless_looks(actor)
        return actor

    router = APIRouter(prefix="/api/v1/studio/draft", tags=["studio"], route_class=DraftRoute)
    _add_examples(router, drafts, looking)
    _add_words(router, drafts, looking)
    _add_responses(router, drafts, looking)
    _add_review(router, drafts, looking)
    _add_decisions(router, drafts, looking)
    return router


def _add_examples(router: APIRouter, drafts: Drafts, looking: Callable[..., Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(looking)]

    @router.get("/intents")
    async def intents(_: who) -> list[IntentLine]:
        return await drafts.intents()

    @router.get("/entities")
    async def entities(_: who) -> list[str]:
        """What may be marked in an example."""
        return await drafts.entities()

    @router.get("/examples")
    async def examples(
        _: who, intent: str | None = None, q: _Search = "", after: _After = None, limit: _Limit = 50
    ) -> PageView[Example]:
        """Of one intent, or of all."""
        return PageView[Example].of(await drafts.examples(intent, q=q, after=after, limit=limit))

    @router.post("/examples", status_code=201)
    async def add(body: AddExamplesBody, actor: who) -> Added:
        """All of them, or none."""
        return await drafts.add_examples(actor, [each.example for each in body.examples], why=body.why)

    @router.put("/examples")
    async def change(body: ChangeExampleBody, actor: who) -> Example:
        return await drafts.change_example(actor, body.id, body.text, version=body.version, why=body.why)

    @router.post("/examples/move")
    async def move(body: MoveExampleBody, actor: who) -> Example:
        """Under another intent."""
        return await drafts.move_example(actor, body.id, body.intent, version=body.version, why=body.why)

    @router.post("/examples/remove", status_code=204)
    async def remove(body: RemoveBody, actor: who) -> None:
        await drafts.remove_example(actor, body.id, version=body.version, why=body.why)

    @router.post("/warnings")
    async def warnings(body: WarningsBody, _: who) -> list[Warning]:
        """What to mind before these texts are taught; what is forbidden is refused when they are added."""
        return await drafts.warnings(body.texts, intent=body.intent, topic=body.topic)


def _add_words(router: APIRouter, drafts: Drafts, looking: Callable[..., Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(looking)]

    @router.get("/words")
    async def lists(_: who) -> list[WordList]:
        return await drafts.word_lists()

    @router.get("/words/{listed_in}")
    async def words(
        _: who, listed_in: str, q: _Search = "", after: _After = None, limit: _Limit = 100
    ) -> PageView[Word]:
        return PageView[Word].of(await drafts.words(listed_in, q=q, after=after, limit=limit))

    @router.post("/words/{listed_in}", status_code=201)
    async def add(listed_in: str, body: AddWordsBody, actor: who) -> Added:
        return await drafts.add_words(actor, listed_in, [(w.text, w.meaning) for w in body.words], why=body.why)

    @router.put("/words", status_code=204)
    async def change(body: ChangeWordBody, actor: who) -> None:
        await drafts.change_word(actor, body.id, body.text, body.meaning, version=body.version, why=body.why)

    @router.post("/words-remove", status_code=204)
    async def remove(body: RemoveBody, actor: who) -> None:
        await drafts.remove_word(actor, body.id, version=body.version, why=body.why)


def _add_responses(router: APIRouter, drafts: Drafts, looking: Callable[..., Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(looking)]

    @router.get("/responses")
    async def responses(_: who, q: _Search = "", after: _After = None, limit: _Limit = 50) -> PageView[ResponseLine]:
        return PageView[ResponseLine].of(await drafts.responses(q=q, after=after, limit=limit))

    @router.get("/responses/{name}")
    async def response(name: str, _: who) -> ResponseDraft:
        return await drafts.response(name)

    @router.put("/responses/{name}")
    async def save(name: str, body: SaveResponseBody, actor: who) -> ResponseDraft:
        return await drafts.save_response(actor, name, body.wanted, version=body.version, why=body.why)

    @router.post("/preview")
    async def preview(body: VariantBody, _: who) -> list[Preview]:
        """A wording as each channel shows it, with examples for its variables."""
        return drafts.preview(body.variant)


def _add_review(router: APIRouter, drafts: Drafts, looking: Callable[..., Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(looking)]

    @router.get("/head")
    async def head(_: who) -> HeadView:
        return HeadView(commit=await drafts.head())

    @router.get("/changes")
    async def changes(_: who) -> list[EntryChange]:
        """Every entry that is not as published."""
        return await drafts.diff()

    @router.get("/log")
    async def log(_: who, limit: _Limit = 50) -> list[Version]:
        return await drafts.log(limit=limit)

    @router.get("/history")
    async def history(_: who, entry: Annotated[str, Query(max_length=600)]) -> list[Version]:
        """Of one entry, newest first."""
        return await drafts.history(entry)

    @router.get("/conflicts")
    async def conflicts(_: who) -> list[Conflict]:
        return await drafts.conflicts()

    @router.get("/broken-files")
    async def broken(_: who) -> list[BrokenFile]:
        """Files that cannot be read; the draft goes on with what stood there before."""
        return list(await drafts.broken_files())


def _add_decisions(router: APIRouter, drafts: Drafts, looking: Callable[..., Awaitable[Actor]]) -> None:
    who = Annotated[Actor, Depends(looking)]

    @router.post("/changes/{commit}/undo")
    async def undo(commit: str, why: Annotated[str, Query(max_length=500)], actor: who) -> HeadView:
        """One change, while nobody has changed the same entries since."""
        return HeadView(commit=await drafts.undo(actor, commit, why=why))

    @router.post("/restore", status_code=204)
    async def restore(body: RestoreBody, actor: who) -> None:
        """Make an entry what is published."""
        await drafts.restore(actor, body.id, version=body.version, why=body.why)

    @router.post("/conflicts/settle", status_code=204)
    async def settle(body: SettleBody, actor: who) -> None:
        await drafts.settle(actor, body.id, body.keep, why=body.why)
