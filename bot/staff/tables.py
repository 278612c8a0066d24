"""People who work here, how they log in, and what they did: the tables."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from bot.db import Base

CAPACITY = 5
"""How many conversations a person takes at once unless told otherwise."""


def _owner(*, primary_key: bool = False, index: bool = False) -> Mapped[str]:
    return mapped_column(ForeignKey("agents.username", ondelete="CASCADE"), primary_key=primary_key, index=index)


class Agent(Base):
    """An account.

    Parameters
    ----------
    password_hash: argon2id with its parameters; empty while the person has not chosen a password.
    email: in lower case; single sign-on finds the account by it.
    subject: ``issuer|sub`` of the single sign-on that the account belongs to.
    capacity: how many conversations the person takes at once.
    skills: what the person knows besides the skills of the teams.
    totp_secret: of the authenticator, encrypted; None without a second factor.
    totp_step: the last time step whose code was accepted; a code is accepted once.
    """

    __tablename__ = "agents"

    username: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    password_hash: Mapped[str]
    role: Mapped[str]
    unit: Mapped[str | None]
    province: Mapped[str | None]
    email: Mapped[str | None] = mapped_column(unique=True)
    subject: Mapped[str | None] = mapped_column(unique=True)
    is_active: Mapped[bool] = mapped_column(default=True)
    capacity: Mapped[int] = mapped_column(default=CAPACITY)
    skills: Mapped[list[str]] = mapped_column(default=list)
    totp_secret: Mapped[str | None]
    totp_step: Mapped[int | None]
    password_changed_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Team(Base):
    """技能组.

    Parameters
    ----------
    name: in code and rules, like ``claims``.
    label: as people read it.
    purpose: what it is for, in a sentence.
    skills: what customers are sent to it for: intents, categories, classes of customers.
    """

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(primary_key=True)
    label: Mapped[str]
    purpose: Mapped[str] = mapped_column(default="")
    skills: Mapped[list[str]] = mapped_column(default=list)
    created_at: Mapped[datetime]


class TeamMember(Base):
    """Somebody in a team."""

    __tablename__ = "team_members"

    team: Mapped[str] = mapped_column(ForeignKey("teams.name", ondelete="CASCADE"), primary_key=True)
    username: Mapped[str] = _owner(primary_key=True, index=True)


class DeskSession(Base):
    """A person who is logged in on one browser.  Only the SHA-256 of the cookie is kept.

    Parameters
    ----------
    id: what the person and the administrator call it by.
    seen_at: when it was last used, to the minute.
    expires_at: when it ends in any case.
    address: the network it began in, shortened.
    device: what the browser called itself.
    method: ``password``, ``second_factor`` or ``single_sign_on``.
    """

    __tablename__ = "desk_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default=uuid4)
    username: Mapped[str] = _owner(index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    address: Mapped[str | None]
    device: Mapped[str]
    method: Mapped[str]


class HalfLogin(Base):
    """A login whose password was right and whose second factor is still owed.

    ``secret`` is that of an authenticator to be set up, encrypted, where the person has none yet.
    """

    __tablename__ = "desk_half_logins"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = _owner(index=True)
    secret: Mapped[str | None]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class LoginWait(Base):
    """Failed logins of one name or one address, known or not, by the hash of it."""

    __tablename__ = "desk_login_waits"

    key: Mapped[str] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime | None]


class RecoveryCode(Base):
    """Stands in for the authenticator once.  Only its SHA-256 is kept."""

    __tablename__ = "desk_recovery_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = _owner(index=True)
    used_at: Mapped[datetime | None]


class ResetLink(Base):
    """Lets a person choose a password once.  Only the SHA-256 of what is in the link is kept."""

    __tablename__ = "desk_reset_links"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    username: Mapped[str] = _owner(index=True)
    made_by: Mapped[str]
    expires_at: Mapped[datetime]


class PersonalToken(Base):
    """What a person's own programs show instead of a password.  Only its SHA-256 is kept.

    ``role`` is what it may do, never more than its owner may at that moment.
    """

    __tablename__ = "desk_tokens"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    token_hash: Mapped[str] = mapped_column(unique=True)
    username: Mapped[str] = _owner(index=True)
    name: Mapped[str]
    role: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class SignOnAttempt(Base):
    """Somebody on the way to the single sign-on and back; ``state_hash`` is of what comes back."""

    __tablename__ = "desk_sign_ons"

    state_hash: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str]
    verifier: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class AuditEntry(Base):
    """Who did what, when, why and from where.  The table takes no UPDATE and no DELETE.

    Parameters
    ----------
    who: username, ``api`` for other systems, ``system``; waybill pages write actors (``agent:wang``).
    about: whom or what it was done to: a username, a team.
    address: the network it came from, shortened.
    details: what changed: the new values by name, never a secret.
    """

    __tablename__ = "desk_audit"
    __table_args__ = (
        Index(None, "conversation_id"),
        Index(None, "who", "at"),
        Index(None, "about", "at"),
        Index(None, "at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    who: Mapped[str]
    at: Mapped[datetime]
    what: Mapped[str]
    about: Mapped[str | None]
    why: Mapped[str | None]
    address: Mapped[str | None]
    conversation_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
