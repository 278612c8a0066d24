"""The roles of the network, and the person (or rule) behind each change."""

from dataclasses import dataclass
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


_TALKS = {Role.agent, Role.provincial_agent, Role.headquarters_agent, Role.supervisor, Role.admin}


@dataclass(frozen=True)
class Actor:
    """Whoever makes a change: a person with a role, or the system itself (``role`` is None).

    Parameters
    ----------
    name: as events record it: ``agent:wang``, ``bot``, ``rule:escalation.overdue@v7``, ``system``.
    unit: code of the outlet, provincial centre or headquarters the person works for; None for the call centre.
    province: where a provincial role judges, as in `Place.province`.
    """

    name: str
    role: Role | None = None
    unit: str | None = None
    province: str | None = None

    @property
    def is_system(self) -> bool:
        return self.role is None


SYSTEM = Actor("system")
BOT = Actor("bot")
