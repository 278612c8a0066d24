"""The desk over HTTP: ``/api/v1/desk``.  Every route but the login refuses callers without a session."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response

from bot.conversations.schemas import ConversationView
from bot.desk import actors
from bot.desk.cookie import (
    COOKIE,
    HALF_COOKIE,
    caller_of,
    csrf_token,
    forget_cookie,
    is_login_form,
    is_secure,
    set_cookie,
)
from bot.desk.schemas import (
    CodeRequest,
    Colleague,
    Context,
    DeskMessage,
    FileView,
    Lists,
    LoginAnswer,
    LoginRequest,
    Messages,
    PersonView,
    ResolveRequest,
    SayRequest,
)
from bot.desk.service import AgentService, Person
from bot.desk.workplace import Workplace
from bot.errors import (
    AccessRefusedError,
    AttachmentRefusedError,
    AttachmentTooBigError,
    BotError,
    LoginLockedError,
    LoginRefusedError,
    NotFoundError,
    RefusedError,
    SecondFactorNeededError,
)
from bot.evidence.endpoints import shown_safely
from bot.evidence.uploads import read_upload
from bot.refusals import refusing_route
from bot.staff.login import HALF_LASTS
from bot.staff.words import staff_words

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (LoginLockedError, 429),
    (LoginRefusedError, 401),
    (AccessRefusedError, 403),
    (NotFoundError, 404),
    (AttachmentTooBigError, 413),
    (AttachmentRefusedError, 415),
    (RefusedError, 409),
)


_FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}, "required": ["file"]}
UPLOAD = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}}


def desk_router(agents: AgentService, workplace: Workplace) -> APIRouter:
    """The routes, bound to their services."""
    router = APIRouter(prefix="/api/v1/desk", tags=["desk"], route_class=refusing_route(_STATUS))

    async def person_of(request: Request) -> Person:
        return await actors.person_of(agents, request)

    who = Annotated[Person, Depends(person_of)]

    @router.post("/login", responses={202: {"description": "The password is right; the code is owed at /login/code."}})
    async def log_in(body: LoginRequest, request: Request, response: Response) -> LoginAnswer:
        """Sets the cookie.  Every refusal reads the same; 429 while there is a wait."""
        _refuse_forged(request)
        try:
            person, token = await agents.log_in(
                body.username, body.password, replacing=request.cookies.get(COOKIE), caller=caller_of(request)
            )
        except SecondFactorNeededError as owed:
            response.status_code = 202
            set_cookie(response, owed.token, name=HALF_COOKIE, secure=is_secure(request), lasts=HALF_LASTS)
            return LoginAnswer(second_factor="setup" if owed.sets_up else "code")
        set_cookie(response, token, secure=is_secure(request))
        return _answer(person, token)

    @router.post("/login/code")
    async def log_in_with_code(body: CodeRequest, request: Request, response: Response) -> LoginAnswer:
        """The code of the authenticator, or a recovery code."""
        _refuse_forged(request)
        half, caller = request.cookies.get(HALF_COOKIE, ""), caller_of(request)
        entered = await agents.login.finish(half, body.code, replacing=request.cookies.get(COOKIE), caller=caller)
        forget_cookie(response, HALF_COOKIE)
        set_cookie(response, entered.token, secure=is_secure(request))
        return _answer(entered.person, entered.token, entered.recovery_codes)

    @router.post("/logout", status_code=204)
    async def log_out(request: Request, response: Response, _person: who) -> None:
        if token := actors.session_of(request):
            await agents.sessions.log_out(token, address=caller_of(request).network)
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

    @router.get("/colleagues")
    async def colleagues(person: who) -> list[Colleague]:
        """Who may be mentioned in a note."""
        return await workplace.colleagues(person)

    @router.get("/conversations/{conversation_id}/messages")
    async def messages(conversation_id: UUID, person: who, after: Annotated[int, Query(ge=0)] = 0) -> Messages:
        return Messages(messages=tuple(await workplace.messages_after(person, conversation_id, after)))

    @router.post("/conversations/{conversation_id}/messages", status_code=201)
    async def say(conversation_id: UUID, body: SayRequest, person: who) -> DeskMessage:
        """409 for what must not be sent; a warning goes out with ``confirmed``."""
        return await workplace.say(
            person,
            conversation_id,
            body.text,
            external_id=body.external_id,
            confirmed=body.confirmed,
            files=body.attachments,
        )

    @router.post("/conversations/{conversation_id}/messages/{seq}/resend", status_code=204)
    async def resend(conversation_id: UUID, seq: int, person: who) -> None:
        """Try a message again that did not arrive."""
        await workplace.resend(person, conversation_id, seq)

    @router.post("/conversations/{conversation_id}/files", status_code=201, openapi_extra=UPLOAD)
    async def upload(conversation_id: UUID, request: Request, person: who) -> FileView:
        """Take a file that is to be sent; pictures are drawn anew, without metadata."""
        file = await read_upload(request, limit=workplace.upload_limit)
        return await workplace.upload(person, conversation_id, file.content, file.declared_type, file.name)

    @router.get("/conversations/{conversation_id}/messages/{seq}/attachments/{place}", response_class=Response)
    async def attachment(conversation_id: UUID, seq: int, place: int, person: who) -> Response:
        """A picture or file that came with a message; ``place`` counts from 0."""
        file, content = await workplace.attachment(person, conversation_id, seq, place)
        return shown_safely(content, file.content_type, file.name)

    @router.post("/conversations/{conversation_id}/resolve", status_code=204)
    async def resolve(conversation_id: UUID, body: ResolveRequest, person: who) -> None:
        """Keep the service summary, then give the conversation back to the bot, or end it."""
        await workplace.resolve(person, conversation_id, body)

    return router


def _refuse_forged(request: Request) -> None:
    """Nobody else's page may log a person into a foreign account."""
    if not is_login_form(request):
        raise HTTPException(403, staff_words().refusals["forged"])


def _answer(person: Person, token: str, recovery_codes: tuple[str, ...] = ()) -> LoginAnswer:
    return LoginAnswer(
        username=person.username,
        name=person.name,
        role=person.role,
        csrf_token=csrf_token(token),
        recovery_codes=recovery_codes,
    )


def _person_view(person: Person) -> PersonView:
    return PersonView(username=person.username, name=person.name, role=person.role)
