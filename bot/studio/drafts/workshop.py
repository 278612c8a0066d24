"""Where the draft is changed: one change at a time among all processes, each a commit by whoever made it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import NoReturn

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import EntryRefusedError, StaleEntryError
from bot.staff.audit import record_by
from bot.staff.model import Actor
from bot.studio.drafts.formats.document import Edit, UnwritableError
from bot.studio.drafts.formats.examples import example_id
from bot.studio.drafts.formats.faq import FaqFile, faq_id
from bot.studio.drafts.formats.lexicon import word_id
from bot.studio.drafts.formats.reading import read
from bot.studio.drafts.formats.responses import response_id
from bot.studio.drafts.formats.topics import topic_id
from bot.studio.drafts.formats.whole import WholeFile, file_id
from bot.studio.drafts.log import Log, Touched, message
from bot.studio.drafts.merging import Change, written
from bot.studio.drafts.model import (
    Entry,
    ExampleValue,
    FaqFields,
    FileValue,
    ResponseValue,
    TopicValue,
    Value,
    WordValue,
)
from bot.studio.drafts.repository import DRAFT, FILES, ContentRepository
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Library, Snapshot
from bot.studio.drafts.state import STATE_FILE, DraftState
from bot.studio.drafts.texts import title_of
from bot.studio.drafts.words import draft_words, say

LONGEST_WHY = 500
_LOCK = int.from_bytes(blake2b(b"studio:draft", digest_size=8).digest(), signed=True)


@dataclass(frozen=True)
class Move:
    """An entry put in the place of another: ``old`` None adds one, ``value`` None takes one away.

    ``path`` is the file the new one goes to.
    """

    old: Entry | None
    value: Value | None
    path: str


@dataclass(frozen=True)
class Plan:
    """What a change does.

    ``what`` names it in the audit and chooses its headline; ``settled`` are conflicts that it ends.
    """

    what: str
    moves: Sequence[Move]
    settled: Sequence[str] = ()


@dataclass(frozen=True)
class Done:
    """A change that was made: the draft after it, and the ids of the entries that are now there."""

    snapshot: Snapshot
    ids: tuple[str, ...]


class Workshop:
    """The draft as it stands, and the way to change it."""

    def __init__(self, repository: ContentRepository, database: Database, clock: Clock) -> None:
        self.repository = repository
        self.library = Library(repository)
        self.log = Log(repository)
        self.clock = clock
        self.listeners: list[Callable[[], None]] = []
        self._database = database
        self._turn = asyncio.Lock()
        self._reading = asyncio.Lock()
        self._known: dict[str, Snapshot] = {}
        self._similar = SimilarTexts()
        self._indexing = asyncio.Lock()
        self._is_indexed = False

    async def snapshot(self, branch: str = DRAFT) -> Snapshot | None:
        """The newest state of a branch, None before the first."""
        head = self.repository.head(branch)
        known = self._known.get(branch)
        if head is None or (known is not None and known.commit == head):
            return known if head is not None else None
        async with self._reading:
            known = self._known.get(branch) or self._known.get(FILES if branch == DRAFT else DRAFT)
            if known is None or known.commit != head:
                known = await asyncio.to_thread(self.library.snapshot, head, known)
                self._known[branch] = known
            return known

    @property
    def latest(self) -> Snapshot | None:
        """The draft as it was last read here, which need not be the newest."""
        return self._known.get(DRAFT)

    async def similar(self, snapshot: Snapshot) -> SimilarTexts:
        """The index of everything said, as of a snapshot; the first one takes seconds."""
        async with self._indexing:
            if not self._is_indexed:
                await asyncio.to_thread(self._similar.follow, snapshot)
                self._is_indexed = True
            self._similar.follow(snapshot)
            return self._similar

    @asynccontextmanager
    async def held(self) -> AsyncIterator[AsyncSession]:
        """Nobody else, in whatever process, changes the draft meanwhile; the transaction is for the audit."""
        async with self._turn, self._database.transaction() as session:
            await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
            yield session

    async def change(self, actor: Actor, why: str, plan: Callable[[Snapshot, SimilarTexts], Plan]) -> Done:
        """Make a change.  ``plan`` looks at the draft as it stands now and refuses, or says what to do.

        Raises EntryRefusedError for a reason that is missing and for what the format of a file cannot say.
        """
        done = await self._changed(actor, " ".join(why.split()), plan)
        self.tell()
        return done

    def tell(self) -> None:
        """The draft is another one now."""
        for listener in self.listeners:
            listener()

    async def _changed(self, actor: Actor, why: str, plan: Callable[[Snapshot, SimilarTexts], Plan]) -> Done:
        if not why or len(why) > LONGEST_WHY:
            raise EntryRefusedError([say("too_long", n=LONGEST_WHY) if why else say("why_missing")])
        async with self.held() as session:
            before = await self.snapshot()
            assert before is not None  # noqa: S101 - the draft begins with the program
            wanted = plan(before, await self.similar(before))
            ids = tuple(id_of(move.value) for move in wanted.moves if move.value is not None)
            n = len(wanted.moves)
            about = (title_of(_value_of(wanted.moves[0])) if wanted.moves else "")[:200]
            record_by(session, f"draft.{wanted.what}", actor, at=self.clock(), about=about, why=why, n=n)
            await session.flush()
            await asyncio.to_thread(self._commit, before, wanted, actor.username, why)
            after = await self.snapshot()
            assert after is not None  # noqa: S101 - just committed
            return Done(after, ids)

    def _commit(self, before: Snapshot, plan: Plan, author: str, why: str) -> None:
        edits = _edits(before, plan.moves)
        try:
            changed = {path: self._written(before, path, some) for path, some in edits.items()}
        except UnwritableError as error:
            raise EntryRefusedError([say("unwritable", problem=error)]) from error
        blobs = {path: blob for path, blob in {**before.blobs, **changed}.items() if blob is not None}
        touched = [Touched.of(_change(move)) for move in plan.moves]
        headline = draft_words().commits[plan.what].format(n=len(plan.moves))
        state = before.state or DraftState(merged=before.commit)
        names = {each.was: each.id for each in touched if each.was and each.id and each.was != each.id}
        state = state.without(*plan.settled).renamed(names)
        self.put(blobs, state, [before.commit], author=author, text=message(headline, why, plan.what, touched))

    def put(
        self, blobs: Mapping[str, str], state: DraftState, parents: Sequence[str], *, author: str, text: str
    ) -> str:
        """A commit on the draft; its first parent is where the draft stood."""
        files = {**blobs, STATE_FILE: self.repository.put(state.model_dump_json().encode())}
        commit = self.repository.commit(files, parents, author=author, when=self.clock(), message=text)
        self.repository.move(DRAFT, was=parents[0] if self.repository.head(DRAFT) else None, to=commit)
        return commit

    def _written(self, before: Snapshot, path: str, edits: Sequence[Edit]) -> str | None:
        """The blob of a file with the edits made; None where nothing is left that would be a file."""
        document = before.documents.get(path) or read(path, b"", "")
        if isinstance(document, WholeFile):
            value = edits[-1].value
            return value.blob if isinstance(value, FileValue) else None
        new = written(document, edits)
        if not new.entries and isinstance(new, FaqFile):
            return None
        blob = self.repository.put(new.text.encode())
        self.library.remember(path, blob, new)
        return blob


def id_of(value: Value) -> str:
    """The id an entry has by what it says."""
    match value:
        case ExampleValue():
            return example_id(value.intent, value.text)
        case FaqFields():
            return faq_id(value.id)
        case TopicValue():
            return topic_id(value.topic)
        case ResponseValue():
            return response_id(value.name)
        case WordValue():
            return word_id(value)
        case FileValue():
            return file_id(value.path)


def fresh_entry(snapshot: Snapshot, log: Log, entry_id: str, version: str) -> Entry:
    """The entry, if it is what the trainer saw.

    Raises StaleEntryError where it is not, EntryNotFoundError where it never was.
    """
    entry = snapshot.find(entry_id)
    if entry is not None and entry.version == version:
        return entry
    if entry is None and not log.lines_of(entry_id, snapshot.commit):
        snapshot.get(entry_id)
    return refuse_stale(snapshot, log, entry, entry_id)


def refuse_stale(snapshot: Snapshot, log: Log, entry: Entry | None, entry_id: str) -> NoReturn:
    """Raises StaleEntryError with what the entry is now, under whatever id."""
    lines = log.lines_of(entry_id, snapshot.commit)
    who, became = (lines[0][0].who, lines[0][1].id) if lines else ("", None)
    newest = entry or (snapshot.find(became) if became else None)
    title = title_of(newest.value) if newest else entry_id.split("/", 1)[-1]
    raise StaleEntryError(say("stale" if newest else "gone", title=title, who=who), newest)


def _value_of(move: Move) -> Value:
    if move.value is not None:
        return move.value
    assert move.old is not None  # noqa: S101 - a move has one side at least
    return move.old.value


def _change(move: Move) -> Change:
    return Change(move.old, Entry(id_of(move.value), move.value) if move.value is not None else None)


def _edits(before: Snapshot, moves: Sequence[Move]) -> dict[str, list[Edit]]:
    """By file; an entry that goes to another file is taken from one and added to the other."""
    found: dict[str, list[Edit]] = {}
    for move in moves:
        path = before.path_of.get(move.old.id, move.path) if move.old else move.path
        if move.old is not None and move.value is not None and path != move.path:
            found.setdefault(path, []).append(Edit(move.old.id, None))
            found.setdefault(move.path, []).append(Edit(None, move.value))
        else:
            found.setdefault(path, []).append(Edit(move.old.id if move.old else None, move.value))
    return found
