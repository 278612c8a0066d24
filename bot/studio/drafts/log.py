"""Who changed which entries when and why, as the commits of the draft tell it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, ValidationError

from bot.studio.drafts.merging import Change
from bot.studio.drafts.model import Version
from bot.studio.drafts.repository import Commit, ContentRepository
from bot.studio.drafts.texts import entry_text, told

_MARK = "studio: "


class Touched(BaseModel):
    """One entry of a change: its id before and after, and how it reads now."""

    model_config = ConfigDict(frozen=True)

    was: str | None
    id: str | None
    told: tuple[str, ...]
    text: str | None

    @classmethod
    def of(cls, change: Change) -> "Touched":
        old, new = change.old, change.new
        sentences = told(old.value if old else None, new.value if new else None)
        return cls(was=old.id if old else None, id=new.id if new else None, told=sentences, text=entry_text(new))


class _Kept(BaseModel):
    what: str
    entries: tuple[Touched, ...]


@dataclass(frozen=True)
class Line:
    """One commit of the draft."""

    commit: str
    parent: str | None
    who: str
    when: datetime
    headline: str
    why: str
    what: str
    entries: tuple[Touched, ...]

    def version(self, touched: Touched) -> Version:
        return Version(self.commit, self.who, self.when, self.why or self.headline, touched.told, touched.text)


def message(headline: str, why: str, what: str, entries: Iterable[Touched]) -> str:
    """The message of a commit: a headline, why, and for the history one line with the entries."""
    kept = _Kept(what=what, entries=tuple(entries)).model_dump_json()
    return "\n\n".join(part for part in (headline, why, _MARK + kept) if part) + "\n"


def line_of(commit: Commit) -> Line:
    """What a commit says; one whose entries cannot be read touched none."""
    headline, _, rest = commit.message.partition("\n")
    body, mark, kept = rest.rpartition(f"\n{_MARK}")
    try:
        said = _Kept.model_validate_json(kept) if mark else _Kept(what="", entries=())
    except (ValidationError, json.JSONDecodeError):
        said = _Kept(what="", entries=())
    why = (body if mark else rest).strip()
    parent = commit.parents[0] if commit.parents else None
    return Line(commit.id, parent, commit.author, commit.when, headline, why, said.what, said.entries)


class Log:
    """The lines of the draft, read once each."""

    def __init__(self, repository: ContentRepository) -> None:
        self._repository = repository
        self._lines: list[Line] = []
        self._places: dict[str, list[int]] = {}

    def upto(self, head: str) -> Sequence[Line]:
        """Every commit of the draft by its first parents, the oldest first."""
        newest = self._lines[-1].commit if self._lines else None
        if newest != head:
            for commit in reversed(list(self._repository.log(head, known=newest))):
                self._take(line_of(commit))
        return self._lines

    def of(self, entry_id: str, head: str) -> list[Version]:
        """The changes of an entry, newest first, through all ids it had."""
        return [line.version(touched) for line, touched in self.lines_of(entry_id, head)]

    def lines_of(self, entry_id: str, head: str) -> list[tuple[Line, Touched]]:
        """The same with everything that is known of each commit."""
        self.upto(head)
        found: list[tuple[Line, Touched]] = []
        current: str | None = entry_id
        below = len(self._lines)
        while current is not None:
            place = next((each for each in reversed(self._places.get(current, [])) if each < below), None)
            if place is None:
                break
            below, line = place, self._lines[place]
            touched = _touch(line, current)
            found.append((line, touched))
            current = touched.was or current  # an entry that came back had a life before
        return found

    def _take(self, line: Line) -> None:
        for touched in line.entries:
            for entry_id in {touched.was, touched.id} - {None}:
                self._places.setdefault(str(entry_id), []).append(len(self._lines))
        self._lines.append(line)


def _touch(line: Line, entry_id: str) -> Touched:
    """What a commit did to an entry; where it took over another one's id, what it became counts."""
    became = [each for each in line.entries if each.id == entry_id]
    return became[0] if became else next(each for each in line.entries if each.was == entry_id)
