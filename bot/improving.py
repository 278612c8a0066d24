"""While a quick or an older model serves: train the best one beside it, and let it take over unnoticed."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SetupError
from bot.keeping import in_use
from bot.trainer import Training
from bot.training import Trained

Report = Callable[[str], None]


class Releases(Protocol):
    """Whom to tell; `bot.studio.releases.fielded.Fielded` in earnest."""

    async def retrained(self, release: str, trained: Trained) -> bool: ...


class Improvement:
    """One training in the background of what a start found in the files.

    Parameters
    ----------
    release: what the service started with.
    """

    def __init__(self, release: str, releases: Releases, report: Report) -> None:
        self._release = release
        self._releases = releases
        self._report = report

    async def run(self, holds: ExitStack) -> None:
        """Train, and have it exchanged; a failure is reported and leaves everything as it was.

        ``holds`` keeps what was trained from being cleaned up.
        """
        self._report("training the best model in the background; the service goes on meanwhile")
        try:
            trained = await self._train()
            holds.enter_context(in_use(trained.encoder, trained.model))
            if not await self._releases.retrained(self._release, trained):
                self._report(f"release {self._release} serves no more: what was trained for it is not needed")
        except (SetupError, OSError, SQLAlchemyError) as error:
            self._report(f"the service goes on with what it has: {error}")

    async def _train(self) -> Trained:
        training = Training("tuned", is_polite=True)
        try:
            return await asyncio.to_thread(training.result, lambda line: self._report(f"  background: {line}"))
        finally:
            training.stop()
