"""What changed in the files, taken into the draft entry by entry.

The draft's own changes are made again on the new text of the file, so that comments and whatever else the files gained
stays.  Where both changed one entry, the draft's stays and the conflict is told.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher

from bot.studio.drafts.formats.document import Document, Edit, UnreadableFileError, UnwritableError
from bot.studio.drafts.formats.reading import read
from bot.studio.drafts.formats.whole import WholeFile, file_id
from bot.studio.drafts.model import Entry, Value
from bot.studio.drafts.repository import ContentRepository
from bot.studio.drafts.snapshot import Library
from bot.studio.drafts.state import Clash
from bot.studio.drafts.words import say


@dataclass(frozen=True)
class Change:
    """An entry before and after; one of them is None where it was added or taken away."""

    old: Entry | None
    new: Entry | None


@dataclass(frozen=True)
class Merged:
    """The content of the draft with the files in it, and what is in conflict by entry of the draft."""

    blobs: dict[str, str]
    clashes: dict[str, Clash]


def changes(before: Document | None, after: Document | None) -> list[Change]:
    """What an editor did to a file.  An entry that took the place of another one is that one, changed."""
    old, new = (document.entries if document else {} for document in (before, after))
    same_id = [Change(old[key], new[key]) for key in old if key in new and old[key].version != new[key].version]
    return [*same_id, *_replacements(old, new)]


def _replacements(old: Mapping[str, Entry], new: Mapping[str, Entry]) -> Iterator[Change]:
    if old.keys() == new.keys():
        return
    was, now = list(old), list(new)
    for what, i1, i2, j1, j2 in SequenceMatcher(None, was, now, autojunk=False).get_opcodes():
        if what == "equal":
            continue
        gone = [old[key] for key in was[i1:i2] if key not in new]
        came = [new[key] for key in now[j1:j2] if key not in old]
        if len(gone) == len(came):
            yield from (Change(one, other) for one, other in zip(gone, came, strict=True))
        else:
            yield from (Change(one, None) for one in gone)
            yield from (Change(None, other) for other in came)


class Merge:
    """One merge of the files into the draft."""

    def __init__(self, repository: ContentRepository, library: Library, at: datetime) -> None:
        self._repository = repository
        self._library = library
        self._at = at

    def merge(self, base: Mapping[str, str], mine: Mapping[str, str], files: Mapping[str, str]) -> Merged:
        """Each is path -> blob."""
        merged = Merged({}, {})
        for path in sorted({**base, **mine, **files}):
            was, ours, theirs = base.get(path), mine.get(path), files.get(path)
            if ours in (was, theirs):
                blob = theirs
            elif theirs == was:
                blob = ours
            else:
                blob = self._both(path, was, ours, theirs, merged.clashes)
            if blob is not None:
                merged.blobs[path] = blob
        return merged

    def _both(
        self, path: str, was: str | None, ours: str | None, theirs: str | None, clashes: dict[str, Clash]
    ) -> str | None:
        """A file that both changed."""
        base, mine, files = (self._library.document(path, blob) if blob else None for blob in (was, ours, theirs))
        if mine is None or files is None or type(mine) is not type(files) or isinstance(mine, WholeFile):
            return self._whole(path, was, ours, theirs, clashes)
        found = _Both(base, mine, files)
        try:
            text = written(files, found.edits()).text
        except UnwritableError:
            return self._whole(path, was, ours, theirs, clashes)
        for clash in found.clashes():
            blobs = {"path": path, "base_blob": was, "files_blob": theirs, "since": self._at}
            ids = {"base_id": _id(clash.files.old), "files_id": _id(clash.files.new)}
            clashes[_id(clash.mine.new) or _id(clash.mine.old) or ""] = Clash.model_validate(blobs | ids)
        return self._repository.put(text.encode())

    def _whole(
        self, path: str, was: str | None, ours: str | None, theirs: str | None, clashes: dict[str, Clash]
    ) -> str | None:
        """The draft's file stays, and somebody has to choose one of the two."""
        clashes[file_id(path)] = Clash(
            path=path,
            base_blob=was,
            base_id=file_id(path) if was else None,
            files_blob=theirs,
            files_id=file_id(path) if theirs else None,
            since=self._at,
        )
        return ours


@dataclass(frozen=True)
class _Clash:
    mine: Change
    files: Change


class _Both:
    """One file as it was, as the draft has it, and as the files have it."""

    def __init__(self, base: Document | None, mine: Document, files: Document) -> None:
        self._files = files
        self._mine = changes(base, mine)
        theirs = changes(base, files)
        self._changed = {change.old.id: change for change in theirs if change.old is not None}
        self._added = {change.new.id: change for change in theirs if change.new is not None}

    def clashes(self) -> list[_Clash]:
        return [_Clash(change, other) for change in self._mine if (other := self._against(change)) is not None]

    def edits(self) -> list[Edit]:
        """The draft's changes, on the text of the files."""
        return [edit for change in self._mine if (edit := self._edit(change)) is not None]

    def _against(self, change: Change) -> Change | None:
        """What the files made of the same entry, where it is something else."""
        if change.old is not None:
            other = self._changed.get(change.old.id)
        else:
            other = self._added.get(change.new.id) if change.new else None
        return other if other is not None and _value(other.new) != _value(change.new) else None

    def _edit(self, change: Change) -> Edit | None:
        there = self._there(change)
        value = _value(change.new)
        if there is None:
            return Edit(None, value) if value is not None else None
        return Edit(there.id, value) if there.value != value else None

    def _there(self, change: Change) -> Entry | None:
        """The entry of the files that the draft's change is to be made on."""
        other = self._changed.get(change.old.id) if change.old else None
        if other is not None:
            return other.new
        if change.old is not None and change.old.id in self._files.entries:
            return self._files.entries[change.old.id]
        return self._files.entries.get(change.new.id) if change.new else None


def written(document: Document, edits: Sequence[Edit]) -> Document:
    """The file with the edits made, read again: raises UnwritableError where it does not say what was wanted.

    Every other entry has to be as before, and each edited one as the edit says.
    """
    text = document.written(edits)
    wanted = dict(document.entries)
    for edit in edits:
        if edit.entry_id is not None:
            del wanted[edit.entry_id]
    values = Counter(entry.value for entry in wanted.values())
    values.update(edit.value for edit in edits if edit.value is not None)
    try:
        found = read(document.path, text.encode(), "")
    except UnreadableFileError as error:
        raise UnwritableError(say("shared")) from error
    if values != Counter(entry.value for entry in found.entries.values()):
        raise UnwritableError(say("shared"))
    return found


def _id(entry: Entry | None) -> str | None:
    return entry.id if entry is not None else None


def _value(entry: Entry | None) -> Value | None:
    return entry.value if entry is not None else None
