"""Logging in: the password, then the second factor where there is one or has to be one."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import LoginLockedError, LoginRefusedError, SecondFactorNeededError
from bot.staff import audit, waits
from bot.staff.model import Role
from bot.staff.passwords import Passwords
from bot.staff.people import NOWHERE, Caller, Person
from bot.staff.second_factor import Authenticators, Setup, accept, new_recovery_codes, use_recovery_code
from bot.staff.sessions import Sessions
from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, HalfLogin
from bot.staff.tokens import digest, fresh

HALF_LASTS = timedelta(minutes=10)
_REFUSED = "unknown name, wrong password or wrong code"
_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Entered:
    """Somebody is in.  ``recovery_codes`` are new and shown once where an authenticator was just set up."""

    person: Person
    token: str
    recovery_codes: tuple[str, ...] = ()


class Login:
    """The way in.

    Every refusal reads the same: `LoginRefusedError`.  Too many of them make the name and the address wait, whether or
    not there is such an account: `LoginLockedError`, and then nobody looks whether the password is right.
    """

    def __init__(
        self, database: Database, clock: Clock, settings: PeopleSettings, passwords: Passwords, sessions: Sessions
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._passwords = passwords
        self._sessions = sessions
        self._authenticators = Authenticators(settings)

    async def authenticate(self, username: str, password: str, *, caller: Caller = NOWHERE) -> Person:
        """The person with this name and password."""
        return Person.of(await self._authenticate(username, password, caller))

    async def enter(
        self, username: str, password: str, *, replacing: str | None = None, caller: Caller = NOWHERE
    ) -> Entered:
        """Open a session; the one the browser had before ends.

        Raises `SecondFactorNeededError` where the password is right and a code is owed: `finish` takes it.
        """
        known = await self._authenticate(username, password, caller)
        if known.totp_secret is not None or Role(known.role) in self._settings.second_factor:
            raise await self._half(known, caller)
        async with self._database.transaction() as session:
            agent = await _active(session, known.username)
            token = await self._sessions.open(session, agent, method="password", caller=caller, replacing=replacing)
        return Entered(Person.of(agent), token)

    async def setup_of(self, half: str) -> Setup | None:
        """What to put into a new authenticator before the login can be finished; None where there is one already."""
        async with self._database.transaction() as session:
            row = await self._owed(session, half)
        return self._authenticators.setup(row.secret, row.username) if row.secret else None

    async def finish(self, half: str, code: str, *, replacing: str | None = None, caller: Caller = NOWHERE) -> Entered:
        """The code of the authenticator, or a recovery code, for a login whose password was right."""
        now = self._clock()
        async with self._database.transaction() as session:
            username = (await self._owed(session, half)).username
        await self._charge(waits.by_code(username), caller, who=username)
        async with self._database.transaction() as session:
            owed = await self._owed(session, half, lock=True)
            agent = await _active(session, username)
            entered = await self._judge_code(session, owed, agent, code, now, caller, replacing)
            if entered is None:
                audit.record(session, "login.refused", who=username, at=now, address=caller.network, method="code")
        if entered is None:
            raise LoginRefusedError(_REFUSED)
        return entered

    # -- the password ----------------------------------------------------------------------------

    async def _authenticate(self, username: str, password: str, caller: Caller) -> Agent:
        async with self._database.transaction() as session:
            known = await session.get(Agent, username) if "\0" not in username else None
        who = username if known else _UNKNOWN
        await self._charge(waits.by_name(username), caller, who=who)
        is_right = await self._passwords.verify(known.password_hash if known else None, password)
        now = self._clock()
        async with self._database.transaction() as session:
            if not is_right or known is None or not known.is_active:
                audit.record(session, "login.refused", who=who, at=now, address=caller.network)
            else:
                await waits.forgive(session, waits.by_name(username))
                await self._refund_address(session, caller)
        if not is_right or known is None or not known.is_active:
            raise LoginRefusedError(_REFUSED)
        await self._renew_hash(known, password)
        return known

    async def _renew_hash(self, known: Agent, password: str) -> None:
        """A password that was hashed with other parameters is hashed again while it is at hand."""
        if not self._passwords.is_old(known.password_hash):
            return
        renewed = await self._passwords.hash(password)
        async with self._database.transaction() as session:
            agent = await session.get_one(Agent, known.username, with_for_update=True)
            if agent.password_hash == known.password_hash:
                agent.password_hash = renewed

    async def _charge(self, counter: waits.Counter, caller: Caller, *, who: str) -> None:
        now = self._clock()
        counters = [counter, *([waits.by_address(caller.counted)] if caller.counted else [])]
        try:
            async with self._database.transaction() as session:
                await waits.forget_old(session, now=now)
                await waits.charge(session, counters, now=now)
        except LoginLockedError:
            async with self._database.transaction() as session:
                audit.record(session, "login.locked", who=who, at=now, address=caller.network)
            raise

    async def _refund_address(self, session: AsyncSession, caller: Caller) -> None:
        if caller.counted:
            await waits.refund(session, waits.by_address(caller.counted))

    # -- the second factor -----------------------------------------------------------------------

    async def _half(self, agent: Agent, caller: Caller) -> SecondFactorNeededError:
        token, now = fresh(), self._clock()
        sets_up = agent.totp_secret is None
        async with self._database.transaction() as session:
            await session.execute(delete(HalfLogin).where(HalfLogin.expires_at < now))
            session.add(
                HalfLogin(
                    token_hash=digest(token),
                    username=agent.username,
                    secret=self._authenticators.fresh() if sets_up else None,
                    expires_at=now + HALF_LASTS,
                )
            )
            audit.record(session, "login.half", who=agent.username, at=now, address=caller.network)
        return SecondFactorNeededError(token, sets_up=sets_up)

    async def _owed(self, session: AsyncSession, half: str, *, lock: bool = False) -> HalfLogin:
        row = await session.get(HalfLogin, digest(half), with_for_update=lock)
        if row is None or row.expires_at <= self._clock():
            raise LoginRefusedError(_REFUSED)
        return row

    async def _judge_code(
        self,
        session: AsyncSession,
        owed: HalfLogin,
        agent: Agent,
        code: str,
        now: datetime,
        caller: Caller,
        replacing: str | None,
    ) -> Entered | None:
        """Open the session for a right code; None for a wrong one."""
        codes: tuple[str, ...] = ()
        if owed.secret is not None and agent.totp_secret is None:
            codes = await self._set_up(session, owed.secret, agent, code, now, caller)
            is_right = bool(codes)
        else:
            is_right = await self._is_code(session, agent, code, now, caller)
        if not is_right:
            return None
        await session.delete(owed)
        await waits.forgive(session, waits.by_code(agent.username))
        await self._refund_address(session, caller)
        token = await self._sessions.open(session, agent, method="second_factor", caller=caller, replacing=replacing)
        return Entered(Person.of(agent), token, codes)

    async def _set_up(
        self, session: AsyncSession, secret: str, agent: Agent, code: str, now: datetime, caller: Caller
    ) -> tuple[str, ...]:
        """Take the new authenticator over when its first code is right; returns the recovery codes."""
        step = self._authenticators.step_of(secret, code, at=now, after=None)
        if step is None:
            return ()
        agent.totp_secret, agent.totp_step = secret, step
        audit.record(
            session, "second_factor.on", who=agent.username, about=agent.username, at=now, address=caller.network
        )
        return tuple(await new_recovery_codes(session, agent.username))

    async def _is_code(self, session: AsyncSession, agent: Agent, code: str, now: datetime, caller: Caller) -> bool:
        if accept(self._authenticators, agent, code, at=now):
            return True
        if not await use_recovery_code(session, agent.username, code, at=now):
            return False
        audit.record(session, "second_factor.recovered", who=agent.username, at=now, address=caller.network)
        return True


async def _active(session: AsyncSession, username: str) -> Agent:
    """The account, locked; closed meanwhile, it is refused like an unknown one."""
    agent = await session.get(Agent, username, with_for_update=True)
    if agent is None or not agent.is_active:
        raise LoginRefusedError(_REFUSED)
    return agent
