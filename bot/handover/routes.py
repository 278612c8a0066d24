"""Where a conversation waits, by the table ``handover``; and how long that will take, as far as anybody can know."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.conversations.custody import ConversationState, Move
from bot.conversations.model import Conversation, HandOffReason
from bot.conversations.moves import ConversationMove
from bot.conversations.routing import OFFER_SECONDS, Route
from bot.customers.model import Customer
from bot.handover.presence import cards
from bot.handover.settings import HandoverSettings
from bot.rules.model import Decision, RuleBook, Value
from bot.rules.working_time import WorkingTime
from bot.tickets.catalogue import CurrentCatalogue
from bot.waybills.tables import StateRow

TABLE = "handover"
_MOMENT = timedelta(microseconds=1)
_RECENT = timedelta(hours=2)
_LATEST = 20
_FEWEST = 3
"""From fewer services than this nobody can tell how long one takes."""
_ENDS = (Move.give_back.value, Move.transfer.value, Move.end.value)


class RuleRouter:
    """Asks the rules; what it decided stands with the conversation (``route_because``)."""

    def __init__(self, book: Callable[[], RuleBook], hours: WorkingTime, settings: HandoverSettings) -> None:
        self._book = book
        self._catalogue = CurrentCatalogue(book)
        self._hours = hours
        self._settings = settings

    def is_open(self, at: datetime) -> bool:
        return self._hours.is_open(self._settings.calendar, at)

    def next_opening(self, at: datetime) -> datetime:
        """This moment where people answer now."""
        return at if self.is_open(at) else self._hours.add(self._settings.calendar, at, _MOMENT) - _MOMENT

    async def route(
        self,
        session: AsyncSession,
        conversation: Conversation,
        reason: HandOffReason,
        *,
        intent: str | None,
        at: datetime,
    ) -> Route:
        decision = await self._decide(session, conversation, reason.value, intent, at)
        closed = not self.is_open(at) and decision.text("otherwise") == "call_back"
        return Route(
            team=decision.text("team") or None,
            priority=int(decision.number("priority")),
            offer_seconds=int(decision.number("offer_seconds")) or OFFER_SECONDS,
            because=decision.because,
            call_back_at=self.next_opening(at) if closed else None,
        )

    async def by_itself(
        self, session: AsyncSession, conversation: Conversation, *, at: datetime
    ) -> HandOffReason | None:
        decision = await self._decide(session, conversation, None, conversation.hand_off_intent, at)
        becomes = decision.text("becomes")
        return HandOffReason(becomes) if becomes else None

    async def expected_wait(
        self, session: AsyncSession, conversation: Conversation, position: int, *, at: datetime
    ) -> timedelta | None:
        """From how long the latest services took, and how many customers those who are online take at once."""
        there = [one for one in await cards(session, self._settings, at=at) if one.takes_offers or one.held]
        slots = sum(one.capacity for one in there if one.is_there and one.serves(conversation.team))
        if not slots:
            return None
        latest = (
            select(ConversationMove.lasted_s)
            .where(
                ConversationMove.before == ConversationState.agent.value,
                ConversationMove.move.in_(_ENDS),
                ConversationMove.at >= at - _RECENT,
                ConversationMove.team.is_not_distinct_from(conversation.team),
            )
            .order_by(ConversationMove.at.desc())
            .limit(_LATEST)
            .subquery()
        )
        count, mean = (await session.execute(select(func.count(), func.avg(latest.c.lasted_s)))).one()
        return timedelta(seconds=float(mean) * position / slots) if count >= _FEWEST else None

    async def _decide(
        self, session: AsyncSession, conversation: Conversation, reason: str | None, intent: str | None, at: datetime
    ) -> Decision:
        book = self._book()
        customer = await session.get(Customer, conversation.customer_id)
        leaf = self._catalogue().of_intent(intent) if intent else None
        facts: dict[str, Value] = {
            "reason": reason,
            "service_class": leaf.service_class.value if leaf else None,
            "vip": customer is not None and customer.is_vip,
            "sentiment": conversation.sentiment,
            "urgency": conversation.urgency,
            "condition": await _condition(session, conversation.waybill_no),
            "channel": conversation.reply_channel.partition(":")[0],
            "open": self.is_open(at),
        }
        return book.decide(TABLE, facts)


async def _condition(session: AsyncSession, waybill_no: str | None) -> str | None:
    if waybill_no is None:
        return None
    query = select(StateRow.condition).where(StateRow.waybill_no == waybill_no).limit(1)
    return cast(str | None, await session.scalar(query))
