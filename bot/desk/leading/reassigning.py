"""What supervisors do about what the wall shows: look in, pass conversations on, change somebody's state."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from bot.clock import Clock
from bot.conversations.custody import WAITING, ConversationState
from bot.conversations.model import Conversation
from bot.conversations.own_words import own_words
from bot.conversations.routing import OFFER_SECONDS
from bot.conversations.schemas import ConversationView, MessageView
from bot.conversations.service import Change, ConversationService, Said
from bot.db import Database
from bot.desk.context import visitor_label
from bot.desk.leading.who import Scope, refuse_unless_leads
from bot.desk.leading.words import denied, illegal, refused, unknown
from bot.desk.tools.free_text import mask_text
from bot.handover import presence
from bot.handover.kinds import AgentState
from bot.handover.presence import AgentCard
from bot.handover.service import Handover
from bot.staff import audit
from bot.staff.model import Actor
from bot.staff.tables import Agent

_SHOWN = 60


@dataclass(frozen=True)
class HeldLine:
    """A conversation somebody has, or is offered."""

    id: UUID
    visitor: str
    channel: str
    state: ConversationState
    since: datetime
    waybill_no: str | None


@dataclass(frozen=True)
class Transcript:
    """A conversation as somebody who does not serve it reads it: what is personal is masked."""

    view: ConversationView
    messages: tuple[MessageView, ...]


class Reassigning:
    """The moves of supervisors that `Handover` has not.

    All raise `AccessRefusedError` for who does not lead, or not there, `RefusedError` with a sentence for what cannot
    be, `IllegalMoveError` for what is no longer possible.
    """

    def __init__(
        self, database: Database, clock: Clock, conversations: ConversationService, handover: Handover
    ) -> None:
        self._database = database
        self._clock = clock
        self._conversations = conversations
        self._handover = handover

    async def held_by(self, actor: Actor, username: str) -> list[HeldLine]:
        """What somebody has, or is offered, the oldest first."""
        await self._refuse_unless_leads(actor, username)
        is_held = (Conversation.state == ConversationState.agent.value) & (Conversation.agent == username)
        is_offered = (Conversation.state == ConversationState.offered.value) & (Conversation.offered_to == username)
        query = select(Conversation).where(is_held | is_offered).order_by(Conversation.state_since)
        async with self._database.transaction() as session:
            return [_line(row) for row in await session.scalars(query)]

    async def look(self, actor: Actor, conversation_id: UUID) -> Transcript:
        """Read along; that somebody did is kept."""
        refuse_unless_leads(actor)
        view = await self._conversations.view(conversation_id)
        await self._refuse_holder(actor, view.agent)
        messages = await self._conversations.messages_before(conversation_id, view.last_seq + 1, limit=_SHOWN)
        async with self._database.transaction() as session:
            audit.record_by(
                session, "conversation.opened", actor, at=self._clock(), conversation_id=conversation_id, where="wall"
            )
        return Transcript(view, tuple(masked(message) for message in messages))

    async def pass_to(
        self,
        actor: Actor,
        conversation_id: UUID,
        *,
        team: str | None = None,
        agent: str | None = None,
        note: str = "",
    ) -> ConversationView:
        """Whoever has it, a team or a colleague has it next, before everybody else; the customer is told once."""
        refuse_unless_leads(actor)
        view = await self._conversations.view(conversation_id)
        await self._refuse_holder(actor, view.agent)
        now = self._clock()
        me = await self._agent(actor.username)
        label = await self._label(actor, view, team, agent)

        def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
            if conversation.state not in (*WAITING, ConversationState.agent):
                raise illegal("with_bot")
            seconds = conversation.offer_seconds or OFFER_SECONDS
            to_team = conversation.team if agent else team
            conversation.take_over(me.username, me.name, at=at, why=note.strip())
            conversation.transfer(me.username, at=at, note=note.strip(), team=to_team, to=agent)
            if agent:
                conversation.offer(agent, until=at + timedelta(seconds=seconds), at=at)
            return [("handover_transferred", {"to": label})]

        passed = await self._conversations.change(conversation_id, move)
        async with self._database.transaction() as session:
            what, why = "conversation.reassigned", agent or team
            audit.record_by(
                session, what, actor, at=now, why=why, conversation_id=conversation_id, was=view.agent, note=note
            )
        return passed

    async def put(self, actor: Actor, username: str, state: AgentState, why: str) -> AgentCard:
        """Another state for somebody who forgot, with the reason; who goes away gives all customers back to the queue.

        The customers keep their turn: they come before everybody else who waits.
        """
        await self._refuse_unless_leads(actor, username)
        if not why.strip():
            raise refused("why")
        if state is AgentState.online:
            raise refused("only_themselves")
        now = self._clock()
        async with self._database.transaction() as session:
            row = await presence.presence_of(session, username, at=now)
            if row.state == state:
                raise illegal("same_state")
            was = row.state
            await presence.put_into(session, row, state, who=actor.username, why=why.strip(), at=now)
            audit.record_by(
                session, "agent.state_set", actor, at=now, about=username, why=why.strip(), was=was, now=state.value
            )
        for line in await self.held_by(actor, username):
            await self._free(actor, username, line, state, why.strip())
        return next(card for card in await self._handover.agents(actor) if card.username == username)

    # -- within ----------------------------------------------------------------------------------

    async def _free(self, actor: Actor, username: str, line: HeldLine, state: AgentState, why: str) -> None:
        if line.state is ConversationState.offered:
            await self._handover.pass_on(line.id, username, who=actor.username, why=why)
        elif state is AgentState.offline:
            await self._conversations.change(line.id, _losing(username, why))

    async def _label(self, actor: Actor, view: ConversationView, team: str | None, agent: str | None) -> str:
        """What the customer is told it goes to; refuses what is not there."""
        if agent is None and team is None:
            raise refused("nowhere")
        if agent is None:
            labels = dict(await self._handover.teams(actor))
            if team not in labels:
                raise unknown("no_team", team=team)
            return labels[team or ""]
        cards = {card.username: card for card in await self._handover.agents(actor)}
        card = cards.get(agent)
        if card is None:
            raise unknown("no_colleague")
        if view.agent == agent:
            raise refused("has_it")
        if not card.takes_offers:
            raise refused("colleague_busy", name=card.name)
        return own_words().render("handover_colleagues")[0].text + f" {card.name}"

    async def _refuse_unless_leads(self, actor: Actor, username: str) -> None:
        refuse_unless_leads(actor)
        agent = await self._agent(username)
        if not Scope.of(actor).covers(agent.unit, agent.province):
            raise denied("not_yours")

    async def _refuse_holder(self, actor: Actor, holder: str | None) -> None:
        """Conversations of people whom somebody does not lead are theirs; the queue is everybody's."""
        if holder is not None and not Scope.of(actor).is_everything:
            await self._refuse_unless_leads(actor, holder)

    async def _agent(self, username: str) -> Agent:
        async with self._database.transaction() as session:
            agent = await session.get(Agent, username)
        if agent is None:
            raise unknown("no_colleague")
        return agent


def masked(message: MessageView) -> MessageView:
    """The message without phones, addresses and numbers of people; a channel's own id may hold one, too."""
    return message.model_copy(update={"text": mask_text(message.text), "external_id": None})


def _line(row: Conversation) -> HeldLine:
    return HeldLine(
        id=row.id,
        visitor=visitor_label(row.customer_id),
        channel=row.reply_channel,
        state=ConversationState(row.state),
        since=row.state_since or row.updated_at,
        waybill_no=row.waybill_no,
    )


def _losing(username: str, why: str) -> Change:
    def move(conversation: Conversation, at: datetime) -> Iterable[Said]:
        if conversation.state != ConversationState.agent or conversation.agent != username:
            return []
        conversation.lose(at=at, why=why)
        return [("handover_lost", {})]

    return move
