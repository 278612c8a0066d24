"""All entries of the draft at once, as the knowledge base has them; one that did not change is not made again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from bot.errors import NotFoundError
from bot.staff.model import Actor
from bot.studio.drafts.formats.faq import faq_id
from bot.studio.drafts.model import Entry, FaqDraft, FaqFields, Knowledge, TopicLine
from bot.studio.drafts.model import Warning as TextWarning
from bot.studio.faq.model import Snapshot, Topic, by_question
from bot.studio.faq.words import refusal
from knowledge_base.entries import FaqEntry


class EntryDrafts(Protocol):
    """What the knowledge base's pages need of `bot.studio.drafts.service.Drafts`."""

    async def head(self) -> str: ...

    def when_changed(self, listener: Callable[[], None]) -> None: ...

    def warm_with(self, warm: Callable[[], Awaitable[None]]) -> None: ...

    async def knowledge(self) -> Knowledge: ...

    async def entry_at(self, topic: str, commit: str) -> FaqFields | None: ...

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
class Content:
    """A commit as it was read, with what is looked up in it again and again."""

    snapshot: Snapshot
    read: Mapping[str, tuple[FaqFields, FaqEntry]]

    @cached_property
    def questions(self) -> dict[str, str]:
        """The topic of every question, in its normal spelling."""
        return by_question(self.snapshot.entries)


class DraftContent:
    """The head of the draft, read once for each commit; what did not change stays the same objects."""

    def __init__(self, drafts: EntryDrafts) -> None:
        self._drafts = drafts
        self._latest: Content | None = None
        self._reading = asyncio.Lock()

    async def latest(self) -> Content:
        """As of now."""
        async with self._reading:
            head = await self._drafts.head()
            if self._latest is None or self._latest.snapshot.commit != head:
                known = self._latest.read if self._latest else {}
                self._latest = await asyncio.to_thread(_content_of, await self._drafts.knowledge(), known)
            return self._latest

    async def changed(self) -> frozenset[str]:
        """Topics that are not as published."""
        return frozenset(line.id for line in await self._drafts.topics() if line.changed)

    async def entry_at(self, topic: str, commit: str) -> FaqEntry:
        """An entry as it was.  Raises `NotFoundError` where it was not there."""
        found = await self._drafts.entry_at(topic, commit)
        if found is None:
            raise NotFoundError(refusal("not_there", topic=topic))
        return found.entry()


def _content_of(now: Knowledge, known: Mapping[str, tuple[FaqFields, FaqEntry]]) -> Content:
    read = {}
    for topic, fields in now.entries.items():
        before = known.get(topic)
        is_same = before is not None and (before[0] is fields or before[0] == fields)
        read[topic] = before if before and is_same else (fields, fields.entry())
    entries = {topic: entry for topic, (_, entry) in read.items()}
    topics = {topic: Topic(topic, text, entries.get(topic)) for topic, text in now.covers.items()}
    topics |= {topic: Topic(topic, entry.question, entry) for topic, entry in entries.items() if topic not in topics}
    return Content(Snapshot(now.commit, topics, intents=now.intents), read)


def fields_of(entry: FaqEntry, covers: str = "") -> FaqFields:
    """What the draft saves; ``covers`` is the line about the topic, empty where it stays."""
    return replace(FaqFields.of(entry), covers=covers)


def version_of(entry: FaqEntry) -> str:
    """The version that the draft gives to an entry that reads so."""
    return Entry(faq_id(entry.id), FaqFields.of(entry)).version
