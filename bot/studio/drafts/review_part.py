"""What the draft changes in what is published, who did it, and taking it back."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Literal

from bot.errors import EntryNotFoundError, EntryRefusedError
from bot.staff.model import SYSTEM, Actor
from bot.studio.drafts.log import Line
from bot.studio.drafts.merging import Change, changes
from bot.studio.drafts.model import (
    BrokenFile,
    Conflict,
    Entry,
    EntryChange,
    EntryKind,
    FaqFields,
    TopicValue,
    Value,
    Version,
)
from bot.studio.drafts.parts import Desk, Part, Remembered, refuse
from bot.studio.drafts.repository import ContentRepository
from bot.studio.drafts.similar import SimilarTexts
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.soundness import unsound
from bot.studio.drafts.state import STATE_FILE, Clash
from bot.studio.drafts.syncing import FILES_AUTHOR
from bot.studio.drafts.texts import entry_text, title_of, told
from bot.studio.drafts.words import say
from bot.studio.drafts.workshop import Move, Plan, refuse_stale

Keep = Literal["mine", "files"]
_NOT_BY_PEOPLE = ("", "start", "merged", "published")
_LONG_AGO = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class _Difference:
    path: str
    change: Change

    @property
    def entry(self) -> Entry:
        entry = self.change.new or self.change.old
        assert entry is not None  # noqa: S101 - a change has one side at least
        return entry


class ReviewPart(Part):
    """The draft against what is published."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._changes = Remembered(self._entry_changes)

    async def diff(self) -> list[EntryChange]:
        """Every entry that is not as published, the newest change first."""
        return self._changes.of(await self._now(), await self._published())

    def _entry_changes(self, now: Snapshot, published: Snapshot) -> list[EntryChange]:
        found = [self._entry_change(now, each) for each in _differences(published, now)]
        return sorted(found, key=lambda each: each.when, reverse=True)

    async def history(self, entry_id: str) -> list[Version]:
        """The changes of an entry, newest first.  Raises EntryNotFoundError for what never was."""
        now = await self._now()
        found = self._shop.log.of(entry_id, now.commit)
        if not found:
            now.get(entry_id)
        return found

    async def log(self, *, limit: int = 50) -> list[Version]:
        """The latest changes of the draft by people, newest first."""
        now = await self._now()
        lines = [line for line in reversed(self._shop.log.upto(now.commit)) if line.what not in _NOT_BY_PEOPLE]
        return [
            Version(each.commit, each.who, each.when, each.why or each.headline, _sentences(each), None)
            for each in lines[:limit]
        ]

    async def undo(self, actor: Actor, commit: str, *, why: str) -> str:
        """Take one change back, by a new one; gives its commit.

        Raises EntryRefusedError where an entry was changed again since, EntryNotFoundError for no change of the draft.
        """

        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            line = next((each for each in self._shop.log.upto(now.commit) if each.commit == commit), None)
            if line is None or line.parent is None or line.what in _NOT_BY_PEOPLE:
                raise EntryNotFoundError(say("no_commit"))
            moves = [_backwards(now, each) for each in self._done_by(line, line.parent, now)]
            if not moves:
                raise EntryRefusedError([say("nothing_to_undo")])
            _refuse_if_unsound(now, similar, moves)
            return Plan("undone", moves)

        return (await self._change(actor, why, plan)).snapshot.commit

    async def restore(self, actor: Actor, entry_id: str, *, version: str | None, why: str) -> None:
        """Make an entry what it is in the files; ``version`` None for one that the draft does not have any more.

        Raises StaleEntryError, EntryNotFoundError where it is as published.
        """
        published = await self._published()

        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            found = next((each for each in _differences(published, now) if each.entry.id == entry_id), None)
            if found is None:
                raise EntryNotFoundError(say("no_entry"))
            old = found.change.new
            if (old.version if old else None) != version:
                refuse_stale(now, self._shop.log, old, entry_id)
            moves = [Move(old, _value(found.change.old), found.path)]
            _refuse_if_unsound(now, similar, moves)
            return Plan("restored", moves, settled=[entry_id])

        await self._change(actor, why, plan)

    async def conflicts(self) -> list[Conflict]:
        """Entries changed in the files and in the draft, about which nobody has decided."""
        now = await self._now()
        clashes = now.state.clashes if now.state else {}
        return [self._conflict(now, entry_id, clash) for entry_id, clash in clashes.items()]

    async def settle(self, actor: Actor, entry_id: str, keep: Keep, *, why: str) -> None:
        """Choose one of the two.  Raises EntryNotFoundError where there is no conflict (any more)."""

        def plan(now: Snapshot, similar: SimilarTexts) -> Plan:
            clash = now.state.clashes.get(entry_id) if now.state else None
            if clash is None:
                raise EntryNotFoundError(say("no_conflict", title=entry_id.split("/", 1)[-1]))
            mine, files = now.find(entry_id), self._entry(clash.path, clash.files_blob, clash.files_id)
            same = keep == "mine" or (mine is None and files is None)
            moves = [] if same else [Move(mine, _value(files), clash.path)]
            _refuse_if_unsound(now, similar, moves)
            return Plan("settled", moves, settled=[entry_id])

        await self._change(actor, why, plan)

    async def unsound(self) -> list[str]:
        """Why the knowledge base of the draft could not be indexed, in sentences; none where it can."""
        now = await self._now()
        similar = await self._shop.similar(now)
        return list(unsound(now, similar))

    async def broken_files(self) -> tuple[BrokenFile, ...]:
        """Files of the checkout that cannot be read at the moment."""
        return self._desk.files.broken

    async def head(self) -> str:
        """The commit of the draft."""
        return (await self._now()).commit

    async def tree(self, commit: str, folder: Path) -> None:
        """Write the content of a commit below a folder, which is made.  Raises EntryNotFoundError."""
        await asyncio.to_thread(_write, self._shop.repository, commit, folder)

    async def publish(self, commit: str, actor: Actor = SYSTEM) -> None:
        """Write a commit into the checkout: from then on the files say that."""
        await self._now()
        await self._desk.files.publish(commit, actor)

    async def publish_files(self, folder: Path, actor: Actor = SYSTEM) -> None:
        """The same with the content below a folder; what the draft has over it stays in the draft."""
        await self._desk.files.publish_files(folder, actor)

    def _entry_change(self, now: Snapshot, each: _Difference) -> EntryChange:
        old, new = each.change.old, each.change.new
        line = next((line for line, _ in self._shop.log.lines_of(each.entry.id, now.commit)), None)
        return EntryChange(
            entry_id=each.entry.id,
            kind=each.entry.kind,
            title=title_of(each.entry.value),
            before=entry_text(old),
            after=entry_text(new),
            told=told(_value(old), _value(new)),
            who=line.who if line else FILES_AUTHOR,
            when=line.when if line else _LONG_AGO,
            why=(line.why or line.headline) if line else "",
            commit=line.commit if line else now.commit,
            version=new.version if new else None,
            conflict=bool(now.state and each.entry.id in now.state.clashes),
        )

    def _done_by(self, line: Line, parent: str, now: Snapshot) -> Iterator[_Difference]:
        library = self._shop.library
        before = library.snapshot(parent, now)
        return _differences(before, library.snapshot(line.commit, before))

    def _conflict(self, now: Snapshot, entry_id: str, clash: Clash) -> Conflict:
        mine = now.find(entry_id)
        base = self._entry(clash.path, clash.base_blob, clash.base_id)
        files = self._entry(clash.path, clash.files_blob, clash.files_id)
        known = next((entry for entry in (mine, files, base) if entry is not None), None)
        return Conflict(
            entry_id,
            known.kind if known else EntryKind.file,
            title_of(known.value) if known else entry_id,
            entry_text(base),
            entry_text(mine),
            entry_text(files),
            clash.since,
        )

    def _entry(self, path: str, blob: str | None, entry_id: str | None) -> Entry | None:
        if blob is None or entry_id is None:
            return None
        return self._shop.library.document(path, blob).entries.get(entry_id)


