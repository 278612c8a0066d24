"""The knowledge base as trainers work on it: the one door for its pages and its API."""

import asyncio
import difflib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from bot.clock import Clock, local
from bot.db import Database
from bot.errors import BadQueryError, EntryRefusedError, NotFoundError
from bot.settings import Settings
from bot.staff.model import Actor
from bot.studio.drafts.model import FaqDraft, Version
from bot.studio.drafts.model import Warning as TextWarning
from bot.studio.faq.ages import FaqAges
from bot.studio.faq.content import Content, DraftContent, EntryDrafts, fields_of
from bot.studio.faq.faults import Checking, entry_of, filled
from bot.studio.faq.files.writing import write_csv, write_xlsx
from bot.studio.faq.finding import FaqPage, Finder, Known, Wanted, page_of
from bot.studio.faq.importing import FaqImports
from bot.studio.faq.model import Difference, Fault, Snapshot, Topic, differences, texts_of
from bot.studio.faq.plan import questions_in
from bot.studio.faq.previews import Bubble, Preview, preview_of_connectors
from bot.studio.faq.trying import MOST_TEXTS, Alike, FaqTrial, Tried
from bot.studio.faq.uploads import UploadShelf
from bot.studio.faq.use import NEVER, FaqUse, TopicUse
from bot.studio.faq.words import faq_words, refusal
from bot.studio.roles import refuse_unless_looks, refuse_unless_trains
from bot.waybills.model import WaybillStatus
from knowledge_base.context import Context
from knowledge_base.entries import placeholder_values
from knowledge_base.retriever import Candidate, Retriever, Thresholds
from knowledge_base.vectors import SentenceEncoder

logger = logging.getLogger(__name__)

MOST_SHOWN = 200
LONGEST_QUESTION = 500
SETTLE_S = 0.7
"""The page that shows what was saved comes first; a question does not wait for this."""


@dataclass(frozen=True)
class EntryView:
    """A topic as the editor opens it; ``texts`` by field, ``version`` None while nobody has written the entry."""

    topic: Topic
    texts: Mapping[str, str]
    version: str | None
    is_changed: bool
    has_conflict: bool
    history: tuple[Version, ...]
    use: TopicUse
    days: tuple[tuple[date, TopicUse], ...]


@dataclass(frozen=True)
class Checked:
    """What is to be said of an entry before it is saved.

    ``faults`` keep it from being saved; ``warnings`` and ``alike`` do not; ``covered`` is the other entry that would
    answer its question.
    """

    faults: tuple[Fault, ...]
    warnings: tuple[TextWarning, ...]
    alike: tuple[Alike, ...]
    covered: Candidate | None


