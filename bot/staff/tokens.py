"""Random strings that open something, and what is kept of them."""

import hashlib
import secrets


def fresh(prefix: str = "") -> str:
    """256 random bits."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    """What the database keeps.  Without salt or stretching: what it stands for is random and long."""
    return hashlib.sha256(token.encode()).hexdigest()
