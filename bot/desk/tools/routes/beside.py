"""What stands beside a conversation: answers, notes, who else is there, characters, checks, reveals, the summary."""

from collections.abc import Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from bot.desk.tools.characters import convert
from bot.desk.tools.schemas import (
    Beat,
    CheckRequest,
    CheckView,
    Convert,
    Decided,
    DraftView,
    HereView,
    NewNote,
    NoteView,
    OffersView,
    PromiseView,
    RevealRequest,
    ScriptsView,
    SuggestionView,
    TextView,
)
from bot.desk.tools.scripts import Scripts
from bot.desk.tools.services import DeskTools
from bot.desk.tools.summing_up import Confirmed
from bot.desk.tools.who import refuse_unless_talks
from bot.staff.model import Actor


def add_answers(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/answers")
    async def search(
        actor: who,
        q: Annotated[str, Query(min_length=1, max_length=500)],
        conversation_id: UUID | None = None,
        k: Annotated[int, Query(ge=1, le=20)] = 5,
    ) -> OffersView:
        """The knowledge base's likeliest answers, ready to be inserted."""
        return OffersView.model_validate(await tools.answers.search(actor, q, conversation_id, k=k))

    @router.get("/conversations/{conversation_id}/suggestions")
    async def suggest(conversation_id: UUID, actor: who) -> list[SuggestionView]:
        """Answers to what the customer said last."""
        return [SuggestionView.model_validate(one) for one in await tools.answers.suggest(actor, conversation_id)]

    @router.post("/suggestions/{suggestion_id}", status_code=204)
    async def decided(suggestion_id: UUID, body: Decided, actor: who) -> None:
        """What became of a suggestion."""
        await tools.answers.decided(actor, suggestion_id, body.outcome, said_seq=body.said_seq)


def add_notes(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/conversations/{conversation_id}/notes")
    async def notes(conversation_id: UUID, actor: who) -> list[NoteView]:
        return [NoteView.model_validate(one) for one in await tools.notes.of(actor, conversation_id)]

    @router.post("/conversations/{conversation_id}/notes", status_code=201)
    async def add_note(conversation_id: UUID, body: NewNote, actor: who) -> NoteView:
        """Never to the customer."""
        return NoteView.model_validate(await tools.notes.add(actor, conversation_id, body.text))

    @router.get("/notes")
    async def for_me(actor: who) -> list[NoteView]:
        """Notes that mention the person and were not seen yet."""
        return [NoteView.model_validate(one) for one in await tools.notes.for_me(actor)]

    @router.post("/notes/{note_id}/seen", status_code=204)
    async def seen(note_id: UUID, actor: who) -> None:
        refuse_unless_talks(actor)
        await tools.notes.seen(actor, note_id)

    @router.post("/conversations/{conversation_id}/presence")
    async def beat(conversation_id: UUID, body: Beat, actor: who) -> list[HereView]:
        """Every five seconds while the conversation is on the screen; who else is there."""
        others = await tools.presence.beat(actor, conversation_id, body.tab, typing=body.typing)
        return [HereView.model_validate(one) for one in others]

    @router.get("/conversations/{conversation_id}/presence")
    async def others(conversation_id: UUID, actor: who) -> list[HereView]:
        return [HereView.model_validate(one) for one in await tools.presence.others(actor, conversation_id)]

    @router.delete("/conversations/{conversation_id}/presence/{tab}", status_code=204)
    async def leave(conversation_id: UUID, tab: str, actor: who) -> None:
        refuse_unless_talks(actor)
        await tools.presence.leave(actor, conversation_id, tab)


def add_speech(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/conversations/{conversation_id}/script")
    async def scripts(conversation_id: UUID, actor: who) -> ScriptsView:
        return ScriptsView.model_validate(await tools.translation.of(actor, conversation_id))

    @router.put("/conversations/{conversation_id}/script")
    async def choose(conversation_id: UUID, body: ScriptsView, actor: who) -> ScriptsView:
        """In which characters it is read and answered, from now on."""
        chosen = Scripts(body.read_in, body.answer_in)
        return ScriptsView.model_validate(await tools.translation.choose(actor, conversation_id, chosen))

    @router.post("/convert")
    async def converted(body: Convert, actor: who) -> TextView:
        refuse_unless_talks(actor)
        return TextView(text=convert(body.text, body.to))

    @router.post("/conversations/{conversation_id}/check")
    async def check(conversation_id: UUID, body: CheckRequest, actor: who) -> CheckView:
        """What would become of a message: how it would be sent, and what is wrong with it."""
        found = await tools.outgoing.look(actor, conversation_id, body.text)
        return CheckView(
            text=found.text,
            severity=found.verdict.severity,
            hits=found.verdict.hits,
            missing=found.missing,
            is_sendable=found.is_sendable,
            needs_confirmation=found.needs_confirmation,
        )

    @router.post("/conversations/{conversation_id}/reveal")
    async def reveal(conversation_id: UUID, body: RevealRequest, actor: who) -> TextView:
        """A phone, an address or a message whole; who saw it and why goes into the audit first."""
        return TextView(text=await tools.revealing.reveal(actor, conversation_id, body.wanted, body.why))


def add_summary(router: APIRouter, tools: DeskTools, actor_of: Callable[..., Any]) -> None:
    who = Annotated[Actor, Depends(actor_of)]

    @router.get("/conversations/{conversation_id}/summary")
    async def draft(conversation_id: UUID, actor: who) -> DraftView:
        """The draft; nothing is kept yet."""
        return DraftView.model_validate(await tools.summing_up.draft(actor, conversation_id))

    @router.post("/conversations/{conversation_id}/summary", status_code=204)
    async def confirm(conversation_id: UUID, body: Confirmed, actor: who) -> None:
        """Keep the summary and its promises; the conversation is resolved apart from this."""
        await tools.summing_up.confirm(actor, conversation_id, body)

    @router.get("/conversations/{conversation_id}/promises")
    async def promises(conversation_id: UUID, actor: who) -> list[PromiseView]:
        found = await tools.promises.of_conversation(actor, conversation_id)
        return [PromiseView.model_validate(one) for one in found]
