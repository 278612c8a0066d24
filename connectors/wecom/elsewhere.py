"""Conversations that people have in WeCom instead of at our desk: the bot is silent, the transcript goes on.

Nothing here is sent to the customer: what the platform or its people do there the customer sees there.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from bot.channels import Attachment, Reply
from bot.conversations import repository
from bot.conversations.events import Event, announce
from bot.conversations.model import Conversation, HandOffReason
from connectors.wecom.account import CHANNEL, WeComState
from connectors.wecom.words import word

_THEIRS = f"{CHANNEL}:"
_POOL = f"{_THEIRS}pool"


def is_elsewhere(conversation: Conversation) -> bool:
    return (conversation.agent or "").startswith(_THEIRS)


async def follow(session: AsyncSession, external_userid: str, state: WeComState, servicer: str, at: datetime) -> None:
    """The customer's conversation is where the platform says it is, in the caller's transaction.

    Call this before anything else in it: the conversation is locked first everywhere.
    """
    conversation = await repository.behind(session, CHANNEL, external_userid)
    if conversation is None:
        return
    is_changed = (
        _hold(conversation, state, servicer, at)
        if state.is_with_person
        else await _take_back(session, conversation, at)
    )
    if is_changed:
        await announce(session, Event(conversation_id=conversation.id, kind="state", seq=conversation.last_seq))


async def said(
    session: AsyncSession,
    external_userid: str,
    text: str,
    attachments: tuple[Attachment, ...],
    *,
    servicer: str,
    external_id: str,
    at: datetime,
) -> None:
    """What a person of WeCom has told the customer, for the transcript, once per external id."""
    conversation = await repository.behind(session, CHANNEL, external_userid)
    if conversation is None or await repository.with_external_id(session, conversation.id, external_id):
        return
    message = repository.append(
        session,
        conversation,
        "agent",
        Reply(text=text, attachments=attachments),
        at=at,
        author_name=word("servicer", servicer=servicer),
        external_id=external_id,
    )
    await announce(session, Event(conversation_id=conversation.id, kind="message", seq=message.seq))


def _hold(conversation: Conversation, state: WeComState, servicer: str, at: datetime) -> bool:
    is_pool = state is WeComState.pool
    agent = _POOL if is_pool else f"{_THEIRS}{servicer}"
    name = word("pool") if is_pool else word("servicer", servicer=servicer)
    if conversation.agent == agent:
        return False
    conversation.queue(HandOffReason.asked, intent=None, summary="", at=at)
    # Whoever had it here: the platform has decided, and takes no words but theirs.
    conversation.take_over(agent, name, at=at)
    conversation.handled_seq = conversation.customer_seq
    return True


async def _take_back(session: AsyncSession, conversation: Conversation, at: datetime) -> bool:
    """It is ours again; what people of our own desk have stays theirs."""
    if conversation.agent is None or not is_elsewhere(conversation):
        return False
    conversation.resolve(conversation.agent, at=at)
    conversation.handled_seq = conversation.customer_seq
    await session.flush()
    return True
