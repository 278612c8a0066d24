"""Who calls the API: a person with a session, or another system with the API token."""

import hmac
from dataclasses import dataclass

from fastapi import HTTPException, Request

from bot.desk.cookie import COOKIE
from bot.desk.service import AgentService
from bot.desk.words import desk_words
from bot.staff.model import Actor, Role


@dataclass(frozen=True)
class ActorOf:
    """A FastAPI dependency: the `Actor` behind a request, 401 without one.

    People show the cookie of their login, or its token as ``Authorization: Bearer``; other systems the API token of the
    settings, which may do what an administrator may.
    """

    agents: AgentService
    api_token: str

    async def __call__(self, request: Request) -> Actor:
        bearer = (request.headers.get("authorization") or "").removeprefix("Bearer ").strip()
        if bearer and hmac.compare_digest(bearer.encode(), self.api_token.encode()):
            return Actor("api", Role.admin)
        person = await self.agents.of_session(bearer or request.cookies.get(COOKIE))
        if person is None:
            raise HTTPException(401, desk_words().refusals["not_known"])
        return person.actor
