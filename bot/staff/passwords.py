"""Passwords: which are good enough, and how they are kept."""

import asyncio
import secrets
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import WeakPasswordError
from bot.staff.words import staff_words

PASSWORD_AT_LEAST = 10
PASSWORD_AT_MOST = 256
_DIFFERENT = 5
_HASHES_AT_ONCE = 2
_COMMON = Path(__file__).with_name("common_passwords.txt")


class Passwords:
    """Argon2id; it takes memory on purpose, so only a few run at once, however many try to log in.

    Parameters
    ----------
    hasher: the second recommendation of RFC 9106 (64 MiB, 3 passes, 4 lanes) unless a test wants a cheaper one.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
        self._hashing = asyncio.Semaphore(_HASHES_AT_ONCE)
        self._nobody = self._hasher.hash(secrets.token_urlsafe())

    async def hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def verify(self, hashed: str | None, password: str) -> bool:
        """Whether it is the one; without a hash it is not, and that takes as long."""
        async with self._hashing:
            try:
                right = await asyncio.to_thread(self._hasher.verify, hashed or self._nobody, password)
            except (VerificationError, InvalidHashError):
                return False
        return right and bool(hashed)

    def is_old(self, hashed: str) -> bool:
        """Whether it was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(hashed)


def refuse_weak(password: str, username: str) -> None:
    """Raises `WeakPasswordError` with what is wrong, in Chinese."""
    said = staff_words().refusals
    folded = password.casefold()
    if len(password) < PASSWORD_AT_LEAST:
        raise WeakPasswordError(said["short"].format(least=PASSWORD_AT_LEAST))
    if len(password) > PASSWORD_AT_MOST:
        raise WeakPasswordError(said["long"].format(most=PASSWORD_AT_MOST))
    if folded in _common_passwords():
        raise WeakPasswordError(said["common"])
    if len(set(folded)) < _DIFFERENT:
        raise WeakPasswordError(said["simple"])
    if len(username) > 2 and username.casefold() in folded:
        raise WeakPasswordError(said["has_name"])


@lru_cache(maxsize=1)
def _common_passwords() -> frozenset[str]:
    lines = _COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))
