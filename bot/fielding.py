"""The supervisor's part in serving several releases: a process for each that is wanted, announced once it answers."""

import asyncio
import logging
import socket
from collections.abc import Callable, Set
from contextlib import ExitStack
from typing import Protocol

import httpx
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SetupError
from bot.keeping import in_use
from bot.settings import Settings
from bot.signs import WORKER, seen
from bot.studio.releases.fielded import Wanted, WantedArm
from bot.supervisor import Child, Supervisor
from bot.understanding import Lineup, Understanding, announce

logger = logging.getLogger(__name__)
Report = Callable[[str], None]

RASA = "rasa"
_TAKE_OVER_S = 300.0
_TAKE_BACK_S = 60.0
_LOOK_EVERY_S = 1.0
_AGAIN_AFTER_S = 60.0


class Releases(Protocol):
    """What is wanted, and whom to tell what became of it; `bot.studio.releases.fielded.Fielded` in earnest."""

    async def wanted(self) -> Wanted | None: ...

    async def is_up(self, release: str) -> None: ...

    async def did_not_start(self, release: str, why: str) -> None: ...

    async def ended(self, release: str) -> None: ...


class Fielding:
    """Brings the processes in line with what is wanted, one step after the other.

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
        releases: Releases,
        report: Report,
    ) -> None:
        self._settings = settings
        self._supervisor = supervisor
        self._lineup = Lineup.alone(serving)
        self._make_rasa = make_rasa
        self._releases = releases
        self._report = report
        self._names = {serving.release: RASA}
        self._holds: dict[str, ExitStack] = {}
        self._failed: dict[WantedArm, float] = {}

    @property
    def lineup(self) -> Lineup:
        return self._lineup

    async def run(self) -> None:
        """Look once a second; what fails is told and tried again, and everything else goes on."""
        try:
            while True:
                try:
                    await self.look()
                except (SetupError, OSError, SQLAlchemyError) as error:  # TimeoutError is one of the second
                    logger.warning("the releases could not be brought in line: %r", error)
                await asyncio.sleep(_LOOK_EVERY_S)
        finally:
            for hold in self._holds.values():
                hold.close()

    async def look(self) -> None:
        """Start what is missing, exchange what is another by now, then let go of what is wanted no more."""
        wanted = await self._releases.wanted()
        if wanted is None:
            return
        for arm in wanted.arms:
            await self._field(arm)
            if arm.release not in wanted.up and self._lineup.of(arm.release) is not None:
                await self._releases.is_up(arm.release)
        if wanted.stable != self._lineup.stable and self._lineup.of(wanted.stable) is not None:
            await self._announce(self._lineup.led_by(wanted.stable))
        for there in self._lineup.arms:
            if wanted.of(there.release) is None and there.release != self._lineup.stable:
                await self._let_go(there)

    async def _field(self, arm: WantedArm) -> None:
        there = self._lineup.of(arm.release)
        if there is not None and (there.model, there.encoder) == (arm.model, arm.encoder):
            return
        now = asyncio.get_running_loop().time()
        if now < self._failed.get(arm, 0.0):
            return
        try:
            await (self._add(arm) if there is None else self._exchange(arm, there))
        except (SetupError, OSError) as error:
            why = str(error) or "it did not take over in time"
            self._failed[arm] = now + _AGAIN_AFTER_S
            self._report(f"release {arm.release} does not serve with model {arm.model.name}: {why}")
            if there is None:
                await self._releases.did_not_start(arm.release, why)

    async def _add(self, arm: WantedArm) -> None:
        """Another process beside the others; nobody asks it before its model is loaded and warm."""
        new = self._understanding(arm)
        self._report(f"starting rasa for release {arm.release}")
        hold = self._hold(new)
        name = child_of(arm.release)
        try:
            await self._supervisor.add(self._named(new, name))
            await self._announce(self._lineup.with_arm(new))
        except BaseException:
            hold.close()
            await asyncio.shield(self._supervisor.remove(name))
            raise
        self._names[arm.release], self._holds[arm.release] = name, hold
        self._report(f"release {arm.release} is up")

    async def _exchange(self, arm: WantedArm, old: Understanding) -> None:
        """The same release by another model, without anybody noticing."""
        new = self._understanding(arm)
        self._report(f"starting rasa with model {new.model_key} beside the old one")
        hold, name = self._hold(new), self._names[old.release]
        try:
            await self._supervisor.exchange(
                name, self._named(new, name), lambda: self._announce(self._lineup.with_arm(new))
            )
        except BaseException:
            hold.close()
            raise
        if former := self._holds.pop(arm.release, None):
            former.close()
        self._holds[arm.release] = hold
        self._report(f"model {new.model_key} serves now")

    async def _let_go(self, arm: Understanding) -> None:
        """Nobody is to ask it any more; when nobody does, its process ends."""
        await self._announce(self._lineup.without(arm.release))
        await self._supervisor.remove(self._names.pop(arm.release))
        if hold := self._holds.pop(arm.release, None):
            hold.close()
        await self._releases.ended(arm.release)
        self._report(f"release {arm.release} has left")

    async def _announce(self, new: Lineup) -> None:
        """Returns when everybody has taken over; when somebody does not, all is as before."""
        old = self._lineup
        announce(self._settings.data_dir, new)
        try:
            await self._taken_over(new, within_s=_TAKE_OVER_S)
        except TimeoutError:
            announce(self._settings.data_dir, old)
            await self._taken_over(old, within_s=_TAKE_BACK_S)
            raise
        self._lineup = new

    async def _taken_over(self, lineup: Lineup, *, within_s: float) -> None:
        """Returns when the platform, and the worker if it has one, say so: then no turn is with any other engine."""
        url = f"http://127.0.0.1:{self._settings.port}/health"
        async with asyncio.timeout(within_s), httpx.AsyncClient(timeout=5) as client:
            while await _lineup_at(client, url) != lineup.key:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.3)
            while not self._worker_has(lineup):  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.3)

    def _worker_has(self, lineup: Lineup) -> bool:
        if self._settings.worker == "inside":
            return True
        sign = seen(self._settings.data_dir, WORKER)
        return sign is not None and sign.model == lineup.key

    def _understanding(self, arm: WantedArm) -> Understanding:
        taken = {other.rasa_port for other in self._lineup.arms}
        port = free_port(after=self._settings.rasa_port, but=taken)
        return Understanding(
            encoder=arm.encoder, model=arm.model, rasa_port=port, release=arm.release, content=arm.content
        )

    def _hold(self, arm: Understanding) -> ExitStack:
        """Nobody forgets its files while its process runs.  Raises OSError where they are gone already."""
        hold = ExitStack()
        hold.enter_context(in_use(arm.encoder, arm.model))
        return hold

    def _named(self, arm: Understanding, name: str) -> Child:
        child = self._make_rasa(arm)
        return Child(name, child.command, child.environment, child.log, child.is_ready, child.sockets)


def child_of(release: str) -> str:
    """What the process of a release is called that came later."""
    return f"{RASA} {release}"


async def _lineup_at(client: httpx.AsyncClient, url: str) -> str | None:
    try:
        health: dict[str, str] = (await client.get(url)).raise_for_status().json()
    except (httpx.HTTPError, ValueError):
        return None
    return health.get("lineup")


def free_port(*, after: int, but: Set[int] = frozenset()) -> int:
    """The next port of the loopback that nobody listens on; ``but`` are not to be taken in any case."""
    for port in sorted(set(range(after + 1, after + 100)) - but):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SetupError(f"no port between {after + 1} and {after + 99} is free")
