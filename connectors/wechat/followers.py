"""What each follower lets us do: windows and message counts, kept in PostgreSQL for all processes."""

from datetime import datetime
from typing import Any, Literal, TypeAlias

from sqlalchemy import ColumnElement, and_, case, or_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.delivery.ports import QuotaError, RecipientGoneError
from connectors.wechat.account import Quota
from connectors.wechat.codes import code_of
from connectors.wechat.tables import WeChatFollower as Follower

Window: TypeAlias = Literal["message", "event"]
CLOSED, USED_UP, NOT_FOLLOWING = "45015", "45047", "43004"


class Followers:
    """Opens windows when followers act, and counts what we send into them; always in the caller's transaction."""

    def __init__(self, quota: Quota) -> None:
        self._quota = quota

    async def wrote(self, session: AsyncSession, openid: str, *, at: datetime) -> None:
        """A message opens a new window; the same one read again changes nothing."""
        values = {"message_at": at, "message_used": 0, "follows": True}
        await _upsert(session, openid, values, or_(Follower.message_at.is_(None), Follower.message_at < at))

    async def acted(self, session: AsyncSession, openid: str, *, at: datetime) -> None:
        """A tap on the menu, a scan, a subscription."""
        values = {"event_at": at, "event_used": 0, "follows": True}
        await _upsert(session, openid, values, or_(Follower.event_at.is_(None), Follower.event_at < at))

    async def left(self, session: AsyncSession, openid: str) -> None:
        """Unsubscribed: no window is open any more."""
        await _upsert(session, openid, {"follows": False, "message_at": None, "event_at": None})

    async def take(self, session: AsyncSession, openid: str, *, now: datetime) -> Window:
        """Count one message about to be sent.

        Raises `QuotaError` before the platform would, `RecipientGoneError` for those who unsubscribed.
        """
        by_event = and_(self._event_is_open(now), Follower.event_used < self._quota.event_messages)
        by_message = and_(self._message_is_open(now), Follower.message_used < self._quota.messages)
        taken = (
            update(Follower)
            .where(Follower.openid == openid, Follower.follows, or_(by_event, by_message))
            # What ends sooner is used first.
            .values(
                event_used=Follower.event_used + case((by_event, 1), else_=0),
                message_used=Follower.message_used + case((by_event, 0), else_=1),
            )
            .returning(Follower.event_used, Follower.message_used)
        )
        before = await session.get(Follower, openid, populate_existing=True, with_for_update=True)
        used_before = before.event_used if before is not None else 0
        row = (await session.execute(taken, execution_options={"synchronize_session": False})).first()
        if row is None:
            raise self._refusal(before, now)
        return "event" if row.event_used != used_before else "message"

    async def give_back(self, session: AsyncSession, openid: str, window: Window) -> None:
        """What was counted was not sent."""
        column = Follower.event_used if window == "event" else Follower.message_used
        query = update(Follower).where(Follower.openid == openid, column > 0)
        await session.execute(query.values({column.key: column - 1}))

    async def closed(self, session: AsyncSession, openid: str) -> None:
        """The platform says so, whatever we counted."""
        await session.execute(
            update(Follower)
            .where(Follower.openid == openid)
            .values(message_used=self._quota.messages, event_used=self._quota.event_messages)
        )

    def _event_is_open(self, now: datetime) -> ColumnElement[bool]:
        return Follower.event_at > now - self._quota.event_window

    def _message_is_open(self, now: datetime) -> ColumnElement[bool]:
        return Follower.message_at > now - self._quota.window

    def _refusal(self, follower: Follower | None, now: datetime) -> Exception:
        if follower is not None and not follower.follows:
            return RecipientGoneError(code_of(NOT_FOLLOWING).zh, code=NOT_FOLLOWING)
        is_open = (
            follower is not None and follower.message_at is not None and follower.message_at > now - self._quota.window
        )
        code = USED_UP if is_open else CLOSED
        return QuotaError(code_of(code).zh, code=code)


async def _upsert(
    session: AsyncSession, openid: str, values: dict[str, Any], only_if: ColumnElement[bool] | None = None
) -> None:
    new = {"openid": openid, "follows": True, "message_used": 0, "event_used": 0} | values
    query = insert(Follower).values(new)
    await session.execute(query.on_conflict_do_update(index_elements=[Follower.openid], set_=values, where=only_if))
