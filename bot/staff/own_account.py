"""What people do with their own account: passwords, links to choose one, the second factor."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import LoginRefusedError, RefusedError
from bot.staff import audit, waits
from bot.staff import second_factor as factors
from bot.staff.accounts import account_of
from bot.staff.model import SYSTEM, Actor, Role
from bot.staff.passwords import Passwords, refuse_weak
from bot.staff.second_factor import Authenticators, Setup
from bot.staff.sessions import end_all
from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, ResetLink
from bot.staff.tokens import digest, fresh
from bot.staff.words import staff_words


@dataclass(frozen=True)
class Link:
    """``token`` goes into an address that is given to the person and nobody else."""

    token: str
    expires_at: datetime


@dataclass(frozen=True)
class Begun:
    """An authenticator that is being set up: ``locked`` comes back with the first code."""

    locked: str
    setup: Setup


class OwnAccount:
    """Whatever weakens an account asks for its password once more; wrong ones count like at the login."""

    def __init__(self, database: Database, clock: Clock, settings: PeopleSettings, passwords: Passwords) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._passwords = passwords
        self._authenticators = Authenticators(settings)

    # -- passwords -------------------------------------------------------------------------------

    async def change_password(self, username: str, current: str, new: str, *, keeping: str | None, by: Actor) -> None:
        """Every other session ends.  Raises `LoginRefusedError` for a wrong one, `WeakPasswordError`.

        Parameters
        ----------
        keeping: the token of the session that stays.
        """
        await self._prove(username, current)
        if current == new:
            raise RefusedError(staff_words().refusals["same"])
        await self._set_password(username, new, "password.changed", by=by, keeping=keeping)

    async def make_link(self, username: str, *, by: Actor = SYSTEM) -> Link:
        """A link to choose a password by, once; earlier ones stop.  The password of today still holds until then."""
        link = Link(fresh(), self._clock() + self._settings.link_lasts)
        async with self._database.transaction() as session:
            await account_of(session, username, lock=True)
            await session.execute(delete(ResetLink).where(ResetLink.username == username))
            session.add(
                ResetLink(
                    token_hash=digest(link.token), username=username, made_by=by.username, expires_at=link.expires_at
                )
            )
            audit.record_by(
                session, "password.link", by, at=self._clock(), about=username, expires_at=link.expires_at.isoformat()
            )
        return link

    async def owner_of(self, link: str) -> str:
        """Whose password a link changes.  Raises `RefusedError` when it was used or is too old."""
        async with self._database.transaction() as session:
            return (await self._link(session, link)).username

    async def reset_password(self, link: str, new: str, *, address: str | None = None) -> None:
        """Choose a password; every session ends, waits too, and the link with them."""
        username = await self.owner_of(link)
        refuse_weak(new, username)
        hashed = await self._passwords.hash(new)
        by = Actor(username, address=address)
        async with self._database.transaction() as session:
            await session.delete(await self._link(session, link, lock=True))
            await waits.forgive(session, waits.by_name(username))
            await self._put_password(session, username, hashed, "password.reset", by=by, keeping=None)

    async def _set_password(self, username: str, new: str, what: str, *, by: Actor, keeping: str | None) -> None:
        refuse_weak(new, username)
        hashed = await self._passwords.hash(new)
        async with self._database.transaction() as session:
            await session.execute(delete(ResetLink).where(ResetLink.username == username))
            await self._put_password(session, username, hashed, what, by=by, keeping=keeping)

    async def _put_password(
        self, session: AsyncSession, username: str, hashed: str, what: str, *, by: Actor, keeping: str | None
    ) -> None:
        agent = await account_of(session, username, lock=True)
        agent.password_hash = hashed
        agent.password_changed_at = self._clock()
        ended = await end_all(session, username, but=keeping)
        audit.record_by(session, what, by, at=self._clock(), about=username, sessions=ended)

    async def _link(self, session: AsyncSession, link: str, *, lock: bool = False) -> ResetLink:
        row = await session.get(ResetLink, digest(link), with_for_update=lock)
        if row is None or row.expires_at <= self._clock():
            raise RefusedError(staff_words().refusals["link_over"])
        agent = await session.get_one(Agent, row.username)
        if not agent.is_active:
            raise RefusedError(staff_words().refusals["link_over"])
        return row

    async def _prove(self, username: str, password: str) -> None:
        now, name = self._clock(), waits.by_name(username)
        async with self._database.transaction() as session:
            await waits.charge(session, [name], now=now)
            hashed = (await account_of(session, username)).password_hash
        is_right = await self._passwords.verify(hashed, password)
        async with self._database.transaction() as session:
            if is_right:
                await waits.forgive(session, name)
            else:
                audit.record(session, "login.refused", who=username, at=now, method="account")
        if not is_right:
            raise LoginRefusedError(staff_words().refusals["wrong_password"])

    # -- the second factor -----------------------------------------------------------------------

    async def second_factor_needed(self, username: str) -> bool:
        """Whether the person's role gets in only with one."""
        async with self._database.transaction() as session:
            return Role((await account_of(session, username)).role) in self._settings.second_factor

    async def recovery_codes_left(self, username: str) -> int:
        async with self._database.transaction() as session:
            return await factors.recovery_codes_left(session, username)

    def begin_second_factor(self, username: str) -> Begun:
        """Something to put into an authenticator; nothing is kept before its first code comes back."""
        locked = self._authenticators.fresh()
        return Begun(locked, self._authenticators.setup(locked, username))

    async def confirm_second_factor(
        self, username: str, password: str, locked: str, code: str, *, keeping: str | None, by: Actor
    ) -> list[str]:
        """Turn it on; returns the recovery codes.  Other sessions end.

        Raises `LoginRefusedError` for a wrong password, `RefusedError` for a wrong code or where there is one already.
        """
        await self._prove(username, password)
        said, now = staff_words().refusals, self._clock()
        step = self._authenticators.step_of(locked, code, at=now, after=None)
        if step is None:
            raise RefusedError(said["wrong_code"])
        async with self._database.transaction() as session:
            agent = await account_of(session, username, lock=True)
            if agent.totp_secret is not None:
                raise RefusedError(said["has_second_factor"])
            agent.totp_secret, agent.totp_step = locked, step
            await end_all(session, username, but=keeping)
            audit.record_by(session, "second_factor.on", by, at=now, about=username)
            return await factors.new_recovery_codes(session, username)

    async def new_recovery_codes(self, username: str, password: str, *, by: Actor) -> list[str]:
        """In place of the old ones."""
        await self._prove(username, password)
        async with self._database.transaction() as session:
            agent = await account_of(session, username, lock=True)
            if agent.totp_secret is None:
                raise RefusedError(staff_words().refusals["no_second_factor"])
            audit.record_by(session, "second_factor.codes", by, at=self._clock(), about=username)
            return await factors.new_recovery_codes(session, username)

    async def turn_off_second_factor(self, username: str, password: str, *, by: Actor) -> None:
        """Refused for roles that get in only with one."""
        await self._prove(username, password)
        if await self.second_factor_needed(username):
            raise RefusedError(staff_words().refusals["second_factor_needed"])
        await self._forget_second_factor(username, by=by, why=None)

    async def take_second_factor(self, username: str, *, by: Actor, why: str | None = None) -> None:
        """By an administrator, for somebody who lost authenticator and codes; the sessions end."""
        await self._forget_second_factor(username, by=by, why=why)

    async def _forget_second_factor(self, username: str, *, by: Actor, why: str | None) -> None:
        async with self._database.transaction() as session:
            agent = await account_of(session, username, lock=True)
            if agent.totp_secret is None:
                raise RefusedError(staff_words().refusals["no_second_factor"])
            await factors.forget(session, agent)
            if by.username != username:
                await end_all(session, username)
            audit.record_by(session, "second_factor.off", by, at=self._clock(), about=username, why=why)
