"""A dialogue engine that is exchanged for another under way: a turn ends where it began."""

import asyncio
from typing import Protocol

from bot.dialogue.engine import DialogueEngine, EngineAnswer, Turn


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
        await old.is_idle.wait()
        await old.inner.close()

    async def close(self) -> None:
        await self._engine.inner.close()


class _Counted:
    """An engine, and whether any turn is with it."""

    def __init__(self, inner: RemoteEngine) -> None:
        self.inner = inner
        self.is_idle = asyncio.Event()
        self.is_idle.set()
        self._turns = 0

    async def respond(self, turn: Turn) -> EngineAnswer:
        self._turns += 1
        self.is_idle.clear()
        try:
            return await self.inner.respond(turn)
        finally:
            self._turns -= 1
            if self._turns == 0:
                self.is_idle.set()
