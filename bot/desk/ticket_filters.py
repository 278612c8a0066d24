"""Filters that people keep, alone or for their team, and the columns they chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.db import Database
from bot.desk.ticket_lists import Asked, TicketList
from bot.desk.ticket_tables import SavedTicketFilter, TicketColumnChoice
from bot.desk.ticket_words import page_words, refused, unknown
from bot.staff.model import Actor, Role
from bot.staff.tables import Team, TeamMember

COLUMNS = ("due", "priority", "status", "category", "text", "waybill_no", "owner", "assignee", "contacts", "opened")
"""What somebody sees who chose nothing."""
_LONGEST_NAME = 40
_LEADS = {Role.supervisor, Role.admin}


@dataclass(frozen=True)
class Arrangements:
    """Each person's own; a team's filters are its members' to use, and the owner's or a supervisor's to delete."""

    database: Database
    clock: Clock

    async def teams(self, actor: Actor) -> dict[str, str]:
        """The teams that somebody may share with, by name."""
        query = select(Team.name, Team.label).join(TeamMember, TeamMember.team == Team.name)
        async with self.database.transaction() as session:
            mine = await session.execute(query.where(TeamMember.username == actor.username).order_by(Team.name))
            return {row.name: row.label for row in mine}

    async def filters(self, actor: Actor) -> list[SavedTicketFilter]:
        """One's own and those of one's teams, by name."""
        teams = list(await self.teams(actor))
        mine = or_(SavedTicketFilter.owner == actor.username, SavedTicketFilter.team.in_(teams))
        async with self.database.transaction() as session:
            found = await session.scalars(select(SavedTicketFilter).where(mine).order_by(SavedTicketFilter.name))
            return list(found)

    async def save(
        self, actor: Actor, name: str, which: TicketList, asked: Asked, *, team: str | None = None
    ) -> SavedTicketFilter:
        """Raises `RefusedError` without a name, or for a team that somebody is not in."""
        if not 1 <= len(name.strip()) <= _LONGEST_NAME:
            raise refused("name")
        if team is not None and team not in await self.teams(actor):
            raise refused("team")
        query = {"list": which.value, **asked.plain}
        kept = SavedTicketFilter(owner=actor.username, team=team, name=name.strip(), query=query, at=self.clock())
        async with self.database.transaction() as session:
            session.add(kept)
        return kept

    async def delete(self, actor: Actor, filter_id: UUID) -> None:
        """Raises `NotFoundError` for one that is not the person's to delete."""
        async with self.database.transaction() as session:
            kept = await session.get(SavedTicketFilter, filter_id)
            leads = actor.role in _LEADS and kept is not None and kept.team is not None
            if kept is None or not (kept.owner == actor.username or leads):
                raise unknown("filter")
            await session.delete(kept)

    async def columns(self, actor: Actor) -> Sequence[str]:
        async with self.database.transaction() as session:
            chosen = await session.get(TicketColumnChoice, actor.username)
        known = [name for name in chosen.columns if name in page_words().columns] if chosen else []
        return known or COLUMNS

    async def choose(self, actor: Actor, columns: Sequence[str]) -> None:
        """Raises `RefusedError` for a column that there is not."""
        if not set(columns) <= set(page_words().columns):
            raise refused("column")
        put = insert(TicketColumnChoice).values(username=actor.username, columns=list(dict.fromkeys(columns)))
        async with self.database.transaction() as session:
            await session.execute(
                put.on_conflict_do_update(index_elements=["username"], set_={"columns": put.excluded.columns})
            )
