"""The roles of the network, and the person (or rule) behind each change."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person may do; each account has one."""

    agent = "agent"
    outlet_agent = "outlet_agent"
    provincial_agent = "provincial_agent"
    headquarters_agent = "headquarters_agent"
    provincial_arbitrator = "provincial_arbitrator"
    headquarters_arbitrator = "headquarters_arbitrator"
    supervisor = "supervisor"
    trainer = "trainer"
    admin = "admin"

    @property
    def may_talk(self) -> bool:
        """Whether this role takes conversations from the queue."""
        return self in _TALKS

    @property
    def needs_unit(self) -> bool:
        """Whether this role works for one outlet."""
        return self is Role.outlet_agent

    @property
    def needs_province(self) -> bool:
        """Whether this role works for one province."""
        return self in (Role.provincial_agent, Role.provincial_arbitrator)

    def covers(self, other: "Role") -> bool:
        """Whether who has this role may lend a program the other one."""
        return other is self or other in _COVERS.get(self, frozenset())


_TALKS = {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor, Role.admin}
_COVERS = {
    Role.supervisor: frozenset({Role.agent}),
    Role.admin: frozenset(role for role in Role if not (role.needs_unit or role.needs_province)),
}


@dataclass(frozen=True)
class Actor:
    """Whoever makes a change: a person with a role, or the system itself (``role`` is None).

    Parameters
    ----------
    name: as events record it: ``agent:wang``, ``bot``, ``rule:escalation.overdue@v7``, ``system``.
    unit: code of the outlet, provincial centre or headquarters the person works for; None for the call centre.
    province: where a provincial role judges, as in `Place.province`.
    address: the network a request came from, shortened, for the audit; no part of who somebody is.
    """

    name: str
    role: Role | None = None
    unit: str | None = None
    province: str | None = None
    address: str | None = field(default=None, compare=False)

    @property
    def username(self) -> str:
        """The bare name, without the kind before it."""
        return self.name.removeprefix("agent:")

    @property
    def is_system(self) -> bool:
        return self.role is None


SYSTEM = Actor("system")
BOT = Actor("bot")
