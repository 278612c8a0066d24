"""One's own account over HTTP: ``/api/v1/account``.  Only for who is logged in; personal tokens cannot be used here."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from bot.desk.actors import InPerson, session_of
from bot.desk.cookie import caller_of
from bot.desk.qr import qr_svg
from bot.desk.service import AgentService, Person
from bot.errors import BotError, LoginLockedError, LoginRefusedError, NotFoundError, RefusedError, WeakPasswordError
from bot.refusals import refusing_route
from bot.staff.model import Actor
from bot.staff.schemas import (
    ChangePassword,
    ConfirmSetup,
    NewToken,
    NewTokenView,
    OwnAccount,
    PasswordOnly,
    RecoveryCodes,
    SessionView,
    SetupView,
    TokenView,
)
from bot.staff.words import staff_words

_STATUS: tuple[tuple[type[BotError], int], ...] = (
    (LoginLockedError, 429),
    (LoginRefusedError, 403),
    (WeakPasswordError, 422),
    (NotFoundError, 404),
    (RefusedError, 409),
)


def account_router(agents: AgentService) -> APIRouter:
    """The routes."""
    router = APIRouter(
        prefix="/api/v1/account",
        tags=["account"],
        route_class=refusing_route(_STATUS, say_refusal),
        responses={401: {"description": "Nobody is logged in."}},
    )
    who = Annotated[Person, Depends(InPerson(agents))]

    @router.get("", summary="Who one is")
    async def account(person: who) -> OwnAccount:
        return OwnAccount(
            person=await agents.accounts.get(person.username),
            must_have_second_factor=await agents.own.second_factor_needed(person.username),
            recovery_codes_left=await agents.own.recovery_codes_left(person.username),
        )

    @router.post("/password", status_code=204, summary="Change one's password")
    async def change_password(body: ChangePassword, request: Request, person: who) -> None:
        """Every other session ends."""
        by = _by(person, request)
        await agents.own.change_password(person.username, body.current, body.new, keeping=session_of(request), by=by)

    _add_second_factor(router, agents, who)
    _add_sessions(router, agents, who)
    _add_tokens(router, agents, who)
    return router


def _add_second_factor(router: APIRouter, agents: AgentService, who: Any) -> None:
    @router.post("/second-factor", summary="Begin to set an authenticator up")
    async def begin(person: who) -> SetupView:
        """Nothing changes before its first code comes back to `/second-factor/confirm`."""
        begun = agents.own.begin_second_factor(person.username)
        return SetupView(
            setup=begun.locked,
            secret=begun.setup.secret,
            address=begun.setup.address,
            qr_svg=qr_svg(begun.setup.address),
        )

    @router.post("/second-factor/confirm", summary="Turn the second factor on")
    async def confirm(body: ConfirmSetup, request: Request, person: who) -> RecoveryCodes:
        codes = await agents.own.confirm_second_factor(
            person.username,
            body.password,
            body.setup,
            body.code,
            keeping=session_of(request),
            by=_by(person, request),
        )
        return RecoveryCodes(codes=tuple(codes))

    @router.post("/second-factor/codes", summary="New recovery codes in place of the old")
    async def codes(body: PasswordOnly, request: Request, person: who) -> RecoveryCodes:
        found = await agents.own.new_recovery_codes(person.username, body.password, by=_by(person, request))
        return RecoveryCodes(codes=tuple(found))

    @router.post("/second-factor/off", status_code=204, summary="Turn the second factor off")
    async def turn_off(body: PasswordOnly, request: Request, person: who) -> None:
        await agents.own.turn_off_second_factor(person.username, body.password, by=_by(person, request))


def _add_sessions(router: APIRouter, agents: AgentService, who: Any) -> None:
    @router.get("/sessions", summary="Where one is logged in")
    async def sessions(request: Request, person: who) -> list[SessionView]:
        found = await agents.sessions.of_person(person.username, asking=session_of(request))
        return [SessionView.model_validate(each) for each in found]

    @router.delete("/sessions", status_code=204, summary="Log out everywhere else")
    async def end_others(request: Request, person: who) -> None:
        await agents.sessions.end_others(person.username, but=session_of(request), by=_by(person, request))

    @router.delete("/sessions/{session_id}", status_code=204, summary="Log out on one browser")
    async def end(session_id: UUID, request: Request, person: who) -> None:
        await agents.sessions.end(person.username, session_id, by=_by(person, request))


def _add_tokens(router: APIRouter, agents: AgentService, who: Any) -> None:
    @router.get("/tokens", summary="One's own programs")
    async def tokens(person: who) -> list[TokenView]:
        return [TokenView.model_validate(each) for each in await agents.tokens.of_person(person.username)]

    @router.post("/tokens", status_code=201, summary="Make a token for a program")
    async def create(body: NewToken, request: Request, person: who) -> NewTokenView:
        """It is shown this once only.  To be sent as `Authorization: Bearer`."""
        kept, token = await agents.tokens.create(
            person, body.name, role=body.role or person.role, days=body.days, by=_by(person, request)
        )
        return NewTokenView(token=token, kept=TokenView.model_validate(kept))

    @router.delete("/tokens/{token_id}", status_code=204, summary="End a program's token")
    async def end(token_id: UUID, request: Request, person: who) -> None:
        await agents.tokens.end(person.username, token_id, by=_by(person, request))


def _by(person: Person, request: Request) -> Actor:
    return person.acting_from(caller_of(request).network)


def say_refusal(error: BotError) -> str:
    """A refusal in Chinese, waits with their seconds."""
    if isinstance(error, LoginLockedError):
        return staff_words().refusals["wait"].format(seconds=error.wait_s)
    return str(error)
