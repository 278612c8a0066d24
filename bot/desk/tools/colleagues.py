"""People and teams as the accounts have them."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import column, or_, select, table

from bot.db import Database
from bot.desk.tools.ports import match_names

_PEOPLE = table("agents", column("username"), column("name"), column("is_active"))
_MEMBERS = table("team_members", column("team"), column("username"))


class AccountColleagues:
    """`Colleagues` read from the accounts."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def names(self, usernames: Collection[str]) -> Mapping[str, str]:
        query = select(_PEOPLE.c.username, _PEOPLE.c.name).where(_PEOPLE.c.username.in_(list(usernames)))
        async with self._database.transaction() as session:
            return {username: name for username, name in (await session.execute(query)).all()}

    async def called(self, names: Collection[str]) -> Mapping[str, str]:
        wanted = list(names)
        query = select(_PEOPLE.c.username, _PEOPLE.c.name).where(
            _PEOPLE.c.is_active, or_(_PEOPLE.c.username.in_(wanted), _PEOPLE.c.name.in_(wanted))
        )
        async with self._database.transaction() as session:
            people = {username: name for username, name in (await session.execute(query)).all()}
        return match_names(wanted, people)

    async def teams_of(self, username: str) -> Sequence[str]:
        query = select(_MEMBERS.c.team).where(_MEMBERS.c.username == username).order_by(_MEMBERS.c.team)
        async with self._database.transaction() as session:
            return list(await session.scalars(query))
