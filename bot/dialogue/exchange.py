"""Engines that are exchanged under way, and several side by side: a turn ends where it began."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn
from bot.errors import EngineUnavailableError


class RemoteEngine(DialogueEngine, Protocol):
    """An engine in a process of its own."""

    async def is_ready(self) -> bool: ...

    async def close(self) -> None: ...


class ExchangeableEngine:
    """Answers with the engine of the moment.

    Turns of one conversation follow each other, so none is ever with two engines; turns of different conversations
    may be, for as long as the old engine has any.
    """

    def __init__(self, engine: RemoteEngine) -> None:
        self._engine = _Counted(engine)

    async def respond(self, turn: Turn) -> EngineAnswer:
        return await self._engine.respond(turn)

    async def is_ready(self) -> bool:
        return await self._engine.inner.is_ready()

    async def exchange(self, successor: RemoteEngine) -> None:
        """Send every new turn to ``successor``; returns once the old engine has none left and is closed."""
        old, self._engine = self._engine, _Counted(successor)
        await old.leave()

    async def drain(self) -> None:
        """Nobody sends turns here any more; returns once none is left and the engine is closed."""
        await self._engine.leave()

    async def close(self) -> None:
        await self._engine.inner.close()


class RoutedEngine:
    """Every turn goes to the engine of its release, and to no other; one without a release goes to the stable one.

    Where that engine is away the turn fails, unless the release was withdrawn: then the stable one answers.

    Parameters
    ----------
    is_served: whether conversations may still go on with a release.
    """

    def __init__(
        self, stable: str, engines: dict[str, ExchangeableEngine], is_served: Callable[[str], Awaitable[bool]]
    ) -> None:
        self._stable = stable
        self._engines = engines
        self._is_served = is_served

    @property
    def stable(self) -> ExchangeableEngine:
        return self._engines[self._stable]

    def of(self, release: str) -> ExchangeableEngine | None:
        return self._engines.get(release)

    def put(self, release: str, engine: ExchangeableEngine) -> None:
        self._engines[release] = engine

    def lead(self, release: str) -> None:
        """From now on this is the stable one."""
        self._stable = release

    async def remove(self, release: str) -> None:
        """Send it no more turns; returns once it has none left."""
        engine = self._engines.pop(release, None)
        if engine is not None:
            await engine.drain()

    async def respond(self, turn: Turn) -> EngineAnswer:
        release = turn.release or self._stable
        if release == self._stable:
            return await self.stable.respond(turn)
        try:
            return await self._respond(release, turn)
        except EngineUnavailableError:
            if await self._is_served(release):
                raise
            return await self.stable.respond(turn)

    async def is_ready(self) -> bool:
        return await self.stable.is_ready()

    async def close(self) -> None:
        for engine in self._engines.values():
            await engine.close()

    async def _respond(self, release: str, turn: Turn) -> EngineAnswer:
        engine = self._engines.get(release)
        if engine is None:
            raise EngineUnavailableError(f"release {release} has no process")
        return await engine.respond(turn)


class _Counted:
    """An engine, and whether any turn is with it."""

    def __init__(self, inner: RemoteEngine) -> None:
        self.inner = inner
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self._turns = 0

    async def leave(self) -> None:
        await self.is_idle.wait()
        await self.inner.close()

    async def respond(self, turn: Turn) -> EngineAnswer:
        self._turns += 1
        self.is_idle.clear()
        try:
            return await self.inner.respond(turn)
        finally:
            self._turns -= 1
            if self._turns == 0:
                self.is_idle.set()
