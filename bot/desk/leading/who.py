"""Who supervises, and whom: everybody, or the people and tickets of one unit or province."""

from dataclasses import dataclass

from bot.desk.leading.words import denied
from bot.staff.model import Actor, Role

LEADS = frozenset({Role.supervisor, Role.admin})
TALKS = frozenset(role for role in Role if role.may_talk)


@dataclass(frozen=True)
class Scope:
    """Whose work somebody leads; a supervisor's account that names a unit or a province leads only there."""

    unit: str | None = None
    province: str | None = None

    @classmethod
    def of(cls, actor: Actor) -> "Scope":
        return cls(actor.unit, actor.province) if actor.role is Role.supervisor else cls()

    @property
    def is_everything(self) -> bool:
        return self.unit is None and self.province is None

    def covers(self, unit: str | None, province: str | None) -> bool:
        """Whether somebody, or something, of this unit and province is within."""
        if self.unit is not None:
            return unit == self.unit
        return self.province is None or province == self.province


EVERYTHING = Scope()


def refuse_unless_leads(actor: Actor) -> None:
    """Raises `AccessRefusedError` for anybody but supervisors and administrators."""
    if actor.role not in LEADS:
        raise denied("leads")


def refuse_unless_talks(actor: Actor) -> None:
    """Raises `AccessRefusedError` for who serves no customers and so has no results of their own."""
    if actor.role not in TALKS:
        raise denied("talks")
