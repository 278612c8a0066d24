"""The draft as a list of versions in memory."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path

import yaml

from bot.errors import StaleEntryError
from bot.staff.model import Actor
from bot.studio.drafts.model import FaqDraft, FaqFields, TopicLine, Version, WarningKind
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
    trees: int = 0

    def __post_init__(self) -> None:
        self.published = dict(self.entries)
        self.commits.append(dict(self.entries))

    async def head(self) -> str:
        return f"c{len(self.commits)}"

    async def tree(self, commit: str, folder: Path) -> None:
        self.trees += 1
        content = self.commits[int(commit[1:]) - 1]
        await asyncio.to_thread(self._write, content, folder)

    def _write(self, content: dict[str, FaqEntry], folder: Path) -> None:
        groups: dict[str, list[object]] = {}
        for entry in content.values():
            raw = entry.model_dump(mode="json", exclude_defaults=True)
            groups.setdefault(entry.id.partition(".")[0], []).append(raw)
        files = {f"knowledge_base/faq/{group}.yml": entries for group, entries in groups.items()}
        files |= {"knowledge_base/topics.yml": self.covers, "nlu_data/intents/query_price.yml": {}}
        for path, value in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(yaml.safe_dump(value, allow_unicode=True, sort_keys=False), encoding="utf-8")

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
        return [await self.entry(fields.id) for fields, _ in entries]

    async def warnings(
        self, texts: Sequence[str], *, intent: str | None = None, topic: str | None = None
    ) -> list[TextWarning]:
        return [TextWarning(WarningKind.evaluation, text, "nlu.jsonl") for text in texts if text in self.judged]
