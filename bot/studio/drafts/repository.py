"""The repository of the content: a bare git repository of our own, which no program but this one writes to."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import pygit2
from pygit2.enums import FileMode

from bot.errors import EntryNotFoundError, SetupError
from bot.studio.drafts.words import say

FILES = "files"
DRAFT = "draft"
_EMAIL = "studio.invalid"
_UTC = timezone.utc
_TREES_KEPT = 500


@dataclass(frozen=True)
class Commit:
    """One commit; ``when`` is aware."""

    id: str
    parents: tuple[str, ...]
    author: str
    when: datetime
    message: str


class ContentRepository:
    """Commits, trees as flat maps of path to blob, and branches that move only from where they are believed to be.

    One thread at a time works on it; several processes may, each with its own.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.RLock()
        if not (folder / "HEAD").exists():
            folder.mkdir(parents=True, exist_ok=True)
            pygit2.init_repository(str(folder), bare=True, initial_head=DRAFT)
        self._git = pygit2.Repository(str(folder))
        self._trees: dict[str, dict[str, str]] = {}

    def head(self, branch: str) -> str | None:
        """The newest commit of a branch, None before the first."""
        with self._lock:
            try:
                return str(self._git.references[_ref(branch)].target)
            except KeyError:
                return None

    def move(self, branch: str, *, was: str | None, to: str) -> None:
        """Raises SetupError where somebody who does not hold the lock moved it in between."""
        with self._lock, self._git.transaction() as change:
            change.lock_ref(_ref(branch))
            if self.head(branch) != was:
                raise SetupError(f"the branch {branch} of the content was moved by another program")
            change.set_target(_ref(branch), pygit2.Oid(hex=to))

    def blob(self, blob: str) -> bytes:
        with self._lock:
            return bytes(self._git[blob].data)  # type: ignore[attr-defined]

    def put(self, content: bytes) -> str:
        """Keep these bytes; gives their hash."""
        with self._lock:
            return str(self._git.create_blob(content))

    @staticmethod
    def hash(content: bytes) -> str:
        """What `put` would give."""
        return str(pygit2.hash(content))

    def files(self, commit: str) -> dict[str, str]:
        """Path -> blob of everything in a commit.  Raises EntryNotFoundError for no commit of ours."""
        with self._lock:
            try:
                found = self._git[commit]
            except (KeyError, ValueError) as error:
                raise EntryNotFoundError(say("no_version", commit=commit[:12])) from error
            if not isinstance(found, pygit2.Commit):
                raise EntryNotFoundError(say("no_version", commit=commit[:12]))
            return dict(self._flat(found.tree))

    def commit(
        self, files: Mapping[str, str], parents: Sequence[str], *, author: str, when: datetime, message: str
    ) -> str:
        """Make a commit; no branch moves."""
        who = pygit2.Signature(author, f"{author}@{_EMAIL}", int(when.timestamp()), 0)
        with self._lock:
            tree = self._tree({tuple(path.split("/")): blob for path, blob in files.items()})
            return str(self._git.create_commit(None, who, who, message, tree, [pygit2.Oid(hex=p) for p in parents]))

    def log(self, newest: str, *, known: str | None = None) -> Iterator[Commit]:
        """The commits of a branch by their first parents, newest first, until one that is known (left out)."""
        at: str | None = newest
        while at is not None and at != known:
            with self._lock:
                found = self.read(at)
            yield found
            at = found.parents[0] if found.parents else None

    def read(self, commit: str) -> Commit:
        with self._lock:
            found = self._git[commit]
        assert isinstance(found, pygit2.Commit)  # noqa: S101 - asked for by an id of a commit
        when = datetime.fromtimestamp(found.commit_time, tz=_UTC)
        return Commit(commit, tuple(map(str, found.parent_ids)), found.author.name, when, found.message)

    def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether ``newer`` was made from ``older``."""
        with self._lock:
            return bool(self._git.descendant_of(newer, older))

    def tidy(self, *, above: int) -> bool:
        """Put everything into one pack when there are more loose objects than that; takes seconds, in a thread.

        Only what is in the pack is taken away, so that others may read and write meanwhile.
        """
        objects = self._folder / "objects"
        loose = list(objects.glob("[0-9a-f][0-9a-f]/*"))
        if len(loose) <= above:
            return False
        packs = list((objects / "pack").glob("pack-*"))
        pygit2.Repository(str(self._folder)).pack(n_threads=1)
        made = {file for file in (objects / "pack").glob("pack-*") if file not in packs}
        if made:
            for file in (*loose, *packs):
                file.unlink(missing_ok=True)
        return bool(made)

    def _flat(self, tree: pygit2.Tree, prefix: str = "") -> dict[str, str]:
        """Subtrees are kept: a change touches few of them."""
        known = self._trees.get(key := f"{prefix}@{tree.id}")
        if known is None:
            known = {}
            for item in tree:
                path = f"{prefix}{item.name}"
                known |= self._flat(item, f"{path}/") if isinstance(item, pygit2.Tree) else {path: str(item.id)}
            if len(self._trees) >= _TREES_KEPT:
                self._trees.clear()
            self._trees[key] = known
        return known

    def _tree(self, files: Mapping[tuple[str, ...], str]) -> pygit2.Oid:
        builder = self._git.TreeBuilder()
        below: dict[str, dict[tuple[str, ...], str]] = {}
        for (first, *rest), blob in files.items():
            if rest:
                below.setdefault(first, {})[tuple(rest)] = blob
            else:
                builder.insert(first, pygit2.Oid(hex=blob), FileMode.BLOB)
        for name, inner in below.items():
            builder.insert(name, self._tree(inner), FileMode.TREE)
        return builder.write()


def _ref(branch: str) -> str:
    return f"refs/heads/{branch}"
