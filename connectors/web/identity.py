"""Customers whom the host site vouches for: its account, and a phone number it has verified, by HMAC.

As Chatwoot and Intercom do it: the site's server computes ``hash`` = hex HMAC-SHA256(secret, user_id), and for a phone
number ``phone_hash`` = hex HMAC-SHA256(secret, user_id + ":" + phone); the browser hands both on.
"""

import hashlib
import hmac
import logging
from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.conversations.model import Conversation, ConversationDoor, ConversationState
from bot.conversations.schemas import ConversationView
from bot.conversations.service import ConversationService
from bot.customers.model import Door
from bot.customers.service import CustomerService
from bot.db import Database
from bot.errors import AccessRefusedError, IllegalMoveError
from connectors.web.tables import WebAccount
from connectors.web.talk import CHANNEL

logger = logging.getLogger(__name__)


class SignedIdentity(BaseModel):
    """Who is logged in on the host's page, as its server signed it."""

    model_config = ConfigDict(frozen=True)

    user_id: str = Field(min_length=1, max_length=200)
    hash: str = Field(max_length=128)
    phone: str | None = Field(default=None, pattern=r"^\+?\d{6,15}$")
    phone_hash: str = Field(default="", max_length=128)


class Identities:
    """Checks what a page says about its visitor, and ties the visitor to the account.

    Parameters
    ----------
    secret: shared with the host site; None where none was configured, and then nobody is believed.
    """

    def __init__(
        self,
        database: Database,
        conversations: ConversationService,
        customers: CustomerService,
        secret: str | None,
        clock: Clock,
    ) -> None:
        self._database = database
        self._conversations = conversations
        self._customers = customers
        self._secret = secret
        self._clock = clock

    async def identify(self, visitor: str, claimed: SignedIdentity) -> ConversationView:
        """The conversation the visitor has from now on.

        A browser that has said nothing yet goes on with the account's latest conversation.  Raises
        `AccessRefusedError` for a wrong signature, `IllegalMoveError` for a visitor of another account: two people on
        one computer, who need visitors of their own.
        """
        self._check(claimed)
        view = await self._conversations.open(CHANNEL, visitor)
        now = self._clock()
        async with self._database.transaction() as session:
            is_new = await _tie(session, visitor, claimed.user_id, now)
            customer_id = await self._customers.account(
                session, view.customer_id, claimed.user_id, now, via=Door(CHANNEL, visitor)
            )
            if claimed.phone:
                await self._customers.verified(session, customer_id, claimed.phone, now, via=Door(CHANNEL, visitor))
            is_fresh = is_new and await _is_fresh(session, view.id)
            earlier = await _earlier(session, claimed.user_id, view.id) if is_fresh else None
        if earlier is not None:
            await self._conversations.link(earlier, CHANNEL, visitor)
        logger.info("conversation %s: the host site vouched for its visitor", earlier or view.id)
        return await self._conversations.open(CHANNEL, visitor)

    def _check(self, claimed: SignedIdentity) -> None:
        if self._secret is None:
            raise AccessRefusedError("identities are not configured")
        wanted = [(claimed.user_id, claimed.hash)]
        if claimed.phone:
            wanted.append((f"{claimed.user_id}:{claimed.phone}", claimed.phone_hash))
        for text, given in wanted:
            if not hmac.compare_digest(signature(self._secret, text).encode(), given.lower().encode()):
                raise AccessRefusedError("the identity is not signed by the host site")


def signature(secret: str, text: str) -> str:
    """Hex HMAC-SHA256, as the host site computes it."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


async def _tie(session: AsyncSession, visitor: str, user_id: str, now: datetime) -> bool:
    """Remember whose the visitor is; returns whether that is news."""
    row = insert(WebAccount).values(visitor=visitor, user_id=user_id, at=now).on_conflict_do_nothing()
    is_new = (await session.execute(row.returning(WebAccount.visitor))).scalar_one_or_none() is not None
    known = await session.get_one(WebAccount, visitor)
    if known.user_id != user_id:
        raise IllegalMoveError("this visitor belongs to another account")
    return is_new


async def _is_fresh(session: AsyncSession, conversation_id: UUID) -> bool:
    query = select(Conversation.customer_seq).where(Conversation.id == conversation_id)
    return (await session.execute(query)).scalar_one() == 0


async def _earlier(session: AsyncSession, user_id: str, besides: UUID) -> UUID | None:
    """The latest conversation that any browser of the account has."""
    query = (
        select(Conversation.id)
        .join(ConversationDoor, ConversationDoor.conversation_id == Conversation.id)
        .join(WebAccount, WebAccount.visitor == ConversationDoor.address)
        .where(
            ConversationDoor.channel == CHANNEL,
            WebAccount.user_id == user_id,
            Conversation.id != besides,
            Conversation.customer_seq > 0,
            Conversation.state != ConversationState.ended.value,
        )
        .order_by(Conversation.updated_at.desc())
        .limit(1)
    )
    return (await session.scalars(query)).first()
