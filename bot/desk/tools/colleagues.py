"""People and teams as the accounts have them."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import or_, select

from bot.db import Database
from bot.desk.tools.ports import match_names
from bot.staff.tables import Agent, TeamMember


class AccountColleagues:
    """`Colleagues` read from the accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def names(self, usernames: Collection[str]) -> Mapping[str, str]:
        query = select(Agent.username, Agent.name).where(Agent.username.in_(list(usernames)))
        async with self._database.transaction() as session:
            return {row.username: row.name for row in await session.execute(query)}

    async def called(self, names: Collection[str]) -> Mapping[str, str]:
        wanted = list(names)
        query = select(Agent.username, Agent.name).where(
            Agent.is_active, or_(Agent.username.in_(wanted), Agent.name.in_(wanted))
        )
        async with self._database.transaction() as session:
            people = {row.username: row.name for row in await session.execute(query)}
        return match_names(wanted, people)

    async def teams_of(self, username: str) -> Sequence[str]:
        query = select(TeamMember.team).where(TeamMember.username == username).order_by(TeamMember.team)
        async with self._database.transaction() as session:
            return list(await session.scalars(query))
