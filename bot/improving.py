"""While a quick or an older model serves: train the best one beside it, and let it take over unnoticed."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import ExitStack

import httpx

from bot.errors import SetupError
from bot.keeping import in_use
from bot.settings import Settings
from bot.signs import WORKER, seen
from bot.supervisor import Child, Supervisor
from bot.trainer import Training
from bot.training import Trained
from bot.understanding import Understanding, announce

Report = Callable[[str], None]

RASA = "rasa"
_TAKE_OVER_S = 300.0
_TAKE_BACK_S = 60.0


class Improvement:
    """One training in the background, and the change to what it made.

    Parameters
    ----------
    serving: what the service started with.
    make_rasa: the process that serves an understanding.
    """

    def __init__(
        self,
        settings: Settings,
        supervisor: Supervisor,
        serving: Understanding,
        make_rasa: Callable[[Understanding], Child],
        report: Report,
    ) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._serving = serving
        self._make_rasa = make_rasa
        self._report = report

    async def run(self, holds: ExitStack) -> None:
        """Train and change over; a failure is reported and leaves everything as it was.

        ``holds`` keeps what serves afterwards from being cleaned up.
        """
        self._report("training the best model in the background; the service goes on meanwhile")
        try:
            trained = await self._train()
            holds.enter_context(in_use(trained.encoder, trained.model))
            await self._change_to(trained)
        except (SetupError, OSError) as error:  # TimeoutError is one of the latter
            why = str(error) or "the new one did not take over in time"
            self._report(f"the service goes on with model {self._serving.model_key}: {why}")

    async def _train(self) -> Trained:
        training = Training("tuned", is_polite=True)
        try:
            return await asyncio.to_thread(training.result, lambda line: self._report(f"  background: {line}"))
        finally:
            training.stop()

    async def _change_to(self, trained: Trained) -> None:
        port = free_port(after=self._settings.rasa_port)
        new = Understanding(encoder=trained.encoder, model=trained.model, rasa_port=port)
        self._report(f"starting rasa with model {new.model_key} beside the old one")
        await self._supervisor.exchange(RASA, self._make_rasa(new), lambda: self._hand_over(new))
        self._serving = new
        self._report(f"model {new.model_key} serves now")

    async def _hand_over(self, new: Understanding) -> None:
        announce(self._settings.data_dir, new)
        try:
            await self._platform_serves(new, within_s=_TAKE_OVER_S)
        except TimeoutError:
            announce(self._settings.data_dir, self._serving)
            await self._platform_serves(self._serving, within_s=_TAKE_BACK_S)
            raise

    async def _platform_serves(self, understanding: Understanding, *, within_s: float) -> None:
        """Returns when the platform, and the worker if it has one, say so: then no turn is with any other engine."""
        url = f"http://127.0.0.1:{self._settings.port}/health"
        async with asyncio.timeout(within_s), httpx.AsyncClient(timeout=5) as client:
            while await _model_at(client, url) != understanding.model_key:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)
            while not self._worker_serves(understanding):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.5)

    def _worker_serves(self, understanding: Understanding) -> bool:
        if self._settings.worker == "inside":
            return True
        sign = seen(self._settings.data_dir, WORKER)
        return sign is not None and sign.model == understanding.model_key


async def _model_at(client: httpx.AsyncClient, url: str) -> str | None:
    try:
        health: dict[str, str] = (await client.get(url)).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
    return health.get("model")


def free_port(*, after: int) -> int:
    """The next port of the loopback that nobody listens on."""
    for port in range(after + 1, after + 100):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SetupError(f"no port between {after + 1} and {after + 99} is free")
