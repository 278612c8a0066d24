"""The second factor: codes of an authenticator (RFC 6238), each accepted once, and recovery codes for a lost one."""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import pyotp
from cryptography.fernet import Fernet, InvalidToken
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.staff.settings import PeopleSettings
from bot.staff.tables import Agent, RecoveryCode
from bot.staff.tokens import digest

RECOVERY_CODES = 10
_STEP_S = 30
_STEPS_OFF = (-1, 0, 1)
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True)
class Setup:
    """What a person puts into an authenticator: as text, and as the address a QR code carries."""

    secret: str
    address: str


class Authenticators:
    """Makes and checks codes; the secrets leave this class encrypted."""

    def __init__(self, settings: PeopleSettings) -> None:
        key = hashlib.sha256(f"authenticators:{settings.secret}".encode()).digest()
        self._box = Fernet(base64.urlsafe_b64encode(key))
        self._title = settings.title

    def fresh(self) -> str:
        """A new secret, encrypted."""
        return self._box.encrypt(pyotp.random_base32().encode()).decode()

    def setup(self, locked: str, username: str) -> Setup:
        secret = self._open(locked)
        return Setup(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=self._title))

    def step_of(self, locked: str, code: str, *, at: datetime, after: int | None) -> int | None:
        """The time step that a code belongs to, of those around ``at``; None for a wrong code or one at or before
        ``after``: it was accepted already, or somebody looked over a shoulder."""
        try:
            totp = pyotp.TOTP(self._open(locked))
        except InvalidToken:
            return None
        now = int(at.timestamp()) // _STEP_S
        given = "".join(code.split())
        for step in (now + off for off in _STEPS_OFF):
            is_right = hmac.compare_digest(totp.at(step * _STEP_S).encode(), given.encode())
            if is_right and (after is None or step > after):
                return step
        return None

    def _open(self, locked: str) -> str:
        return self._box.decrypt(locked.encode()).decode()


def accept(authenticators: Authenticators, agent: Agent, code: str, *, at: datetime) -> bool:
    """Whether a code of the agent's authenticator is right; then it is used up.  The row has to be locked."""
    if agent.totp_secret is None:
        return False
    step = authenticators.step_of(agent.totp_secret, code, at=at, after=agent.totp_step)
    if step is None:
        return False
    agent.totp_step = step
    return True


async def new_recovery_codes(session: AsyncSession, username: str) -> list[str]:
    """Fresh ones in place of the old; shown once."""
    await session.execute(delete(RecoveryCode).where(RecoveryCode.username == username))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    session.add_all(RecoveryCode(code_hash=_kept(code), username=username, used_at=None) for code in codes)
    return codes


async def use_recovery_code(session: AsyncSession, username: str, code: str, *, at: datetime) -> bool:
    """Whether it is one of the person's that was not used; then it is used up."""
    row = await session.get(RecoveryCode, _kept(code), with_for_update=True)
    if row is None or row.username != username or row.used_at is not None:
        return False
    row.used_at = at
    return True


async def recovery_codes_left(session: AsyncSession, username: str) -> int:
    unused = (RecoveryCode.username == username, RecoveryCode.used_at.is_(None))
    return await session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


async def forget(session: AsyncSession, agent: Agent) -> None:
    """Take the second factor away.  The step stays: a code that was accepted never counts again."""
    agent.totp_secret = None
    await session.execute(delete(RecoveryCode).where(RecoveryCode.username == agent.username))


def _recovery_code() -> str:
    """16 letters, 79 bits, in fours."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(16))
    return "-".join(letters[start : start + 4] for start in range(0, 16, 4))


def _kept(code: str) -> str:
    return digest("".join(letter for letter in code.casefold() if letter.isalnum()))
