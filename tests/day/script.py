"""A script of acts: what somebody does at which moment."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from tests.day.parcels import moment
from tests.day.world import World

Act: TypeAlias = Callable[[World], Awaitable[None]]


@dataclass
class Chapter:
    """Acts about one matter."""

    acts: list[tuple[datetime, Act]] = field(default_factory=list)

    def at(self, day: str) -> Callable[[Act], Act]:
        """``05 09:00`` is nine o'clock of March 5, 2026, in China."""

        def put(act: Act) -> Act:
            self.acts.append((moment(day), act))
            return act

        return put


async def play(world: World, *chapters: Chapter, until: str) -> None:
    """All chapters at once, in the order of time."""
    acts = [act for chapter in chapters for act in chapter.acts]
    for when, act in sorted(acts, key=lambda each: each[0]):
        await world.go(when)
        await act(world)
    await world.go(moment(until))
