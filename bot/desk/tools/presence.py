"""Who else has this conversation on the screen, or is writing in it; the same on every replica."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.desk.tools.hints import hint
from bot.desk.tools.ports import Colleagues
from bot.desk.tools.tables import DeskPresence
from bot.desk.tools.who import Sight
from bot.staff.model import Actor

BEAT_EVERY = timedelta(seconds=5)
"""How often a page says that it still shows the conversation."""
GONE_AFTER = timedelta(seconds=16)
WRITING_FOR = timedelta(seconds=8)
_FORGOTTEN_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Here:
    """A colleague at the same conversation."""

    username: str
    name: str
    is_typing: bool
    since: datetime


class Presence:
    """Kept in PostgreSQL: a page beats every few seconds, and is gone once it has not for a while.

    Other desks hear of it at once when somebody comes, goes, begins or stops writing, not of every beat.
    """

    def __init__(self, database: Database, clock: Clock, sight: Sight, colleagues: Colleagues) -> None:
        self._database = database
        self._clock = clock
        self._sight = sight
        self._colleagues = colleagues

    async def beat(
        self, actor: Actor, conversation_id: UUID, tab: str, *, typing: bool = False, name: str = ""
    ) -> list[Here]:
        """Say that this tab shows the conversation; returns who else does.

        Parameters
        ----------
        tab: any text that no other tab of the person has.
        name: how colleagues know the person; looked up where it is left out.
        """
        await self._sight.view(actor, conversation_id)
        now = self._clock()
        if not name:
            name = (await self._colleagues.names([actor.username])).get(actor.username, actor.username)
        async with self._database.transaction() as session:
            before = await session.get(DeskPresence, (conversation_id, actor.username, tab), with_for_update=True)
            was_here, was_typing = _state(before, now)
            put = insert(DeskPresence).values(
                conversation_id=conversation_id,
                username=actor.username,
                tab=tab,
                name=name,
                since=now,
                seen_at=now,
                typing_at=now if typing else None,
            )
            kept = {"seen_at": now, "typing_at": put.excluded.typing_at, "name": name}
            if not was_here:
                kept["since"] = now
            await session.execute(
                put.on_conflict_do_update(index_elements=["conversation_id", "username", "tab"], set_=kept)
            )
            if (was_here, was_typing) != (True, typing):
                await hint(session, conversation_id, "presence")
            return await self._others(session, conversation_id, actor.username, now)

    async def leave(self, actor: Actor, conversation_id: UUID, tab: str) -> None:
        """The tab shows something else now."""
        mine = delete(DeskPresence).where(
            DeskPresence.conversation_id == conversation_id,
            DeskPresence.username == actor.username,
            DeskPresence.tab == tab,
        )
        async with self._database.transaction() as session:
            if await session.scalar(mine.returning(DeskPresence.tab)) is not None:
                await hint(session, conversation_id, "presence")

    async def others(self, actor: Actor, conversation_id: UUID) -> list[Here]:
        """Who else is at the conversation, the longest first."""
        await self._sight.view(actor, conversation_id)
        async with self._database.transaction() as session:
            return await self._others(session, conversation_id, actor.username, self._clock())

    async def forget(self, now: datetime) -> None:
        """Drop the traces of tabs that closed without a word."""
        async with self._database.transaction() as session:
            await session.execute(delete(DeskPresence).where(DeskPresence.seen_at < now - _FORGOTTEN_AFTER))

    async def _others(self, session: AsyncSession, conversation_id: UUID, username: str, now: datetime) -> list[Here]:
        query = select(DeskPresence).where(
            DeskPresence.conversation_id == conversation_id,
            DeskPresence.username != username,
            DeskPresence.seen_at > now - GONE_AFTER,
        )
        return _people((await session.scalars(query)).all(), now)


def _state(row: DeskPresence | None, now: datetime) -> tuple[bool, bool]:
    """Whether the tab counted as here, and as writing."""
    is_here = row is not None and now - row.seen_at < GONE_AFTER
    is_typing = is_here and row is not None and row.typing_at is not None and now - row.typing_at < WRITING_FOR
    return is_here, is_typing


def _people(rows: Iterable[DeskPresence], now: datetime) -> list[Here]:
    """The tabs of one person are one colleague."""
    found: dict[str, Here] = {}
    for row in sorted(rows, key=lambda row: row.since):
        known = found.get(row.username)
        is_typing = _state(row, now)[1] or (known is not None and known.is_typing)
        found[row.username] = Here(row.username, row.name, is_typing, known.since if known else row.since)
    return list(found.values())
