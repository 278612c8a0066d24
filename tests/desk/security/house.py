"""Everybody of the house on a test database: one person of each role, who work on the same things, and callers."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from fastapi import FastAPI
from sqlalchemy import func, text, update

from bot.db import Base, Database
from bot.desk.cookie import COOKIE
from bot.errors import AccountExistsError
from bot.evidence.model import EvidenceKind, NewEvidence
from bot.staff.model import Role
from bot.tickets.model import Ticket
from tests.day.network import HZ1, at
from tests.desk.builders import PASSWORD, make_waiting
from tests.desk.security.application import API_TOKEN, Address
from tests.desk.security.examples import Examples
from tests.desk.ticket_work.site import NUMBER, TicketSite, fill
from tests.evidence.builders import make_picture

NOBODY, PROGRAM, API = "nobody", "program", "api"
USERNAMES = {
    Role.agent: "lina",
    Role.outlet_agent: "gz001",
    Role.provincial_agent: "chen",
    Role.headquarters_agent: "sun",
    Role.provincial_arbitrator: "tang",
    Role.headquarters_arbitrator: "zheng",
    Role.supervisor: "zhou",
    Role.trainer: "he",
    Role.admin: "boss",
}
"""Who has a role here; each has a part in what the tests point at."""

CALLERS = (NOBODY, *(role.value for role in Role), PROGRAM, API)
OWN_PAGE = {"sec-fetch-site": "same-origin"}
_NUMBERS = count(1)


def named(caller: str) -> str:
    """The account of a role; anything else is an account already."""
    return USERNAMES.get(Role(caller), caller) if caller in list(Role) else caller


async def emptied(database: Database) -> None:
    names = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
    async with database.transaction() as session:
        await session.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@dataclass
class House:
    """The application, and what is in its database.

    ``program`` is a token of the administrator's that may do what an agent may, ``theirs`` a conversation that none of
    the callers holds, with the customer ``customer_id``.
    """

    app: FastAPI
    client: httpx.AsyncClient
    site: TicketSite
    examples: Examples
    tickets: dict[str, str] = field(default_factory=dict)
    theirs: UUID | None = None
    customer_id: str = ""
    photo: int = 0
    ticket_no: str = ""
    program: str = ""
    sessions: dict[str, str] = field(default_factory=dict)

    @property
    def agents(self) -> Any:
        return self.site.desk.agents

    async def fill(self) -> None:
        await emptied(self.site.database)
        await fill(self.site)
        await self.agents.create("boss", "管理员", PASSWORD, Role.admin)
        await self.agents.create("victim", "新人", PASSWORD, Role.agent)
        boss = await self.person("boss")
        self.theirs = await self.conversation(NOBODY)
        self.customer_id = str((await self.site.desk.conversations.view(self.theirs)).customer_id)
        complaint = (await self.site.open("complaint_attitude", "态度差")).ticket_no
        self.tickets = {"complaint": complaint, "damage": await self._damaged()}
        self.ticket_no = complaint
        _, self.program = await self.agents.tokens.create(boss, "程序", role=Role.agent, days=1, by=boss.actor)

    async def prepare(self, rule: Any) -> None:
        """A team, a ticket and somebody new, as they were before the last route was tried."""
        boss = (await self.person("boss")).actor
        with suppress(AccountExistsError):
            await self.agents.teams.create("claims", "理赔组", by=boss)
        if "{ticket_no}" in rule.address.path:
            self.ticket_no = self.tickets.get(rule.ticket) or await self._fresh_ticket()

    async def mend(self) -> None:
        """What a try may have broken: an account closed, logins that have to wait."""
        boss = (await self.person("boss")).actor
        await self.agents.set_active("victim", active=True)
        for username in USERNAMES.values():
            await self.agents.accounts.unlock(username, by=boss)

    async def ended(self, shown: str) -> dict[str, str]:
        """Headers of somebody whose way in has ended."""
        if shown == "a cookie that ended":
            _, token = await self.agents.log_in("boss", PASSWORD)
            await self.agents.log_out(token)
            return {"cookie": f"{COOKIE}={token}"}
        if shown == "nonsense":
            return {"cookie": f"{COOKIE}=' or 1=1", "authorization": "Bearer kdp_' or 1=1"}
        boss = await self.person("boss")
        kept, token = await self.agents.tokens.create(boss, "旧程序", role=Role.admin, days=1, by=boss.actor)
        await self.agents.tokens.end("boss", kept.id, by=boss.actor)
        return {"authorization": f"Bearer {token}"}

    async def _damaged(self) -> str:
        """A ticket with a chain of evidence, and a photo in it."""
        number = (await self.site.open("damage", "外箱破损")).ticket_no
        evidence, sender = self.site.service.evidence, at(HZ1)
        photo = await evidence.attachments.upload(make_picture(), "image/jpeg", "出港.jpg", by=sender)
        async with self.site.database.transaction() as session:
            new = NewEvidence(EvidenceKind.photo, "", photo)
            item = await evidence.items.add(session, number, new, by=sender, at=self.site.clock(), turn="add-photo")
        self.photo = item.seq
        return number

    async def _fresh_ticket(self) -> str:
        """A service ticket that its outlet has; the one before is out of the way."""
        async with self.site.database.transaction() as session:
            moved = {"category": func.concat("gone-", Ticket.ticket_no)}
            await session.execute(update(Ticket).where(Ticket.category == "not_to_door").values(moved))
        return (await self.site.open()).ticket_no

    async def person(self, username: str) -> Any:
        found = await self.agents.of_session(await self.session(username))
        if found is None:
            self.sessions.pop(username)
            return await self.person(username)
        return found

    async def session(self, username: str) -> str:
        """A session that counts, as long as nothing has ended it: see `ask`."""
        if username not in self.sessions:
            _, self.sessions[username] = await self.agents.log_in(username, PASSWORD)
        return self.sessions[username]

    async def headers(self, caller: str) -> dict[str, str]:
        """What somebody's browser or program shows."""
        if caller == NOBODY:
            return OWN_PAGE
        if caller in (PROGRAM, API):
            return {"authorization": f"Bearer {self.program if caller == PROGRAM else API_TOKEN}"}
        return {"cookie": f"{COOKIE}={await self.session(named(caller))}"} | OWN_PAGE

    async def conversation(self, caller: str) -> UUID:
        """One that the caller holds, or somebody else where the caller holds none."""
        holder = "boss" if caller in (PROGRAM, API) else named(caller)
        if caller not in (PROGRAM, API) and not (caller in list(Role) and Role(caller).may_talk):
            if self.theirs is not None:
                return self.theirs
            holder = "victim"
        conversation_id = await make_waiting(self.site.desk, visitor=f"visitor-{next(_NUMBERS)}")
        await self.site.desk.conversations.accept(conversation_id, holder, "某人")
        return conversation_id

    async def shared_answer(self) -> UUID:
        """A canned response for everybody."""
        draft = {"scope": "shared", "title": f"你好{next(_NUMBERS)}", "text": "您好"}
        address = Address("/api/v1/desk/tools/canned", "POST")
        return UUID((await self.ask(address, API, draft)).raise_for_status().json()["id"])

    async def ask(
        self,
        address: Address,
        caller: str,
        body: dict[str, Any] | None = None,
        *,
        at: dict[str, object] | None = None,
        **headers: str,
    ) -> httpx.Response:
        """One request as this caller, or as the person with this account; ``at`` names things of the address."""
        path = address.path
        for name, value in (at or {}).items():
            path = path.replace(f"{{{name}}}", str(value))
        path = await self.filled(path, caller)
        self.client.cookies.clear()
        shown = await self.headers(caller) | headers
        answer = await self.client.request(
            address.method, path, headers=shown, follow_redirects=False, **self.examples.of(address, body)
        )
        if address.path.endswith(("/logout", "/login", "/login/code", "/sessions")):
            self.sessions.clear()
        return answer

    async def filled(self, path: str, caller: str) -> str:
        """With what is there in place of the names in braces; what is not there is some id."""
        makers: dict[str, Callable[[], Any]] = {
            "{conversation_id}": lambda: self.conversation(caller),
            "{response_id}": self.shared_answer,
        }
        for name, make in makers.items():
            if name in path:
                path = path.replace(name, str(await make()))
        known = {"{ticket_no}": self.ticket_no, "{waybill_no}": NUMBER, "{username}": "victim", "{kind}": "yml"}
        known |= {"{customer_id}": self.customer_id, "{letter_id}": "7", "{miss_id}": "7"}
        known |= {"{version}": "1", "{place}": "0", "{tab}": "t", "{unit}": "GZ001"}
        known["{seq}"] = str(self.photo) if "/evidence/" in path else "1"
        known["{name}"] = "claims" if "/teams/" in path else "x"
        for name, value in known.items():
            path = path.replace(name, value)
        while "{" in path:
            path = path[: path.index("{")] + str(uuid4()) + path[path.index("}") + 1 :]
        return path
