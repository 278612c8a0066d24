"""Who calls the API: a person with a session, a person's program with a token, or another system with the API token."""

import hmac
from dataclasses import dataclass, replace

from fastapi import HTTPException, Request

from bot.desk.cookie import COOKIE, caller_of, is_own_form
from bot.desk.service import AgentService, Person
from bot.staff.model import Actor, Role
from bot.staff.personal_tokens import PREFIX
from bot.staff.words import staff_words


@dataclass(frozen=True)
class ActorOf:
    """A FastAPI dependency: the `Actor` behind a request, 401 without one.

    People show the cookie of their login, or its token as ``Authorization: Bearer``; their programs a personal token;
    other systems the API token of the settings, which may do what an administrator may.  A changing request with the
    cookie has to come from our own pages: 403 otherwise.
    """

    agents: AgentService
    api_token: str

    async def __call__(self, request: Request) -> Actor:
        address = caller_of(request).network
        bearer = bearer_of(request)
        if bearer and hmac.compare_digest(bearer.encode(), self.api_token.encode()):
            return Actor("api", Role.admin, address=address)
        if bearer and bearer.startswith(PREFIX):
            actor = await self.agents.tokens.actor_of(bearer)
            if actor is None:
                raise HTTPException(401, staff_words().refusals["not_known"])
            return replace(actor, address=address)
        return (await person_of(self.agents, request)).acting_from(address)


@dataclass(frozen=True)
class InPerson:
    """A FastAPI dependency: the `Person` who is logged in; no program may do what it guards."""

    agents: AgentService

    async def __call__(self, request: Request) -> Person:
        if (bearer_of(request) or "").startswith(PREFIX):
            raise HTTPException(403, staff_words().refusals["only_in_person"])
        return await person_of(self.agents, request)


async def person_of(agents: AgentService, request: Request) -> Person:
    """Who is logged in: 401 if nobody is, 403 where the cookie came with a request from elsewhere."""
    bearer = bearer_of(request)
    person = await agents.of_session(bearer or request.cookies.get(COOKIE))
    if person is None:
        raise HTTPException(401, staff_words().refusals["not_known"])
    if not bearer and not is_own_form(request):
        raise HTTPException(403, staff_words().refusals["forged"])
    return person


def session_of(request: Request) -> str | None:
    """The token of the session that a request belongs to."""
    return bearer_of(request) or request.cookies.get(COOKIE)


def bearer_of(request: Request) -> str | None:
    kind, _, token = (request.headers.get("authorization") or "").partition(" ")
    return token.strip() or None if kind.lower() == "bearer" else None