def _write(repository: ContentRepository, commit: str, folder: Path) -> None:
    for path, blob in repository.files(commit).items():
        if path != STATE_FILE:
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(repository.blob(blob))


def _differences(before: Snapshot, after: Snapshot) -> Iterator[_Difference]:
    for path in sorted({**before.blobs, **after.blobs}):
        if before.blobs.get(path) != after.blobs.get(path):
            for change in changes(before.documents.get(path), after.documents.get(path)):
                yield _Difference(path, change)


def _backwards(now: Snapshot, done: _Difference) -> Move:
    """Undo a change; only while nobody has touched the entry since."""
    old, new = done.change.old, done.change.new
    current = now.find(done.entry.id) if new else (now.find(old.id) if old else None)
    if (current.value if current else None) != _value(new):
        raise EntryRefusedError([say("changed_since", title=title_of(done.entry.value))])
    return Move(current, _value(old), done.path)


def _refuse_if_unsound(now: Snapshot, similar: SimilarTexts, moves: list[Move]) -> None:
    """A step back may not break what came to rely on it; what is broken anyway may be mended bit by bit."""
    values = [value for move in moves for value in (_value(move.old), move.value)]
    if not any(isinstance(value, FaqFields | TopicValue) for value in values):
        return
    if found := list(unsound(now, similar, moves)):
        before = set(unsound(now, similar))
        refuse(problem for problem in found if problem not in before)


def _value(entry: Entry | None) -> Value | None:
    return entry.value if entry is not None else None


def _sentences(line: Line) -> tuple[str, ...]:
    return tuple(sentence for touched in line.entries for sentence in touched.told)
