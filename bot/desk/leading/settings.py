"""From when a figure of the wall is amber, and from when red."""

from dataclasses import dataclass

from bot.desk.leading.kinds import Heat

Steps = tuple[float, float]
"""Amber from, red from.  Where the first is the greater, less is worse: amber below the first, red below the second."""


@dataclass(frozen=True)
class WallSettings:
    """Thresholds of the wall; ``docs/settings.md`` explains them.

    Parameters
    ----------
    accept_within_s: what the service level counts as accepted in time, in seconds.
    longest_wait_s: in seconds.
    service_level: shares of 1; less is worse.
    load: shares of an agent's capacity.
    idle_break_s: so long a break lasts until somebody looks, in seconds.
    """

    accept_within_s: int = 60
    waiting: Steps = (5, 15)
    longest_wait_s: Steps = (60, 180)
    service_level: Steps = (0.8, 0.6)
    abandoned: Steps = (0.05, 0.1)
    load: Steps = (0.8, 1.0)
    idle_break_s: Steps = (900, 1800)
    overdue: Steps = (1, 20)
    failures: Steps = (1, 20)
    backlog: Steps = (50, 500)


def heat(value: float | None, steps: Steps) -> Heat:
    """How much a figure needs somebody; what is not known needs nobody."""
    if value is None:
        return Heat.calm
    amber, red = steps
    less_is_worse = amber > red
    if value < red if less_is_worse else value >= red:
        return Heat.red
    return Heat.amber if (value < amber if less_is_worse else value >= amber) else Heat.calm
