"""What an operator decides about people and their logins."""

from dataclasses import dataclass, field
from datetime import timedelta

from bot.staff.model import Role


@dataclass(frozen=True)
class PeopleSettings:
    """Life of sessions, who needs a second factor, and what its secrets are locked with.

    Parameters
    ----------
    secret: of the installation; the secrets of authenticators are encrypted with it.
    title: what authenticators show beside the username.
    idle: a session nobody used for so long is over.
    lasts: a session is over after that in any case.
    second_factor: roles that get in only with one.
    """

    secret: str = "only-for-tests"  # noqa: S105
    title: str = "Kuaida"
    idle: timedelta = timedelta(hours=2)
    lasts: timedelta = timedelta(hours=12)
    second_factor: frozenset[Role] = field(default_factory=frozenset)
    link_lasts: timedelta = timedelta(hours=24)
    token_lasts_at_most: timedelta = timedelta(days=365)
