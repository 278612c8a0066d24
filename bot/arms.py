"""The releases that serve in this process side by side: to each its Rasa, its knowledge base and its words.

What the stable one knows stands in objects that everybody holds (the live knowledge base, the live words); another
release becomes stable by giving them what it knows.
"""

import asyncio
import ctypes
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from weakref import WeakValueDictionary

from rasa_sdk.executor import ActionExecutor

from actions.registry import build_actions
from actions.services import Services
from actions.webhook import make_executor
from bot.clock import Clock
from bot.content import Content
from bot.dialogue.exchange import ExchangeableEngine, RemoteEngine, RoutedEngine
from bot.moods import LiveMoods
from bot.settings import Settings
from bot.understanding import Lineup, Understanding
from bot.words import Words
from knowledge_base.encoder import Encoder
from knowledge_base.mood import TrainedMoodReader
from knowledge_base.store import FaqStore

MakeRasa = Callable[[int], RemoteEngine]


@dataclass(frozen=True)
class Known:
    """What a release knows besides what its Rasa does."""

    faq: FaqStore
    words: Words
    moods: TrainedMoodReader


class Loader:
    """Loads what releases know; those with the same encoder share it.

    Parameters
    ----------
    values: what ``{carrier}`` and the like stand for in texts.
    """

    def __init__(self, settings: Settings, values: dict[str, str], clock: Clock) -> None:
        self._settings = settings
        self._values = values
        self._clock = clock
        self._encoders: WeakValueDictionary[Path, Encoder] = WeakValueDictionary()

    def encoder(self, folder: Path) -> Encoder:
        found = self._encoders.get(folder)
        if found is None:
            found = self._encoders[folder] = Encoder(folder)
        return found

    def load(self, encoder: Path, content: Content) -> Known:
        """Takes seconds.  Raises `DataFileError` where an entry is not in order."""
        loaded = self.encoder(encoder)
        return Known(
            FaqStore.open(self._settings, loaded, self._values, content=content, clock=self._clock),
            Words.load(content.domain, **self._values),
            TrainedMoodReader(loaded, self._settings.cache_dir / "mood", data=content.mood),
        )


class Arms:
    """All that serve here, by the name of their release.

    Parameters
    ----------
    services: what actions of the stable release call; their knowledge base and words are the live ones.
    live: what the stable release knows.
    is_served: whether conversations may still go on with a release.
    """

    def __init__(
        self,
        first: Lineup,
        services: Services,
        live: "Live",
        load: Callable[[Path, Content], Known],
        make_rasa: MakeRasa,
        is_served: Callable[[str], Awaitable[bool]],
    ) -> None:
        serving = first.serving
        self._services = services
        self._live = live
        self._load = load
        self._make_rasa = make_rasa
        self._arms = {serving.release: serving}
        self._stable = serving.release
        self._known: dict[str, Known] = {}
        self._executors = {serving.release: _executor(services)}
        engine = ExchangeableEngine(make_rasa(serving.rasa_port))
        self.engine = RoutedEngine(serving.release, {serving.release: engine}, is_served)

    @property
    def names(self) -> list[str]:
        """The releases that serve here, the stable one first."""
        return sorted(self._arms, key=lambda name: (name != self._stable, name))

    def executor(self, release: str) -> ActionExecutor:
        """The actions of a release; those of the stable one where it is not known (any more)."""
        return self._executors.get(release) or self._executors[self._stable]

    def services(self, release: str | None) -> Services:
        """What answers of a release are made from."""
        known = self._known.get(release or self._stable)
        return replace(self._services, faq=known.faq, words=known.words) if known else self._services

    async def take_over(self, lineup: Lineup) -> None:
        """Put what is announced in place; turns under way end where they began."""
        for arm in lineup.arms:
            await self._put(arm)
        if lineup.stable != self._stable:
            await self._lead(lineup.stable)
        for release in set(self._arms) - {arm.release for arm in lineup.arms}:
            await self._remove(release)

    async def _put(self, arm: Understanding) -> None:
        """Another one, or another process or encoder for one that serves already."""
        before = self._arms.get(arm.release)
        if before == arm:
            return
        if before is None or before.encoder != arm.encoder:
            await self._learn(arm)
        self._arms[arm.release] = arm
        engine = self.engine.of(arm.release)
        if engine is None:
            self.engine.put(arm.release, ExchangeableEngine(self._make_rasa(arm.rasa_port)))
        else:
            await engine.exchange(self._make_rasa(arm.rasa_port))

    async def _learn(self, arm: Understanding) -> None:
        """What a release knows; of the stable one only the encoder can be another."""
        if arm.release == self._stable:
            await self._live.use(await asyncio.to_thread(self._load, arm.encoder, self._live.content))
            return
        known = await asyncio.to_thread(self._load, arm.encoder, Content(arm.content))
        self._known[arm.release] = known
        self._executors[arm.release] = _executor(replace(self._services, faq=known.faq, words=known.words))

    async def _lead(self, release: str) -> None:
        """Another one is stable; the former one goes on with what it knew."""
        former = self._live.frozen()
        await self._live.use(self._known.pop(release))
        self._known[self._stable] = former
        self._executors[self._stable] = _executor(replace(self._services, faq=former.faq, words=former.words))
        self._executors[release] = _executor(self._services)
        self._stable = release
        self.engine.lead(release)

    async def _remove(self, release: str) -> None:
        del self._arms[release]
        await self.engine.remove(release)
        self._known.pop(release, None)
        self._executors.pop(release, None)
        await asyncio.to_thread(_give_memory_back)


@dataclass(frozen=True)
class Live:
    """What the stable release knows, in objects that stay.

    Parameters
    ----------
    content: the files; edits of the knowledge base there are taken over.
    """

    content: Content
    faq: FaqStore
    words: Words
    moods: LiveMoods

    def frozen(self) -> Known:
        """The same as it is now, for good."""
        return Known(self.faq.frozen(), self.words.copy(), self.moods.reader)

    async def use(self, known: Known) -> None:
        """Know this from now on."""
        await asyncio.to_thread(self.moods.adopt, known.moods)
        self.faq.adopt(known.faq)
        self.words.adopt(known.words)


def _give_memory_back() -> None:
    """What a release knew is large and in many pieces; glibc keeps them unless told."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _executor(services: Services) -> ActionExecutor:
    return make_executor(build_actions(services))
