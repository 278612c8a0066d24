"""All entries of the draft at once, read from its tree; a file that did not change is not read again."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import yaml

from bot.errors import NotFoundError
from bot.staff.model import Actor
from bot.studio.drafts.formats.faq import faq_id
from bot.studio.drafts.model import Entry, FaqDraft, FaqFields, TopicLine
from bot.studio.drafts.model import Warning as TextWarning
from bot.studio.faq.model import Snapshot, Topic, by_question
from bot.studio.faq.words import refusal
from knowledge_base.entries import FaqEntry

FAQ = "knowledge_base/faq"
TOPICS = "knowledge_base/topics.yml"
INTENTS = "nlu_data/intents"


class EntryDrafts(Protocol):
    """What the knowledge base's pages need of `bot.studio.drafts.service.Drafts`."""

    async def head(self) -> str: ...

    async def tree(self, commit: str, folder: Path) -> None: ...

    async def topics(self) -> list[TopicLine]: ...

    async def entry(self, topic: str) -> FaqDraft: ...

    async def save_entry(self, actor: Actor, entry: FaqFields, *, version: str | None, why: str) -> FaqDraft: ...

    async def save_entries(
        self, actor: Actor, entries: Sequence[tuple[FaqFields, str | None]], *, why: str
    ) -> Sequence[FaqDraft]: ...

    async def warnings(
        self, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[TextWarning]: ...


@dataclass(frozen=True)
class _File:
    content: bytes
    entries: tuple[FaqEntry, ...]


@dataclass(frozen=True)
class Content:
    """A commit as it was read, with what is looked up in it again and again."""

    snapshot: Snapshot
    files: Mapping[str, _File]

    @cached_property
    def questions(self) -> dict[str, str]:
        """The topic of every question, in its normal spelling."""
        return by_question(self.snapshot.entries)


class DraftContent:
    """The head of the draft, read once for each commit; any other commit on demand."""

    def __init__(self, drafts: EntryDrafts) -> None:
        self._drafts = drafts
        self._latest: Content | None = None
        self._reading = asyncio.Lock()

    async def latest(self) -> Content:
        """As of now."""
        async with self._reading:
            head = await self._drafts.head()
            if self._latest is None or self._latest.snapshot.commit != head:
                self._latest = await self._read(head, self._latest.files if self._latest else {})
            return self._latest

    async def changed(self) -> frozenset[str]:
        """Topics that are not as published."""
        return frozenset(line.id for line in await self._drafts.topics() if line.changed)

    async def entry_at(self, topic: str, commit: str) -> FaqEntry:
        """An entry as it was.  Raises `NotFoundError` where it was not there."""
        files = self._latest.files if self._latest else {}
        found = (await self._read(commit, files)).snapshot.entry(topic)
        if found is None:
            raise NotFoundError(refusal("not_there", topic=topic))
        return found

    async def _read(self, commit: str, known: Mapping[str, _File]) -> Content:
        with tempfile.TemporaryDirectory(prefix="kuaida-faq-") as folder:
            await self._drafts.tree(commit, Path(folder))
            return await asyncio.to_thread(_content_of, commit, Path(folder), known)


def _content_of(commit: str, folder: Path, known: Mapping[str, _File]) -> Content:
    files = {path.name: _file(path, known.get(path.name)) for path in sorted((folder / FAQ).glob("*.yml"))}
    entries = {entry.id: entry for file in files.values() for entry in file.entries}
    covers = _loaded((folder / TOPICS).read_bytes()) or {}
    topics = {str(topic): Topic(str(topic), str(text), entries.get(str(topic))) for topic, text in covers.items()}
    topics |= {topic: Topic(topic, entry.question, entry) for topic, entry in entries.items() if topic not in topics}
    intents = frozenset(path.stem for path in (folder / INTENTS).glob("*.yml"))
    return Content(Snapshot(commit, topics, intents=intents), files)


def _file(path: Path, known: _File | None) -> _File:
    content = path.read_bytes()
    if known is not None and known.content == content:
        return known
    return _File(content, tuple(map(FaqEntry.model_validate, _loaded(content) or ())))


def _loaded(content: bytes) -> Any:
    return yaml.load(content, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe


def fields_of(entry: FaqEntry, covers: str = "") -> FaqFields:
    """What the draft saves; ``covers`` is the line about the topic, empty where it stays."""
    return replace(FaqFields.of(entry), covers=covers)


def version_of(entry: FaqEntry) -> str:
    """The version that the draft gives to an entry that reads so."""
    return Entry(faq_id(entry.id), FaqFields.of(entry)).version
