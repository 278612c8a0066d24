"""Who may use which tool, and in which conversation; and the line of the audit that each use leaves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.custody import WAITING
from bot.conversations.model import Conversation, ConversationState
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.desk.tools.words import denied, illegal
from bot.staff import audit
from bot.staff.model import Actor, Role

LEADS = frozenset({Role.supervisor, Role.admin})
LEARNS = LEADS | {Role.trainer}


def refuse_unless_talks(actor: Actor) -> None:
    """Raises `AccessRefusedError` for a role that does not talk with customers."""
    if actor.role is None or not actor.role.may_talk:
        raise denied("talks")


def refuse_unless_leads(actor: Actor) -> None:
    """Raises `AccessRefusedError` for anybody but supervisors and administrators."""
    if actor.role not in LEADS:
        raise denied("leads")


def refuse_unless_learns(actor: Actor) -> None:
    """Raises `AccessRefusedError` for anybody who has no part in training."""
    if actor.role not in LEARNS:
        raise denied("learns")


@dataclass(frozen=True)
class Sight:
    """Which conversations somebody may see, and which they hold."""

    conversations: ConversationService

    async def view(self, actor: Actor, conversation_id: UUID) -> ConversationView:
        """The actor's own, one that waits, or any for who leads.  Raises `AccessRefusedError`, `NotFoundError`."""
        refuse_unless_talks(actor)
        view = await self.conversations.view(conversation_id)
        if not (_is_held(view, actor) or view.state in WAITING or actor.role in LEADS):
            raise denied("conversation")
        return view

    async def held(self, actor: Actor, conversation_id: UUID) -> ConversationView:
        """A conversation that the actor holds.  Raises `IllegalMoveError` for any other, `NotFoundError`."""
        refuse_unless_talks(actor)
        view = await self.conversations.view(conversation_id)
        refuse_unless_held(actor, view)
        return view


def refuse_unless_held(actor: Actor, conversation: Conversation | ConversationView) -> None:
    """Raises `IllegalMoveError` for a conversation that the actor does not hold, `AccessRefusedError`."""
    refuse_unless_talks(actor)
    if not _is_held(conversation, actor):
        raise illegal("not_held")


def _is_held(view: Conversation | ConversationView, actor: Actor) -> bool:
    return view.state == ConversationState.agent and view.agent == actor.username


def keep(
    session: AsyncSession,
    what: str,
    actor: Actor,
    *,
    at: datetime,
    why: str | None = None,
    conversation_id: UUID | None = None,
) -> None:
    """One line of the audit, in the transaction of what is done."""
    audit.record_by(session, what, actor, at=at, why=why, conversation_id=conversation_id)
