"""Which releases dialogues can be tried against: the port, and an adapter for a single one."""

from collections.abc import Sequence
from typing import Protocol

from bot.studio.sets.stage import Stage


class Stages(Protocol):
    """The releases that are up."""

    async def releases(self) -> Sequence[str]:
        """Names, the one that serves most first."""
        ...

    async def of(self, release: str) -> Stage | None:
        """None where it is not up any more."""
        ...


class OneStage:
    """One release, e.g. the model that serves while there are no others."""

    def __init__(self, release: str, stage: Stage) -> None:
        self._release = release
        self._stage = stage

    async def releases(self) -> Sequence[str]:
        return [self._release]

    async def of(self, release: str) -> Stage | None:
        return self._stage if release == self._release else None
