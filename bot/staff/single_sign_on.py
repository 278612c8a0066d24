"""Logging in by somebody else's word: on the way there and back, and which account it is."""

import hashlib
import logging
import re
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import RefusedError, SignOnRefusedError
from bot.staff import audit
from bot.staff.accounts import RESERVED, refuse_last_admin
from bot.staff.login import Entered
from bot.staff.model import Role
from bot.staff.oidc import Claims, OidcProvider
from bot.staff.people import NOWHERE, Caller, Person
from bot.staff.sessions import Sessions, end_all
from bot.staff.tables import Agent, SignOnAttempt
from bot.staff.tokens import digest, fresh

logger = logging.getLogger(__name__)
ATTEMPT_LASTS = timedelta(minutes=10)
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class Departure:
    """Where the browser goes, and the state that it keeps in a cookie and has to bring back."""

    address: str
    state: str


class SingleSignOn:
    """The provider says who it is; the account here says whether they may in.

    Roles follow the provider at each login where a mapping is set; somebody without a mapped role is refused then.
    """

    def __init__(self, database: Database, clock: Clock, provider: OidcProvider, sessions: Sessions) -> None:
        self._database = database
        self._clock = clock
        self._provider = provider
        self._sessions = sessions

    async def depart(self) -> Departure:
        """Raises `SignOnRefusedError` when the provider does not answer."""
        state, nonce, verifier = fresh(), fresh(), fresh()
        address = await self._provider.address(state=state, nonce=nonce, verifier=verifier)
        now = self._clock()
        async with self._database.transaction() as session:
            await session.execute(delete(SignOnAttempt).where(SignOnAttempt.expires_at < now))
            session.add(
                SignOnAttempt(state_hash=digest(state), nonce=nonce, verifier=verifier, expires_at=now + ATTEMPT_LASTS)
            )
        return Departure(address, state)

    async def arrive(
        self,
        *,
        code: str,
        state: str,
        kept: str | None,
        issuer: str | None = None,
        replacing: str | None = None,
        caller: Caller = NOWHERE,
    ) -> Entered:
        """Somebody came back.  Raises `SignOnRefusedError`.

        Parameters
        ----------
        kept: the state as this browser kept it: another's login is not taken over.
        issuer: as the provider names itself in the address (RFC 9207).
        """
        try:
            attempt = await self._attempt(state, kept)
            if issuer is not None and issuer != self._provider.settings.issuer:
                raise SignOnRefusedError("another provider answered")
            claims = await self._provider.claims(code, nonce=attempt.nonce, verifier=attempt.verifier)
            return await self._enter(claims, replacing, caller)
        except SignOnRefusedError as error:
            logger.warning("single sign-on refused: %s", error)
            async with self._database.transaction() as session:
                audit.record(
                    session, "login.refused", who="unknown", at=self._clock(), address=caller.network,
                    method="single_sign_on", why=str(error)[:200],
                )  # fmt: skip
            raise

    async def _attempt(self, state: str, kept: str | None) -> SignOnAttempt:
        """The login that a state belongs to; it is used up, whatever comes of it."""
        if kept is None or digest(kept) != digest(state):
            raise SignOnRefusedError("the state is not the one this browser left with")
        async with self._database.transaction() as session:
            row = await session.get(SignOnAttempt, digest(state), with_for_update=True)
            if row is not None:
                await session.delete(row)
        if row is None or row.expires_at <= self._clock():
            raise SignOnRefusedError("the state is unknown, used or too old")
        return row

    async def _enter(self, claims: Claims, replacing: str | None, caller: Caller) -> Entered:
        role = self._role(claims)
        async with self._database.transaction() as session:
            agent = await self._account(session, claims, role, caller)
            if not agent.is_active:
                raise SignOnRefusedError(f"the account {agent.username} is closed")
            if role is not None and agent.role != role:
                await self._follow_role(session, agent, role, caller)
            token = await self._sessions.open(
                session, agent, method="single_sign_on", caller=caller, replacing=replacing
            )
        return Entered(Person.of(agent), token)

    def _role(self, claims: Claims) -> Role | None:
        """The role the provider gives; None where no mapping is set."""
        mapping = self._provider.settings.roles
        if not mapping:
            return None
        found = next((Role(ours) for theirs, ours in mapping.items() if theirs in claims.roles), None)
        if found is None:
            raise SignOnRefusedError("the provider gives no role that means something here")
        return found

    async def _account(self, session: AsyncSession, claims: Claims, role: Role | None, caller: Caller) -> Agent:
        """By subject, else by an address the provider verified, else a new one where that is allowed."""
        query = select(Agent).where(Agent.subject == claims.key).with_for_update()
        known = (await session.scalars(query)).first()
        if known is not None:
            return known
        if claims.email and self._provider.settings.links_by_email:
            query = select(Agent).where(Agent.email == claims.email).with_for_update()
            known = (await session.scalars(query)).first()
        if known is not None:
            return self._link(session, known, claims, caller)
        if not self._provider.settings.creates or role is None:
            raise SignOnRefusedError("nobody here belongs to that subject")
        return await self._create(session, claims, role, caller)

    def _link(self, session: AsyncSession, known: Agent, claims: Claims, caller: Caller) -> Agent:
        if known.subject is not None:
            raise SignOnRefusedError(f"the account {known.username} belongs to another subject")
        known.subject = claims.key
        who = known.username
        audit.record(session, "sign_on.linked", who=who, about=who, at=self._clock(), address=caller.network)
        return known

    async def _create(self, session: AsyncSession, claims: Claims, role: Role, caller: Caller) -> Agent:
        _refuse_without_workplace(role, claims.unit, claims.province)
        agent = Agent(
            username=await _free_name(session, claims),
            name=claims.name[:80],
            password_hash="",
            role=role.value,
            unit=claims.unit if role.needs_unit else None,
            province=claims.province if role.needs_province else None,
            email=await _free_email(session, claims.email),
            subject=claims.key,
            created_at=self._clock(),
        )
        session.add(agent)
        await session.flush()
        audit.record(
            session, "account.created", who="single_sign_on", about=agent.username, at=self._clock(),
            address=caller.network, role=role.value,
        )  # fmt: skip
        return agent

    async def _follow_role(self, session: AsyncSession, agent: Agent, role: Role, caller: Caller) -> None:
        _refuse_without_workplace(role, agent.unit, agent.province)
        if agent.role == Role.admin:
            try:
                await refuse_last_admin(session, agent.username)
            except RefusedError as error:
                raise SignOnRefusedError("the provider takes the role from the last administrator") from error
        agent.role = role.value
        await end_all(session, agent.username)
        audit.record(
            session, "account.changed", who="single_sign_on", about=agent.username, at=self._clock(),
            address=caller.network, role=role.value,
        )  # fmt: skip


def _refuse_without_workplace(role: Role, unit: str | None, province: str | None) -> None:
    if (role.needs_unit and not unit) or (role.needs_province and not province):
        raise SignOnRefusedError(f"the role {role.value} needs a workplace, and none is known")


async def _free_name(session: AsyncSession, claims: Claims) -> str:
    """The provider's name for the person, with a mark where that is taken: an account is never found by its name."""
    wished = _NOT_IN_NAMES.sub("-", claims.username).strip("-._")[:50] or "sso"
    taken = select(Agent.username).where(func.lower(Agent.username) == wished.lower())
    if await session.scalar(taken) is None and wished.lower() not in RESERVED:
        return wished
    return f"{wished}-{hashlib.sha256(claims.key.encode()).hexdigest()[:8]}"


async def _free_email(session: AsyncSession, email: str | None) -> str | None:
    """None where another account has it."""
    taken = await session.scalar(select(Agent.username).where(Agent.email == email)) if email else None
    return email if taken is None else None
