"""The draft as a list of versions in memory."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

from bot.errors import StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import FaqDraft, FaqFields, Knowledge, TopicLine, Version, WarningKind
from bot.studio.drafts.model import Warning as TextWarning
from bot.studio.faq.content import version_of
from knowledge_base.entries import FaqEntry

AT = datetime(2026, 3, 4, 2, 0, tzinfo=timezone.utc)


@dataclass
class FakeDrafts:
    """``bot.studio.drafts.service.Drafts``, as far as the knowledge base needs it."""

    entries: dict[str, FaqEntry]
    covers: dict[str, str]
    judged: frozenset[str] = frozenset()
    commits: list[dict[str, FaqEntry]] = field(default_factory=list)
    log: list[tuple[str, str, str, str]] = field(default_factory=list)
    listeners: list[Callable[[], None]] = field(default_factory=list)
    warming: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    reads: int = 0

    def __post_init__(self) -> None:
        self.published = dict(self.entries)
        self.commits.append(dict(self.entries))

    async def head(self) -> str:
        return f"c{len(self.commits)}"

    def when_changed(self, listener: Callable[[], None]) -> None:
        self.listeners.append(listener)

    def warm_with(self, warm: Callable[[], Awaitable[None]]) -> None:
        self.warming.append(warm)

    async def knowledge(self) -> Knowledge:
        self.reads += 1
        entries = {topic: FaqFields.of(entry) for topic, entry in self.entries.items()}
        return Knowledge(await self.head(), dict(self.covers), entries, frozenset({"query_price"}))

    async def entry_at(self, topic: str, commit: str) -> FaqFields | None:
        found = self.commits[int(commit[1:]) - 1].get(topic)
        return FaqFields.of(found) if found else None

    async def topics(self) -> list[TopicLine]:
        return [self._line(topic, covers) for topic, covers in self.covers.items()]

    def _line(self, topic: str, covers: str) -> TopicLine:
        entry = self.entries.get(topic)
        is_changed = entry != self.published.get(topic)
        question = entry.question if entry else None
        return TopicLine(topic, covers, question, len(entry.phrasings) if entry else 0, is_changed)

    async def entry(self, topic: str) -> FaqDraft:
        entry = self.entries[topic]
        versions = tuple(
            Version(commit, who, AT, why, (), None) for commit, who, why, of in reversed(self.log) if of == topic
        )
        fields = FaqFields.of(entry)
        given = {name: getattr(fields, name) for name in FaqFields.__dataclass_fields__}
        changed = entry != self.published.get(topic)
        return FaqDraft(**given, version=version_of(entry), changed=changed, history=versions)

    async def save_entry(self, actor: Actor, entry: FaqFields, *, version: str | None, why: str) -> FaqDraft:
        return (await self.save_entries(actor, [(entry, version)], why=why))[0]

    async def save_entries(
        self, actor: Actor, entries: Sequence[tuple[FaqFields, str | None]], *, why: str
    ) -> Sequence[FaqDraft]:
        for fields, version in entries:
            old = self.entries.get(fields.id)
            if version != (version_of(old) if old else None):
                raise StaleEntryError(f"“{fields.question}”刚被改过", None)
        for fields, _ in entries:
            self.entries[fields.id] = fields.entry()
            self.covers[fields.id] = fields.covers or self.covers.get(fields.id) or fields.question
        self.commits.append(dict(self.entries))
        head = await self.head()
        self.log += [(head, actor.username, why, fields.id) for fields, _ in entries]
        for listener in self.listeners:
            listener()
        return [await self.entry(fields.id) for fields, _ in entries]

    async def warnings(
        self, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[TextWarning]:
        return [TextWarning(WarningKind.evaluation, text, "nlu.jsonl") for text in texts if text in self.judged]
