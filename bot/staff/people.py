"""A person at work, as the rest of the house knows them, and where a request came from."""

from dataclasses import dataclass, replace
from ipaddress import ip_address, ip_network

from bot.staff.model import Actor, Role
from bot.staff.tables import Agent

_SHOWN_BITS = {4: 24, 6: 48}
_COUNTED_BITS = {4: 32, 6: 64}
_DEVICE_CHARS = 200


@dataclass(frozen=True)
class Person:
    """What others need to know about an account.

    ``unit`` is the outlet, centre or headquarters the person works for; ``province`` where a provincial role judges.
    """

    username: str
    name: str
    role: Role
    unit: str | None = None
    province: str | None = None

    @classmethod
    def of(cls, agent: Agent) -> "Person":
        return cls(agent.username, agent.name, Role(agent.role), agent.unit, agent.province)

    @property
    def actor(self) -> Actor:
        """The person as the one behind a change."""
        return Actor(f"agent:{self.username}", self.role, self.unit, self.province)

    def acting_from(self, address: str | None) -> Actor:
        """The same with where the request came from, for the audit."""
        return replace(self.actor, address=address)


@dataclass(frozen=True)
class Caller:
    """Where a login comes from: the address as the connection has it, and what the browser calls itself."""

    address: str | None = None
    device: str = ""

    @property
    def network(self) -> str | None:
        """The address as it is kept: without the part that tells one household from the next."""
        return _network(self.address, _SHOWN_BITS)

    @property
    def counted(self) -> str | None:
        """What failed logins are counted by: an IPv4 address, an IPv6 network of one customer."""
        return _network(self.address, _COUNTED_BITS)

    @property
    def short_device(self) -> str:
        return self.device[:_DEVICE_CHARS]


NOWHERE = Caller()


def _network(address: str | None, bits: dict[int, int]) -> str | None:
    try:
        known = ip_address(address or "")
    except ValueError:
        return None
    return str(ip_network(f"{known}/{bits[known.version]}", strict=False))
