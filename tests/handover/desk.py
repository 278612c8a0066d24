"""A desk without pages: people, customers, and the parts that hand conversations over, on a test database."""

from collections.abc import Callable
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import select

from bot.channels import IncomingMessage, MessageKind
from bot.conversations.model import Conversation, HandOffReason
from bot.conversations.moves import ConversationMove
from bot.conversations.routing import Router
from bot.conversations.service import ConversationService
from bot.db import Database
from bot.handover import presence
from bot.handover.dispatcher import Dispatcher
from bot.handover.kinds import AgentState
from bot.handover.promises import Hours, Promises
from bot.handover.service import Handover
from bot.handover.settings import HandoverSettings
from bot.staff.model import Actor, Role
from bot.staff.tables import Agent, Team, TeamMember
from bot.tickets.service import TicketService
from bot.words import Words

_NUMBERS = count(1)


def actor(username: str, role: Role = Role.agent) -> Actor:
    return Actor(f"agent:{username}", role)


class Desk:
    """One replica of everything that hands over; several on one database are several replicas."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        words: Words,
        settings: HandoverSettings | None = None,
        *,
        router: Router | None = None,
        hours: Hours | None = None,
        tickets: TicketService | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.conversations = ConversationService(database, clock, words)
        if router is not None:
            self.conversations.route_with(router)
        self.handover = Handover(database, clock, self.conversations, settings)
        promises = Promises(database, clock, tickets, hours)
        self.dispatcher = Dispatcher(database, clock, self.conversations, self.handover, promises)

    async def hire(self, *usernames: str, role: Role = Role.agent, capacity: int = 2) -> None:
        async with self.database.transaction() as session:
            session.add_all(
                Agent(
                    username=name,
                    name=name.title(),
                    password_hash="",
                    role=role,
                    capacity=capacity,
                    skills=[],
                    created_at=self.clock(),
                )
                for name in usernames
            )

    async def team(self, name: str, *members: str) -> None:
        async with self.database.transaction() as session:
            session.add(Team(name=name, label=f"{name}组", skills=[], created_at=self.clock()))
            await session.flush()
            session.add_all(TeamMember(team=name, username=member) for member in members)

    async def online(self, *usernames: str) -> None:
        for name in usernames:
            await self.handover.be(actor(name), AgentState.online)

    async def beat(self, *usernames: str) -> None:
        async with self.database.transaction() as session:
            await presence.beat(session, usernames, at=self.clock())

    async def says(self, text: str = "查件", *, sender: str = "visitor-1", payload: str = "") -> UUID:
        incoming = IncomingMessage(
            channel="web",
            sender=sender,
            external_id=f"m{next(_NUMBERS)}",
            kind=MessageKind.postback if payload else MessageKind.text,
            text=text,
            payload=payload,
            received_at=self.clock(),
        )
        return (await self.conversations.receive(incoming)).conversation_id

    async def waiting(
        self, sender: str = "visitor-1", reason: HandOffReason = HandOffReason.asked, *, intent: str | None = None
    ) -> UUID:
        """A customer who has just been handed over."""
        conversation_id = await self.says("转人工", sender=sender)
        view = await self.conversations.view(conversation_id)
        await self.conversations.hand_off(conversation_id, reason, intent=intent, summary="诉求", seq=view.last_seq)
        return conversation_id

    async def held(self, agent: str = "lina", sender: str = "visitor-1") -> UUID:
        """A customer whom this agent has just taken."""
        conversation_id = await self.waiting(sender)
        await self.handover.accept(actor(agent), conversation_id)
        return conversation_id

    async def row(self, conversation_id: UUID) -> Conversation:
        async with self.database.transaction() as session:
            found = await session.get(Conversation, conversation_id)
        assert found is not None
        return found

    async def moves(self, conversation_id: UUID) -> list[ConversationMove]:
        query = select(ConversationMove).where(ConversationMove.conversation_id == conversation_id)
        async with self.database.transaction() as session:
            return list(await session.scalars(query.order_by(ConversationMove.id)))

    async def said(self, conversation_id: UUID, author: str = "system") -> list[str]:
        messages = await self.conversations.messages_after(conversation_id, 0)
        return [message.text for message in messages if message.author == author]

    async def state_of(self, username: str) -> str:
        async with self.database.transaction() as session:
            row = await presence.presence_of(session, username, at=self.clock())
            return row.state
