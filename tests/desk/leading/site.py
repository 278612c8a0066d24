"""A desk with supervisors on a test database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from argon2 import PasswordHasher
from fastapi import FastAPI

from bot.clock import Clock
from bot.conversations.events import EventHub
from bot.db import Database
from bot.desk.actors import ActorOf
from bot.desk.leading.endpoints import make_router
from bot.desk.leading.services import Leading, LeadingParts
from bot.desk.leading.settings import WallSettings
from bot.desk.pages import mount_desk
from bot.desk.workplace import DeskServices
from bot.handover.endpoints import make_router as make_handover_router
from bot.handover.kinds import AgentState
from bot.staff.model import SYSTEM, Actor, Role
from tests.desk.builders import CHEAP, PASSWORD, customer_says, make_services, make_waiting

BOSS = Actor("agent:boss", Role.supervisor)
SECOND = Actor("agent:second", Role.supervisor)
LINA = Actor("agent:lina", Role.agent)
ZHOU = Actor("agent:zhou", Role.agent)
PEOPLE = (
    ("boss", "周经理", Role.supervisor),
    ("second", "吴经理", Role.supervisor),
    ("lina", "李娜", Role.agent),
    ("zhou", "周强", Role.agent),
    ("mei", "梅雪", Role.agent),
    ("outlet", "黄网点", Role.outlet_agent),
    ("tang", "唐训", Role.trainer),
    ("chen", "陈静", Role.provincial_agent),
)


@dataclass(frozen=True)
class LeadingSite:
    """Services and desk, as the composition root puts them together."""

    database: Database
    clock: Clock
    desk: DeskServices
    leading: Leading

    async def fill(self) -> None:
        for username, name, role in PEOPLE:
            unit = "GZ001" if role.needs_unit else None
            province = "广东省" if role.needs_province or role.needs_unit else None
            await self.desk.agents.create(username, name, PASSWORD, role, unit=unit, province=province)
        await self.desk.agents.teams.create("claims", "理赔组", by=SYSTEM)
        await self.desk.agents.teams.set_members("claims", ["zhou"], by=SYSTEM)

    async def online(self, *usernames: str) -> None:
        handover = self.desk.handover
        assert handover is not None
        for username in usernames:
            await handover.be(Actor(f"agent:{username}", Role.agent), AgentState.online)

    async def held(self, username: str = "lina", visitor: str = "visitor-1") -> UUID:
        """A customer whom this agent has just taken."""
        conversation_id = await make_waiting(self.desk, visitor=visitor)
        handover = self.desk.handover
        assert handover is not None
        await handover.accept(Actor(f"agent:{username}", Role.agent), conversation_id)
        return conversation_id

    async def served(
        self, username: str = "lina", visitor: str = "visitor-1", *, waited: timedelta = timedelta(seconds=20)
    ) -> UUID:
        """A service that is over: the customer waited, both spoke, and the bot has it again."""
        conversation_id = await make_waiting(self.desk, visitor=visitor)
        self.advance(waited)
        handover = self.desk.handover
        assert handover is not None
        agent = Actor(f"agent:{username}", Role.agent)
        await handover.accept(agent, conversation_id)
        self.advance(timedelta(seconds=30))
        said = f"desk:{username}-{visitor}-0000"
        await self.desk.conversations.say_as_agent(conversation_id, username, "您好，我来帮您看看。", external_id=said)
        self.advance(timedelta(seconds=30))
        await customer_says(self.desk, "我的电话是13812345678，住幸福路88号3单元502室", visitor=visitor, nth=2)
        self.advance(timedelta(minutes=2))
        await handover.give_back(agent, conversation_id)
        return conversation_id

    def advance(self, by: timedelta) -> None:
        self.clock.advance(by)  # type: ignore[attr-defined]

    @property
    def now(self) -> datetime:
        return self.clock()


def make_site(
    database: Database, clock: Clock, *, hasher: PasswordHasher = CHEAP, wall: WallSettings | None = None
) -> LeadingSite:
    hub = EventHub(database)
    desk = make_services(database, clock, hub=hub, hasher=hasher)
    assert desk.handover is not None
    parts = LeadingParts(
        database=database,
        clock=clock,
        hubs=(hub,),
        conversations=desk.conversations,
        handover=desk.handover,
        agents=desk.agents,
        wall=wall or WallSettings(),
    )
    return LeadingSite(database, clock, desk, Leading.build(parts))


def make_app(site: LeadingSite) -> FastAPI:
    """Pages and API as they are served."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await site.desk.hub.start()
        yield
        await site.leading.stop()
        await site.desk.hub.stop()

    app = FastAPI(lifespan=lifespan)
    actor_of = ActorOf(site.desk.agents, "token-of-the-api")
    app.include_router(make_router(site.leading, actor_of))
    assert site.desk.handover is not None
    app.include_router(make_handover_router(site.desk.handover, actor_of))
    mount_desk(app, site.desk, storage_secret="only-for-tests", leading=site.leading)
    return app
