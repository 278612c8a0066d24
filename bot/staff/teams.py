"""Teams: who is in which, and what they are for."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import AccountExistsError, NotFoundError, RefusedError
from bot.staff import audit
from bot.staff.model import Actor
from bot.staff.tables import Agent, Team, TeamMember
from bot.staff.words import staff_words

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


@dataclass(frozen=True)
class TeamCard:
    """A team with its people, by username."""

    name: str
    label: str
    purpose: str
    skills: tuple[str, ...]
    members: tuple[str, ...]


class Teams:
    """The teams of the desk."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self) -> list[TeamCard]:
        """Every team, by name."""
        async with self._database.transaction() as session:
            teams = list(await session.scalars(select(Team).order_by(Team.name)))
            return [await _card(session, team) for team in teams]

    async def get(self, name: str) -> TeamCard:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            return await _card(session, await _team(session, name))

    async def of_person(self, username: str) -> list[str]:
        """The names of a person's teams."""
        query = select(TeamMember.team).where(TeamMember.username == username).order_by(TeamMember.team)
        async with self._database.transaction() as session:
            return list(await session.scalars(query))

    async def create(
        self, name: str, label: str, *, purpose: str = "", skills: Iterable[str] = (), by: Actor
    ) -> TeamCard:
        """Raises `RefusedError` for a name that is none, `AccountExistsError` for one that is taken."""
        said = staff_words().refusals
        if not _NAME.fullmatch(name):
            raise RefusedError(said["bad_team"])
        async with self._database.transaction() as session:
            if await session.get(Team, name) is not None:
                raise AccountExistsError(said["team_exists"].format(name=name))
            team = Team(name=name, label=label, purpose=purpose, skills=_tidy(skills), created_at=self._clock())
            session.add(team)
            audit.record_by(session, "team.created", by, at=self._clock(), about=name, label=label, skills=team.skills)
            await session.flush()
            return await _card(session, team)

    async def change(
        self,
        name: str,
        *,
        label: str | None = None,
        purpose: str | None = None,
        skills: Iterable[str] | None = None,
        by: Actor,
    ) -> TeamCard:
        """What is None stays.  Raises `NotFoundError`."""
        wanted = {"label": label, "purpose": purpose, "skills": None if skills is None else _tidy(skills)}
        async with self._database.transaction() as session:
            team = await _team(session, name)
            changed = {k: v for k, v in wanted.items() if v is not None and v != getattr(team, k)}
            for key, value in changed.items():
                setattr(team, key, value)
            if changed:
                audit.record_by(session, "team.changed", by, at=self._clock(), about=name, **changed)
            return await _card(session, team)

    async def set_members(self, name: str, usernames: Iterable[str], *, by: Actor) -> TeamCard:
        """These and nobody else.  Raises `NotFoundError` for an unknown team or person."""
        wanted = sorted(set(usernames))
        async with self._database.transaction() as session:
            team = await _team(session, name)
            await _refuse_unknown(session, wanted)
            await session.execute(delete(TeamMember).where(TeamMember.team == name))
            session.add_all(TeamMember(team=name, username=username) for username in wanted)
            audit.record_by(session, "team.changed", by, at=self._clock(), about=name, members=wanted)
            await session.flush()
            return await _card(session, team)

    async def delete(self, name: str, *, by: Actor) -> None:
        """Raises `NotFoundError`."""
        async with self._database.transaction() as session:
            await session.delete(await _team(session, name))
            audit.record_by(session, "team.deleted", by, at=self._clock(), about=name)


async def put_into(session: AsyncSession, username: str, teams: Iterable[str]) -> bool:
    """Make these a person's teams; returns whether anything changed.  Raises `NotFoundError`."""
    wanted = set(teams)
    before = set(await session.scalars(select(TeamMember.team).where(TeamMember.username == username)))
    for name in wanted - before:
        await _team(session, name)
        session.add(TeamMember(team=name, username=username))
    gone = before - wanted
    await session.execute(delete(TeamMember).where(TeamMember.username == username, TeamMember.team.in_(gone)))
    return wanted != before


async def _team(session: AsyncSession, name: str) -> Team:
    team = await session.get(Team, name, with_for_update=True)
    if team is None:
        raise NotFoundError(staff_words().refusals["unknown_team"])
    return team


async def _card(session: AsyncSession, team: Team) -> TeamCard:
    members = select(TeamMember.username).where(TeamMember.team == team.name).order_by(TeamMember.username)
    people = tuple(await session.scalars(members))
    return TeamCard(team.name, team.label, team.purpose, tuple(team.skills), people)


async def _refuse_unknown(session: AsyncSession, usernames: list[str]) -> None:
    known = set(await session.scalars(select(Agent.username).where(Agent.username.in_(usernames))))
    if known != set(usernames):
        raise NotFoundError(staff_words().refusals["unknown_person"])


def _tidy(skills: Iterable[str]) -> list[str]:
    """Without blanks and repetitions, in the order given."""
    return list(dict.fromkeys(skill.strip() for skill in skills if skill.strip()))
