"""What a customer has been through with us before this moment, for whoever serves now."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.model import Conversation, Message
from bot.conversations.ratings import Rating, RatingView, rating_rules
from bot.conversations.schemas import ConversationView
from bot.desk.schemas import AskedLine, Past, PastContact
from bot.desk.tools.free_text import mask_text
from bot.desk.tools.kinds import PromiseState
from bot.desk.tools.schemas import PromiseView
from bot.desk.tools.tables import ServicePromise
from bot.tickets.model import ServiceSummary

_CONTACTS, _PROMISES, _RATINGS = 8, 8, 3
_NO_MATTER = frozenset({"inform", "request_human", "dissatisfied", "abuse", "cancel_flow"})


async def past_with_us(session: AsyncSession, view: ConversationView) -> Past:
    """Of all conversations of the customer; texts are masked."""
    own = (await session.scalars(select(Conversation.id).where(Conversation.customer_id == view.customer_id))).all()
    return Past(
        contacts=await _contacts(session, [one for one in own if one != view.id]),
        asked=await _asked(session, view.id),
        promises=await _promises(session, own, view.waybill_no),
        ratings=await _ratings(session, own),
    )


async def _contacts(session: AsyncSession, others: Sequence[UUID]) -> tuple[PastContact, ...]:
    if not others:
        return ()
    query = (
        select(ServiceSummary)
        .where(ServiceSummary.conversation_id.in_(others), ServiceSummary.turn.contains(":desk:"))
        .order_by(ServiceSummary.at.desc())
        .limit(_CONTACTS)
    )
    return tuple(
        PastContact(
            conversation_id=one.conversation_id,
            wrap_up_code=one.wrap_up_code,
            text=mask_text(one.text),
            by=one.by,
            at=one.at,
            waybill_no=one.waybill_no,
        )
        for one in await session.scalars(query)
    )


async def _asked(session: AsyncSession, conversation_id: UUID) -> tuple[AskedLine, ...]:
    query = (
        select(Message.understood)
        .where(Message.conversation_id == conversation_id, Message.author == "customer")
        .where(Message.understood.is_not(None))
        .order_by(Message.seq)
    )
    names = [_intent(understood) for understood in await session.scalars(query)]
    no_matter = rating_rules().small_talk | _NO_MATTER
    counted = Counter(name for name in names if name and name not in no_matter)
    return tuple(AskedLine(intent=name, times=times) for name, times in counted.items())


async def _promises(session: AsyncSession, own: Sequence[UUID], waybill_no: str | None) -> tuple[PromiseView, ...]:
    theirs = ServicePromise.conversation_id.in_(own)
    query = select(ServicePromise).where(or_(theirs, ServicePromise.waybill_no == waybill_no) if waybill_no else theirs)
    is_over = ServicePromise.state != PromiseState.open.value
    found = await session.scalars(query.order_by(is_over, ServicePromise.due_at.desc()).limit(_PROMISES))
    return tuple(PromiseView.model_validate(one) for one in found)


async def _ratings(session: AsyncSession, own: Sequence[UUID]) -> tuple[RatingView, ...]:
    query = (
        select(Rating)
        .where(Rating.conversation_id.in_(own), Rating.score.is_not(None))
        .order_by(Rating.answered_at.desc())
        .limit(_RATINGS)
    )
    return tuple(RatingView.model_validate(one) for one in await session.scalars(query))


def _intent(understood: dict[str, Any] | None) -> str | None:
    """However the engine writes it: a name, or an object with one."""
    intent = (understood or {}).get("intent")
    name = intent.get("name") if isinstance(intent, dict) else intent
    return str(name).partition("/")[0] if name else None
