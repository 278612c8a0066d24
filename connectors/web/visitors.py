"""Visitor tokens, allowed origins and the rate of messages."""

import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import uuid4

import jwt
from fastapi import HTTPException, Request

from bot.errors import AccessRefusedError
from connectors.web.words import refusal

_LIFETIME = timedelta(days=180)


class VisitorTokens:
    """Signed tokens that name a visitor; a stranger can neither make nor guess one."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def issue(self, *, at: datetime) -> tuple[str, str]:
        """A new visitor and the token that proves to be it."""
        visitor = uuid4().hex
        claims = {"sub": visitor, "aud": "visitor", "iat": at, "exp": at + _LIFETIME}
        return visitor, jwt.encode(claims, self._secret, algorithm="HS256")

    def visitor(self, token: str) -> str:
        """The visitor a token names.  Raises `AccessRefusedError` for anything else."""
        try:
            claims = jwt.decode(token, self._secret, algorithms=["HS256"], audience="visitor")
        except jwt.InvalidTokenError as error:
            raise AccessRefusedError("the visitor token is not valid") from error
        return str(claims["sub"])


def known_or_new(tokens: VisitorTokens, token: str | None, *, at: datetime) -> tuple[str, str]:
    """The visitor of an earlier token with that token, else a new visitor with a new one."""
    if token:
        with suppress(AccessRefusedError):
            return tokens.visitor(token), token
    return tokens.issue(at=at)


def bearer(request: Request) -> str:
    """The token in the ``Authorization`` header; empty where there is none."""
    return (request.headers.get("authorization") or "").removeprefix("Bearer ").strip()


def visitor_of(request: Request, tokens: VisitorTokens) -> str:
    """The visitor behind a request; HTTP 401 for anybody else."""
    try:
        return tokens.visitor(bearer(request))
    except AccessRefusedError as error:
        raise HTTPException(401, refusal("no_token")) from error


def origin_allowed(origin: str | None, host: str | None, allowed: list[str]) -> bool:
    """Whether a page of this origin may talk to us: our own host, or one on the list (``*`` allows any).

    Programs that are no browsers send no origin and are let in: the token protects the conversation.
    """
    if origin is None:
        return True
    return urlsplit(origin).netloc == host or origin.rstrip("/") in allowed or "*" in allowed


class RateLimit:
    """A token bucket per key; the least recently seen keys are forgotten.

    Parameters
    ----------
    per_minute: how many are let through in the long run.
    burst: how many may come at once.
    """

    def __init__(
        self,
        per_minute: int,
        burst: int,
        *,
        keys: int = 50_000,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate = per_minute / 60
        self._burst = float(burst)
        self._keys = keys
        self._monotonic = monotonic
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_for(self, key: str) -> float:
        """Take one; returns 0 when let through, else the seconds until the next would be."""
        now = self._monotonic()
        level, since = self._buckets.pop(key, (self._burst, now))
        level = min(self._burst, level + (now - since) * self._rate)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate
        self._buckets[key] = (level - 1 if wait == 0 else level, now)
        if len(self._buckets) > self._keys:
            self._buckets.popitem(last=False)
        return wait
