"""What the API of people, teams, audit and one's own account is told and tells."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from bot.staff.model import Role
from bot.staff.passwords import PASSWORD_AT_MOST

Line = Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
Skills = Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=30)]
Teams = Annotated[tuple[Annotated[str, Field(max_length=40)], ...], Field(max_length=50)]
Password = Annotated[str, Field(min_length=1, max_length=PASSWORD_AT_MOST)]
Email = Annotated[str, Field(max_length=254, pattern=r"^[^@\s]+@[^@\s]+$")]


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AccountChange(Strict):
    """What is left out stays; null empties."""

    name: Line | None = None
    role: Role | None = None
    unit: Line | None = None
    province: Line | None = None
    email: Email | None = None
    capacity: int | None = Field(default=None, ge=0, le=50, description="Conversations at once; 0: takes none.")
    skills: Skills | None = None
    teams: Teams | None = None


class NewAccount(Strict):
    """A new account.  The person chooses the password by the link in the answer."""

    username: str = Field(min_length=1, max_length=64)
    name: Line
    role: Role = Role.agent
    unit: Line | None = None
    province: Line | None = None
    email: Email | None = None
    capacity: int = Field(default=5, ge=0, le=50)
    skills: Skills = ()
    teams: Teams = ()


class AccountView(Frozen):
    """An account as colleagues and administrators see it; nothing secret.

    ``waits`` is true while logins by this name are suspended, ``has_password`` false until one was chosen.
    """

    username: str
    name: str
    role: Role
    unit: str | None
    province: str | None
    email: str | None
    capacity: int
    skills: tuple[str, ...]
    teams: tuple[str, ...]
    is_active: bool
    has_password: bool
    second_factor: bool
    single_sign_on: bool
    waits: bool
    seen_at: datetime | None
    created_at: datetime


class People(Frozen):
    """A page of accounts by username; ``next`` is the ``after`` of the following one, null on the last."""

    people: tuple[AccountView, ...]
    total: int
    next: str | None


class LinkView(Frozen):
    """``link`` lets the person choose a password once, until ``expires_at``."""

    link: str
    expires_at: datetime


class NewAccountView(Frozen):
    person: AccountView
    password: LinkView


class Why(Strict):
    why: str | None = Field(default=None, max_length=300)


class SessionView(Frozen):
    """A browser somebody is logged in on; ``is_this`` is the one that asks."""

    id: UUID
    begun_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str | None
    device: str
    method: str
    is_this: bool


class TokenView(Frozen):
    id: UUID
    name: str
    role: Role
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None


class NewToken(Strict):
    name: Line
    role: Role | None = Field(default=None, description="At most one's own role, which it is unless said otherwise.")
    days: int = Field(default=90, ge=1, le=365)


class NewTokenView(Frozen):
    """``token`` is shown this once only."""

    token: str
    kept: TokenView


class NewTeam(Strict):
    name: str = Field(min_length=1, max_length=40)
    label: Line
    purpose: str = Field(default="", max_length=300)
    skills: Skills = ()
    members: Annotated[tuple[str, ...], Field(max_length=2000)] = ()


class TeamChange(Strict):
    """What is left out stays; ``members`` are these and nobody else."""

    label: Line | None = None
    purpose: str | None = Field(default=None, max_length=300)
    skills: Skills | None = None
    members: Annotated[tuple[str, ...], Field(max_length=2000)] | None = None


class TeamView(Frozen):
    name: str
    label: str
    purpose: str
    skills: tuple[str, ...]
    members: tuple[str, ...]


class ChangePassword(Strict):
    current: Password
    new: Password


class PasswordOnly(Strict):
    password: Password


class SetupView(Frozen):
    """What an authenticator is set up with: the secret as text and as the address of a QR code, drawn as SVG."""

    setup: str = Field(description="To be sent back with the first code.")
    secret: str
    address: str
    qr_svg: str


class ConfirmSetup(Strict):
    setup: str = Field(max_length=400)
    code: str = Field(min_length=6, max_length=12)
    password: Password


class RecoveryCodes(Frozen):
    """Each stands in for the authenticator once; shown this once only."""

    codes: tuple[str, ...]


class OwnAccount(Frozen):
    """``must_have_second_factor``: the role gets in only with one."""

    person: AccountView
    must_have_second_factor: bool
    recovery_codes_left: int


class EntryView(Frozen):
    """One line of the audit; ``happening`` is ``what`` in Chinese, ``address`` a network, never a whole address."""

    id: UUID
    at: datetime
    who: str
    what: str
    happening: str
    about: str | None
    why: str | None
    address: str | None
    conversation_id: UUID | None
    details: dict[str, Any]


class Entries(Frozen):
    """``next`` is the ``before`` of the following page, null on the last."""

    entries: tuple[EntryView, ...]
    next: str | None
