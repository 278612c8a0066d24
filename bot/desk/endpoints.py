"""The desk over HTTP: ``/api/v1/desk``.  Every route but the login refuses callers without a session."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from bot.conversations.schemas import ConversationView, MessageView
from bot.desk.cookie import COOKIE, forget_cookie, set_cookie
from bot.desk.schemas import (
    Context,
    Lists,
    LoginRequest,
    Messages,
    PersonView,
    ResolveRequest,
    SayRequest,
)
from bot.desk.service import AgentService, Person
from bot.desk.workplace import Workplace
from bot.errors import AccessRefusedError, BotError, LoginLockedError, LoginRefusedError, NotFoundError, RefusedError
from bot.evidence.endpoints import shown_safely
from bot.refusals import refusing_route

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (LoginLockedError, 429),
    (LoginRefusedError, 401),
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (RefusedError, 409),
)


def desk_router(agents: AgentService, workplace: Workplace) -> APIRouter:
    """The routes, bound to their services."""
    router = APIRouter(prefix="/api/v1/desk", tags=["desk"], route_class=refusing_route(_STATUS))

    async def person_of(request: Request) -> Person:
        person = await agents.of_session(request.cookies.get(COOKIE))
        if person is None:
            raise HTTPException(401, "log in first")
        return person

    who = Annotated[Person, Depends(person_of)]

    @router.post("/login")
    async def log_in(body: LoginRequest, request: Request, response: Response) -> PersonView:
        person, token = await agents.log_in(body.username, body.password, replacing=request.cookies.get(COOKIE))
        set_cookie(response, token, secure=request.url.scheme == "https")
        return _person_view(person)

    @router.post("/logout", status_code=204)
    async def log_out(request: Request, response: Response, _person: who) -> None:
        await agents.log_out(request.cookies[COOKIE])
        forget_cookie(response)

    @router.get("/me")
    async def me(person: who) -> PersonView:
        return _person_view(person)

    @router.get("/queue")
    async def queue(person: who) -> Lists:
        return await workplace.lists(person)

    @router.get("/conversations/{conversation_id}")
    async def context(conversation_id: UUID, person: who) -> Context:
        return await workplace.open(person, conversation_id)

    @router.post("/conversations/{conversation_id}/accept")
    async def accept(conversation_id: UUID, person: who) -> ConversationView:
        return await workplace.accept(person, conversation_id)

    @router.get("/conversations/{conversation_id}/messages")
    async def messages(conversation_id: UUID, person: who, after: Annotated[int, Query(ge=0)] = 0) -> Messages:
        return Messages(messages=tuple(await workplace.messages_after(person, conversation_id, after)))

    @router.post("/conversations/{conversation_id}/messages", status_code=201)
    async def say(conversation_id: UUID, body: SayRequest, person: who) -> MessageView:
        return await workplace.say(person, conversation_id, body.text, external_id=body.external_id)

    @router.get("/conversations/{conversation_id}/messages/{seq}/attachments/{place}", response_class=Response)
    async def attachment(conversation_id: UUID, seq: int, place: int, person: who) -> Response:
        """A picture or file that came with a message; ``place`` counts from 0."""
        file, content = await workplace.attachment(person, conversation_id, seq, place)
        return shown_safely(content, file.content_type, file.name)

    @router.post("/conversations/{conversation_id}/resolve", status_code=204)
    async def resolve(conversation_id: UUID, body: ResolveRequest, person: who) -> None:
        await workplace.resolve(person, conversation_id, body.wrap_up_code, body.text)

    return router


def _person_view(person: Person) -> PersonView:
    return PersonView(username=person.username, name=person.name, role=person.role)
