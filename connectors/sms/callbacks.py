"""What the endpoints of all gateways have in common: who may call, how much, and how it gets into the inbox."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from fastapi import HTTPException, Request
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.inbox.ports import Inbox, Letter

logger = logging.getLogger(__name__)

MAX_BYTES = 512 * 1024
"""A push has at most a hundred items of less than a kilobyte."""
MAX_ITEMS = 1000
_SHORTEST_TOKEN = 24


@dataclass(frozen=True)
class Gate:
    """For platforms that sign nothing: an address nobody can guess, and the networks it may be called from.

    Parameters
    ----------
    token: the secret part of the path.
    sources: networks; none means any.
    """

    token: SecretStr
    sources: tuple[IPv4Network | IPv6Network, ...] = ()

    @classmethod
    def of(cls, token: SecretStr | None, sources: Iterable[str]) -> "Gate":
        """Raises `SettingsError`."""
        if token is None or len(token.get_secret_value()) < _SHORTEST_TOKEN:
            raise SettingsError(f"BOT_SMS_CALLBACK_TOKEN needs {_SHORTEST_TOKEN} characters or more")
        try:
            return cls(token, tuple(ip_network(source) for source in sources))
        except ValueError as error:
            raise SettingsError(f"an allowed source of SMS callbacks is no network: {error}") from error

    def check(self, token: str, request: Request) -> None:
        """A wrong address is no address: 404.  A stranger who knows it gets 403."""
        if not hmac.compare_digest(token.encode("utf-8", "replace"), self.token.get_secret_value().encode()):
            raise HTTPException(404)
        if self.sources and not self._is_allowed(request.client.host if request.client else ""):
            logger.warning("an SMS callback came from a network that is not allowed")
            raise HTTPException(403)

    def _is_allowed(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address  # as a socket for both families shows it
        return any(address in network for network in self.sources)


async def body_of(request: Request) -> bytes:
    """413 for a body longer than any push."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BYTES:
            raise HTTPException(413)
    return bytes(content)


def json_of(body: bytes) -> Any:
    """400 for what is no JSON."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise HTTPException(400) from error


def items_of(body: bytes) -> Sequence[dict[str, Any]]:
    """The objects of a pushed array.  400 for anything else."""
    items = json_of(body)
    if not isinstance(items, list) or len(items) > MAX_ITEMS or not all(isinstance(item, dict) for item in items):
        raise HTTPException(400)
    return items


async def put_all(inbox: Inbox, letters: Iterable[Letter]) -> None:
    """Store them all; what this raises is not acknowledged, so that it comes again."""
    for letter in letters:
        await inbox.put(letter)


def digest_of(*parts: object) -> str:
    """A key for what its platform gives none."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