class FaqStudio:
    """Looking is for who may look into the studio, changing for who trains: `AccessRefusedError` otherwise."""

    def __init__(
        self,
        drafts: EntryDrafts,
        content: DraftContent,
        trial: FaqTrial,
        use: FaqUse,
        ages: FaqAges,
        imports: FaqImports,
        uploads: UploadShelf,
        *,
        published: Callable[[], Retriever],
        values: Mapping[str, str],
        preview: Preview,
        clock: Clock,
    ) -> None:
        self._drafts = drafts
        self._content = content
        self._trial = trial
        self.use = use
        self.ages = ages
        self.imports = imports
        self.uploads = uploads
        self._published = published
        self._values = values
        self._preview = preview
        self._clock = clock
        self._finder: Finder | None = None
        self._warming: asyncio.Task[None] | None = None
        self._is_outdated = False
        drafts.when_changed(self.warm)
        drafts.warm_with(self._begin)

    @classmethod
    def build(
        cls,
        settings: Settings,
        database: Database,
        clock: Clock,
        drafts: EntryDrafts,
        *,
        encoder: Callable[[], SentenceEncoder],
        published: Callable[[], Retriever],
        preview: Preview = preview_of_connectors,
        kept: Path | None = None,
    ) -> "FaqStudio":
        """Put together as the settings describe it.

        Parameters
        ----------
        encoder, published: what serves customers at the moment it is asked for.
        kept: where vectors of the draft are kept; in the data folder unless given.
        """
        content = DraftContent(drafts)
        values = placeholder_values(settings)
        trial = FaqTrial(
            encoder,
            published,
            Thresholds.of(settings),
            cache=settings.cache_dir / "faq",
            kept=kept or settings.data_dir / "studio" / "vectors",
        )
        return cls(
            drafts,
            content,
            trial,
            FaqUse(database, clock),
            FaqAges(database, clock),
            FaqImports(drafts, content, trial, values),
            UploadShelf(settings.data_dir / "studio" / "uploads"),
            published=published,
            values=values,
            preview=preview,
            clock=clock,
        )

    # -- looking ---------------------------------------------------------------------------------

    async def page(self, actor: Actor, wanted: Wanted, *, after: str | None = None, limit: int = 50) -> FaqPage:
        """Some of the topics.  Raises `BadQueryError`."""
        refuse_unless_looks(actor)
        finder = await self._found()
        known = Known(await self._content.changed(), await self.use.latest(), await self.ages.since())
        today, shown = self._today(), min(limit, MOST_SHOWN)
        return await asyncio.to_thread(page_of, finder, known, wanted, today=today, after=after, limit=shown)

    async def _found(self) -> Finder:
        snapshot = (await self._content.latest()).snapshot
        if self._finder is None or self._finder.snapshot is not snapshot:
            self._finder = await asyncio.to_thread(Finder, snapshot, self._finder)
        return self._finder

    async def entry(self, actor: Actor, topic: str) -> EntryView:
        """Raises `NotFoundError` for a topic that is not in the list."""
        refuse_unless_looks(actor)
        snapshot = (await self._content.latest()).snapshot
        found = snapshot.topics.get(topic)
        if found is None:
            raise NotFoundError(refusal("no_topic", topic=topic))
        use, days = (await self.use.latest()).get(topic, NEVER), tuple(await self.use.days(topic))
        if found.entry is None:
            return EntryView(found, texts_of(found), None, False, False, (), use, days)
        draft = await self._drafts.entry(topic)
        current = Topic(found.id, found.covers, draft.fields.entry())
        return EntryView(
            current, texts_of(current), draft.version, draft.changed, draft.conflict, draft.history, use, days
        )

    async def snapshot(self, actor: Actor) -> Snapshot:
        """All topics of the draft."""
        refuse_unless_looks(actor)
        return (await self._content.latest()).snapshot

    async def ask(
        self, actor: Actor, text: str, *, waybill: WaybillStatus | None = None, after: str | None = None
    ) -> Tried:
        """Draft and published side by side; both as of today."""
        refuse_unless_looks(actor)
        if not text.strip():
            raise BadQueryError(refusal("question_empty"))
        snapshot = (await self._content.latest()).snapshot
        context = Context(after, waybill) if waybill or after else None
        return await self._trial.ask(text.strip()[:LONGEST_QUESTION], snapshot, on=self._today(), context=context)

    async def check(self, actor: Actor, texts: Mapping[str, str]) -> Checked:
        """Everything to be said of an entry that is being written, by its texts."""
        refuse_unless_trains(actor)
        content = await self._content.latest()
        snapshot, topic = content.snapshot, texts["id"]
        checking = await self._checking(content)
        entry = snapshot.entry(topic)
        known = set(entry.questions) if entry else set[str]()
        new = [text for text in dict.fromkeys(questions_in(texts)) if text not in known][:MOST_TEXTS]
        alike = await self._trial.alike(new, snapshot, topic=topic)
        question = texts.get("question", "")
        is_new = bool(question) and question not in known
        covered = await self._trial.covered(question, snapshot, on=self._today(), topic=topic) if is_new else None
        warnings = await self._drafts.warnings(new, topic=topic) if new else []
        return Checked(tuple(checking.faults(texts)), tuple(warnings), tuple(alike), covered)

    def preview(self, texts: Mapping[str, str], channel: str) -> list[Bubble]:
        """An entry as the customer of a channel gets it, with its button and the questions related to it left out."""
        text = texts.get(f"answers.{channel}") or texts.get("answer", "")
        title = texts.get("action.title", "")
        return list(self._preview(channel, filled(text, self._values), [title] if title else []))

    async def export(self, actor: Actor, kind: Literal["xlsx", "csv"]) -> bytes:
        """All topics of the draft, gaps included."""
        refuse_unless_looks(actor)
        topics = list((await self._content.latest()).snapshot.topics.values())
        return await asyncio.to_thread(write_xlsx if kind == "xlsx" else write_csv, topics)

    async def version(self, actor: Actor, topic: str, commit: str) -> Mapping[str, str]:
        """An entry as it was, its texts by field.  Raises `NotFoundError`."""
        refuse_unless_looks(actor)
        entry = await self._content.entry_at(topic, commit)
        return texts_of(Topic(topic, "", entry))

    # -- changing --------------------------------------------------------------------------------

    async def save(self, actor: Actor, texts: Mapping[str, str], *, version: str | None, why: str) -> FaqDraft:
        """Save an entry as its editor has it; ``version`` is the one it was opened with, None for a new one.

        Raises `EntryRefusedError` with a sentence for each fault, `StaleEntryError` with the newest where somebody else
        was quicker.
        """
        refuse_unless_trains(actor)
        checking = await self._checking(await self._content.latest())
        if faults := checking.faults(texts):
            raise EntryRefusedError([sentence(fault) for fault in faults])
        fields = fields_of(entry_of(texts), texts.get("covers", ""))
        return await self._drafts.save_entry(actor, fields, version=version, why=why)

    async def restore(self, actor: Actor, topic: str, commit: str, *, version: str, why: str) -> FaqDraft:
        """Bring an entry back as it was at a commit.  Raises as `save` does."""
        refuse_unless_trains(actor)
        entry = await self._content.entry_at(topic, commit)
        return await self._drafts.save_entry(actor, fields_of(entry), version=version, why=why)

    def warm(self) -> None:
        """Make the draft's retriever ready before somebody asks; of several changes at once, for the newest only."""
        self._is_outdated = True
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(self._make_ready(), name="studio: warm the draft")

    async def _begin(self) -> None:
        """The list and the draft's retriever, once at the start."""
        await self._found()
        self.warm()
        if self._warming is not None:
            await self._warming

    async def _make_ready(self) -> None:
        while self._is_outdated:
            await asyncio.sleep(SETTLE_S)
            self._is_outdated = False
            try:
                await self._trial.draft((await self._content.latest()).snapshot)
            except Exception:
                logger.exception("the draft's retriever could not be made; the next question tries again")

    async def count(self, at: datetime | None = None) -> None:
        """For a job, every hour: how answers were used, and since when they read as they do."""
        await self.use.count(at)
        await self.ages.look(self._published().entries.values())

    async def _checking(self, content: Content) -> Checking:
        questions = await asyncio.to_thread(lambda: content.questions)
        snapshot = content.snapshot
        return Checking(frozenset(snapshot.topics), snapshot.intents, questions, self._values)

    def _today(self) -> date:
        return local(self._clock()).date()


def sentence(fault: Fault) -> str:
    return refusal("faults", field=faq_words().field(fault.field), text=fault.text)


def compare(before: Mapping[str, str], after: Mapping[str, str]) -> list[Difference]:
    """What is different between two versions of an entry; a field that one of them lacks is empty there."""
    names = dict.fromkeys([*before, *after])
    whole = {name: after.get(name, "") for name in names if name not in ("id", "covers")}
    return differences({name: before.get(name, "") for name in whole}, whole)


def line_changes(before: str, after: str) -> Sequence[tuple[str, str]]:
    """Lines with ``+``, ``-`` or a blank before each; what was taken away stands before what came in its place."""
    old, new = before.splitlines(), after.splitlines()
    found: list[tuple[str, str]] = []
    for what, i1, i2, j1, j2 in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            found += [(" ", line) for line in old[i1:i2]]
        else:
            found += [*(("-", line) for line in old[i1:i2]), *(("+", line) for line in new[j1:j2])]
    return found
