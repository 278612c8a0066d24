"""The one door for people to hand conversations around: be there, take, pass, transfer, give back, take over."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversations.custody import ConversationState
from bot.conversations.model import Conversation
from bot.conversations.moves import ConversationMove
from bot.conversations.own_words import own_words
from bot.conversations.routing import OFFER_SECONDS
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService, Said
from bot.customers.service import get_customer
from bot.db import Database
from bot.handover import presence
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard
from bot.handover.settings import HandoverSettings
from bot.handover.words import denied, illegal, refused
from bot.staff import audit
from bot.staff.model import Actor, Role
from bot.staff.tables import Agent, Team

_LEADS = frozenset({Role.supervisor, Role.admin})


class Whispers(Protocol):
    """Writes beside a conversation what its agent sees and the customer never does."""

    async def whisper(self, actor: Actor, conversation_id: UUID, text: str, *, to: str) -> None: ...


class Handover:
    """Every move of people.

    All moves raise `AccessRefusedError` for the wrong role, `IllegalMoveError` when the conversation is no longer in a
    state that allows them, `RefusedError` with a Chinese sentence for everything else that cannot be.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        conversations: ConversationService,
        settings: HandoverSettings | None = None,
        whispers: Whispers | None = None,
    ) -> None:
        self.settings = settings or HandoverSettings()
        self._database = database
        self._clock = clock
        self._conversations = conversations
        self._whispers = whispers

    # -- being there -----------------------------------------------------------------------------

    async def me(self, actor: Actor) -> AgentCard:
        """The person's own state; away for who was never there."""
        refuse_unless_talks(actor)
        now = self._clock()
        async with self._database.transaction() as session:
            await _agent(session, actor.username)
            await presence.presence_of(session, actor.username, at=now)
            found = await presence.cards(session, self.settings, at=now)
        return next(card for card in found if card.username == actor.username)

    async def be(self, actor: Actor, state: AgentState) -> AgentCard:
        """Online, on a break or away.  Nobody goes away who still has conversations; offers are passed on."""
        refuse_unless_talks(actor)
        now = self._clock()
        async with self._database.transaction() as session:
            await _agent(session, actor.username)
            row = await presence.presence_of(session, actor.username, at=now)
            held = list(await session.scalars(_held_ids(actor.username)))
            if state is AgentState.offline and held:
                raise refused("still_holding", count=len(held))
            await presence.put_into(session, row, state, who=actor.username, why="", at=now)
            if state is not AgentState.offline:
                row.seen_at = now
            offered = list(await session.scalars(_offered_ids(actor.username)))
        for conversation_id in offered if state is not AgentState.online else ():
            await self.pass_on(conversation_id, actor.username, who=actor.username, why=state.value)
        return await self.me(actor)

    async def beat(self, actor: Actor) -> None:
        """A sign of life, for programs without a page; pages give theirs through `Heartbeats`."""
        refuse_unless_talks(actor)
        async with self._database.transaction() as session:
            await _agent(session, actor.username)
            await presence.beat(session, [actor.username], at=self._clock())

    async def agents(self, actor: Actor) -> list[AgentCard]:
        """Everybody, for who leads; for others their colleagues who are there, to transfer to."""
        refuse_unless_talks(actor)
        async with self._database.transaction() as session:
            found = await presence.cards(session, self.settings, at=self._clock())
        return found if actor.role in _LEADS else [card for card in found if card.is_there]

    async def names(self, usernames: Collection[str]) -> dict[str, str]:
        """What people are called."""
        if not usernames:
            return {}
        query = select(Agent.username, Agent.name).where(Agent.username.in_(usernames))
        async with self._database.transaction() as session:
            return {row.username: row.name for row in await session.execute(query)}

    async def teams(self, actor: Actor) -> list[tuple[str, str]]:
        """Names and labels of all teams, to transfer to."""
        refuse_unless_talks(actor)
        async with self._database.transaction() as session:
            return [(team.name, team.label) for team in await session.scalars(select(Team).order_by(Team.name))]

    # -- taking and passing ----------------------------------------------------------------------

    async def accept(self, actor: Actor, conversation_id: UUID) -> ConversationView:
        """Take what was offered, or what waits where picking is allowed."""
        refuse_unless_talks(actor)
        name = await self._name(actor)
        view = await self._conversations.view(conversation_id)
        if view.state == ConversationState.queued and not self._may_pick(actor):
            raise illegal("picking")
        taken = await self._conversations.accept(conversation_id, actor.username, name)
        async with self._database.transaction() as session:
            await presence.took_one(session, actor.username, at=self._clock())
        return taken

    async def decline(self, actor: Actor, conversation_id: UUID) -> None:
        """Let an offer pass; the next one is asked."""
        refuse_unless_talks(actor)
        if not await self.pass_on(conversation_id, actor.username, who=actor.username, why="declined"):
            raise illegal("not_offered")
        await self.count_pass(actor.username)

    async def transfer(
        self,
        actor: Actor,
        conversation_id: UUID,
        *,
        team: str | None = None,
        agent: str | None = None,
        note: str = "",
    ) -> ConversationView:
        """To a team or a colleague, before everybody else who waits; the customer is told once."""
        refuse_unless_talks(actor)
        now = self._clock()
        label = await self._label(actor, team, agent, now)

        def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
            seconds = conversation.offer_seconds or OFFER_SECONDS
            conversation.transfer(
                actor.username, at=at, note=note.strip(), team=conversation.team if agent else team, to=agent
            )
            if agent:
                conversation.offer(agent, until=at + timedelta(seconds=seconds), at=at)
            return [("handover_transferred", {"to": label})]

        view = await self._conversations.change(conversation_id, move)
        await self._keep("conversation.transferred", actor, conversation_id, why=agent or team)
        return view

    async def give_back(self, actor: Actor, conversation_id: UUID, note: str = "") -> None:
        """To the bot, with what was promised."""
        refuse_unless_talks(actor)
        await self._conversations.resolve(conversation_id, actor.username, note=note.strip())
        await self._keep("conversation.given_back", actor, conversation_id)

    async def end(self, actor: Actor, conversation_id: UUID) -> None:
        """It is over: the customer's next message begins another conversation."""
        refuse_unless_talks(actor)

        def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
            conversation.refuse_unless_held_by(actor.username)
            conversation.end(actor.username, at=at)
            return [("handover_ended", {})]

        await self._conversations.change(conversation_id, move)
        await self._keep("conversation.ended", actor, conversation_id)

    # -- supervisors -----------------------------------------------------------------------------

    async def take_over(self, actor: Actor, conversation_id: UUID, why: str = "") -> ConversationView:
        """Whoever has it, bot or colleague, the supervisor has it now."""
        refuse_unless_leads(actor)
        name = await self._name(actor)

        def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
            before = (conversation.state, conversation.agent)
            conversation.take_over(actor.username, name, at=at, why=why.strip())
            conversation.handled_seq = conversation.customer_seq
            is_new = before != (conversation.state, conversation.agent)
            return [("handover_taken_over", {"agent_name": name})] if is_new else []

        view = await self._conversations.change(conversation_id, move)
        await self._keep("conversation.taken_over", actor, conversation_id, why=why)
        return view

    async def whisper(self, actor: Actor, conversation_id: UUID, text: str) -> None:
        """A word to the agent who has the conversation; the customer never sees it."""
        refuse_unless_leads(actor)
        view = await self._conversations.view(conversation_id)
        if view.state != ConversationState.agent or view.agent is None or self._whispers is None:
            raise illegal("no_agent")
        if not text.strip():
            raise refused("note_empty")
        await self._whispers.whisper(actor, conversation_id, text.strip(), to=view.agent)
        await self._keep("conversation.whispered", actor, conversation_id)

    async def moves(self, actor: Actor, conversation_id: UUID) -> list[ConversationMove]:
        """What happened to a conversation, oldest first; for its holder and who leads."""
        refuse_unless_talks(actor)
        view = await self._conversations.view(conversation_id)
        if actor.role not in _LEADS and view.agent != actor.username:
            raise denied("leads")
        query = select(ConversationMove).where(ConversationMove.conversation_id == conversation_id)
        async with self._database.transaction() as session:
            return list(await session.scalars(query.order_by(ConversationMove.id)))

    async def mark_vip(self, actor: Actor, customer_id: UUID, *, is_vip: bool) -> None:
        """Make a customer a key account, or no longer.  Raises `NotFoundError`."""
        refuse_unless_leads(actor)
        async with self._database.transaction() as session:
            customer = await get_customer(session, customer_id)
            customer.is_vip = is_vip
            what, about = "customer.vip" if is_vip else "customer.not_vip", str(customer_id)
            audit.record_by(session, what, actor, at=self._clock(), about=about)

    # -- for the dispatcher, too -----------------------------------------------------------------

    async def pass_on(self, conversation_id: UUID, agent: str, *, who: str, why: str) -> bool:
        """End an offer to this agent; the customer keeps the place.  Returns whether there was one."""
        done = False

        def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
            nonlocal done
            if conversation.state == ConversationState.offered and conversation.offered_to == agent:
                conversation.pass_on(at=at, who=who, why=why)
                done = True
            return []

        await self._conversations.change(conversation_id, move)
        return done

    async def count_pass(self, username: str) -> None:
        async with self._database.transaction() as session:
            allowed = self.settings.passes_allowed
            await presence.let_one_pass(session, username, allowed=allowed, at=self._clock())

    # -- within ----------------------------------------------------------------------------------

    def _may_pick(self, actor: Actor) -> bool:
        return self.settings.picking or self.settings.assignment == "pick" or actor.role in _LEADS

    async def _label(self, actor: Actor, team: str | None, agent: str | None, now: datetime) -> str:
        """What the customer is told a conversation goes to; refuses what is not there."""
        if agent is None and team is None:
            raise refused("nowhere")
        async with self._database.transaction() as session:
            if agent is None:
                found = await session.get(Team, team)
                if found is None:
                    raise refused("no_team", team=team)
                return found.label
            cards = {card.username: card for card in await presence.cards(session, self.settings, at=now)}
        card = cards.get(agent)
        if agent == actor.username:
            raise refused("oneself")
        if card is None:
            raise refused("no_colleague")
        if card.state is not AgentState.online or not card.is_there:
            raise refused("colleague_away")
        if not card.free:
            raise refused("colleague_busy")
        return own_words().render("handover_colleagues")[0].text + f" {card.name}"

    async def _name(self, actor: Actor) -> str:
        async with self._database.transaction() as session:
            return (await _agent(session, actor.username)).name

    async def _keep(self, what: str, actor: Actor, conversation_id: UUID, *, why: str | None = None) -> None:
        async with self._database.transaction() as session:
            audit.record(
                session, what, who=actor.username, at=self._clock(), why=why or None, conversation_id=conversation_id
            )


def refuse_unless_talks(actor: Actor) -> None:
    if actor.role is None or not actor.role.may_talk:
        raise denied("talks")


def refuse_unless_leads(actor: Actor) -> None:
    if actor.role not in _LEADS:
        raise denied("leads")


async def _agent(session: AsyncSession, username: str) -> Agent:
    """Raises `AccessRefusedError` for who is no person, such as another system."""
    agent = await session.get(Agent, username)
    if agent is None:
        raise denied("person")
    return agent


def _held_ids(username: str) -> Select[UUID]:
    return select(Conversation.id).where(
        Conversation.state == ConversationState.agent.value, Conversation.agent == username
    )


def _offered_ids(username: str) -> Select[UUID]:
    return select(Conversation.id).where(
        Conversation.state == ConversationState.offered.value, Conversation.offered_to == username
    )
