"""Tokens for a person's own programs."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFoundError, RefusedError
from bot.staff import audit
from bot.staff.model import Actor, Role
from bot.staff.people import Person
from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, PersonalToken
from bot.staff.tokens import digest, fresh
from bot.staff.words import staff_words

PREFIX = "kdp_"
_USED_EVERY = timedelta(minutes=1)


class PersonalTokens:
    """Named, expiring, and never able to do more than their owner may at that moment."""

    def __init__(self, database: Database, clock: Clock, settings: PeopleSettings) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings

    async def create(self, person: Person, name: str, *, role: Role, days: int, by: Actor) -> tuple[PersonalToken, str]:
        """A new token, and what to show for it: that is seen this once only.  Raises `RefusedError`."""
        said, now = staff_words().refusals, self._clock()
        if not person.role.covers(role):
            raise RefusedError(said["role_above"])
        most = self._settings.token_lasts_at_most.days
        if not 1 <= days <= most:
            raise RefusedError(said["token_life"].format(days=most))
        token = fresh(PREFIX)
        row = PersonalToken(
            token_hash=digest(token),
            username=person.username,
            name=name,
            role=role.value,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        async with self._database.transaction() as session:
            session.add(row)
            audit.record_by(
                session, "token.created", by, at=now, about=person.username, token=name, role=role.value,
                expires_at=row.expires_at.isoformat(),
            )  # fmt: skip
        return row, token

    async def of_person(self, username: str) -> list[PersonalToken]:
        """Those that count, the newest first."""
        query = (
            select(PersonalToken)
            .where(
                PersonalToken.username == username,
                PersonalToken.ended_at.is_(None),
                PersonalToken.expires_at > self._clock(),
            )
            .order_by(PersonalToken.created_at.desc())
        )
        async with self._database.transaction() as session:
            return list(await session.scalars(query))

    async def end(self, username: str, token_id: UUID, *, by: Actor) -> None:
        """Raises `NotFoundError` for another's, and for one that ended."""
        async with self._database.transaction() as session:
            row = await session.get(PersonalToken, token_id, with_for_update=True)
            if row is None or row.username != username or row.ended_at is not None:
                raise NotFoundError(staff_words().refusals["unknown_token"])
            row.ended_at = self._clock()
            audit.record_by(session, "token.ended", by, at=row.ended_at, about=username, token=row.name)

    async def actor_of(self, token: str) -> Actor | None:
        """Whom a program acts for; None once the token or its owner's account is over, or the owner may less now."""
        now = self._clock()
        query = (
            select(PersonalToken, Agent)
            .join(Agent, Agent.username == PersonalToken.username)
            .where(
                PersonalToken.token_hash == digest(token),
                PersonalToken.ended_at.is_(None),
                PersonalToken.expires_at > now,
                Agent.is_active,
            )
        )
        async with self._database.transaction() as session:
            found = (await session.execute(query)).first()
            if found is None or not Role(found.Agent.role).covers(Role(found.PersonalToken.role)):
                return None
            _note_use(found.PersonalToken, now)
            owner = Person.of(found.Agent)
        return Actor(owner.actor.name, Role(found.PersonalToken.role), owner.unit, owner.province)


def _note_use(row: PersonalToken, now: datetime) -> None:
    if row.used_at is None or now - row.used_at >= _USED_EVERY:
        row.used_at = now
