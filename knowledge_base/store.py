"""The knowledge base as it is now: reads the folder, notices edits, replaces the retriever under way."""

import asyncio
import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from threading import Lock

from bot.clock import Clock, local, system_clock
from bot.content import Content, current_content
from bot.errors import DataFileError, NotFoundError
from bot.settings import Settings
from knowledge_base.context import Context
from knowledge_base.entries import FaqEntry, KnownIds, load_entries, placeholder_values
from knowledge_base.factory import RetrieverFactory, unanswerable_sentences
from knowledge_base.index import SentenceEncoder
from knowledge_base.retriever import Retrieval, Retriever, Thresholds

logger = logging.getLogger(__name__)

FAQ = current_content().faq


@dataclass(frozen=True)
class FaqAnswer:
    """An entry ready to be shown.  ``button`` is (title, intent); ``related`` are (topic, question) pairs."""

    topic: str
    question: str
    text: str
    button: tuple[str, str] | None
    related: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _FileState:
    name: str
    size: int
    changed_ns: int


class FaqStore:
    """Searches and answers from the entries that were last found in order.

    A file that breaks the rules changes nothing: the old entries stay in use and the log says which line is wrong.

    Parameters
    ----------
    content: what the entries may refer to; by default what this process works with.
    """

    def __init__(
        self,
        folder: Path,
        factory: RetrieverFactory,
        *,
        values: Mapping[str, str],
        clock: Clock,
        content: Content | None = None,
    ) -> None:
        self._folder = folder
        self._factory = factory
        self._values = values
        self._clock = clock
        self._content = content
        self._reloading = Lock()
        self._is_held = False
        self._watching: asyncio.Task[None] | None = None
        self._seen = self._state()
        self._retriever = factory.make(self._load())

    @classmethod
    def open(
        cls,
        settings: Settings,
        encoder: SentenceEncoder,
        values: Mapping[str, str] | None = None,
        *,
        content: Content | None = None,
        clock: Clock = system_clock,
    ) -> "FaqStore":
        """The store as the settings describe it; ``values`` fill the placeholders of answers.

        Raises DataFileError if the entries are not in order.
        """
        content = content or current_content()
        factory = RetrieverFactory(
            encoder,
            Thresholds.of(settings),
            cache=settings.cache_dir / "faq",
            unanswerable=unanswerable_sentences(content.intents),
        )
        values = values or placeholder_values(settings)
        return cls(content.faq, factory, values=values, clock=clock, content=content)

    @property
    def retriever(self) -> Retriever:
        return self._retriever

    def search(self, text: str, *, k: int = 3, on: date | None = None, context: Context | None = None) -> Retrieval:
        """The likeliest topics, by default of those that are valid today."""
        return self._retriever.search(text, k=k, on=on or self._today(), context=context)

    async def asearch(self, text: str, *, k: int = 3, context: Context | None = None) -> Retrieval:
        return await asyncio.to_thread(self.search, text, k=k, context=context)

    def answer(self, topic: str, channel: str) -> FaqAnswer:
        """Raises NotFoundError for a topic without an entry, or with one that is not valid today."""
        entry = self._valid_entry(topic)
        if entry is None:
            raise NotFoundError(f"the knowledge base has no answer for the topic {topic} today")
        return FaqAnswer(
            topic=entry.id,
            question=entry.question,
            text=entry.render(channel, self._values),
            button=(entry.action.title, entry.action.intent) if entry.action else None,
            related=tuple(self._related(entry)),
        )

    async def start(self, *, every_s: float = 0.3) -> None:
        """Begin to look for edits; encoding and fitting run in a worker thread."""
        self._watching = asyncio.create_task(self._watch(every_s), name="watch the FAQ")

    async def stop(self) -> None:
        """Look no more; a reload under way is finished."""
        if self._watching is None:
            return
        self._watching.cancel()
        with suppress(asyncio.CancelledError):
            await self._watching
        self._watching = None

    def reload(self) -> bool:
        """Take over edits, if there are any and they are in order; says whether anything was taken over.

        The new entries serve as soon as they are taken in; the model is fitted and calibrated anew behind them.
        """
        with self._reloading:
            state = self._state()
            if self._is_held or state == self._seen:
                return False
            self._seen = state
            try:
                entries = self._load()
            except DataFileError as error:
                logger.error("the FAQ keeps its old entries until this is mended:\n%s", error)
                return False
            if entries == list(self._retriever.entries.values()):
                return False
            self._retriever = self._factory.make_quickly(entries, self._retriever)
            logger.info("the FAQ now has %d entries", len(entries))
            self._retriever = self._factory.make(entries)
            return True

    def use(self, encoder: SentenceEncoder) -> None:
        """Search with another encoder from now on; until its retriever is made, the old one serves."""
        with self._reloading:
            factory = self._factory.with_encoder(encoder)
            retriever = factory.make(list(self._retriever.entries.values()))
            self._factory, self._retriever = factory, retriever

    def hold(self) -> None:
        """Take over no edits until `adopt`: the files are about to become another release's."""
        with self._reloading:
            self._is_held = True

    def go_on(self) -> None:
        """Take over edits again, after all."""
        with self._reloading:
            self._is_held = False

    def frozen(self) -> "FaqStore":
        """Another store with the entries of this moment, which takes over no edits."""
        with self._reloading:
            other = copy(self)
            other._reloading, other._watching, other._is_held = Lock(), None, True
            return other

    def adopt(self, other: "FaqStore") -> None:
        """Serve what the other store does, at once, and take over edits from now on."""
        with self._reloading:
            self._factory, self._retriever = other._factory, other._retriever
            self._is_held = False
            self._seen = []

    async def _watch(self, every_s: float) -> None:
        while True:
            await asyncio.sleep(every_s)
            try:
                await asyncio.to_thread(self.reload)
            except Exception:
                logger.exception("the FAQ could not be reloaded and keeps its old entries")

    def _load(self) -> list[FaqEntry]:
        return load_entries(self._folder, known=KnownIds.read(self._content))

    def _today(self) -> date:
        return local(self._clock()).date()

    def _valid_entry(self, topic: str) -> FaqEntry | None:
        entry = self._retriever.entries.get(topic)
        return entry if entry and entry.is_valid(self._today()) else None

    def _related(self, entry: FaqEntry) -> Iterator[tuple[str, str]]:
        for topic in entry.related:
            if other := self._valid_entry(topic):
                yield other.id, other.question

    def _state(self) -> list[_FileState]:
        """Cheap enough for every second; editors that keep the time of change still change the size or the name."""
        stats = [(path.name, path.stat()) for path in sorted(self._folder.glob("*.yml"))]
        return [_FileState(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
