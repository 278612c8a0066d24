"""The files and the draft kept together: what changed in the checkout comes in, what is published goes back.

Two branches say how far that got, whatever is killed when.  The draft keeps which commit of the files it has taken in:
while that is older than the branch ``files`` a merge is owed, while it is newer the checkout is still to be written.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path

import pygit2
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import BotError, EntryRefusedError
from bot.staff.audit import record_by
from bot.staff.model import SYSTEM, Actor
from bot.studio.drafts.checkout import Checkout
from bot.studio.drafts.formats.document import UnreadableFileError
from bot.studio.drafts.formats.reading import read
from bot.studio.drafts.log import Touched, message
from bot.studio.drafts.merging import Change, Merge, changes
from bot.studio.drafts.model import BrokenFile
from bot.studio.drafts.repository import DRAFT, FILES
from bot.studio.drafts.snapshot import Snapshot
from bot.studio.drafts.state import STATE_FILE, Clash, DraftState
from bot.studio.drafts.words import draft_words, say
from bot.studio.drafts.workshop import Workshop

logger = logging.getLogger(__name__)

EVERY_S = 3.0
MOST_LOOSE = 4_000
"""A change makes eight or so; from so many on they are packed."""
FILES_AUTHOR = "files"
_MOST_TOLD = 500
_TIDIED_EVERY = 200


class Syncing:
    """Call `sync` at the start and every few seconds."""

    def __init__(self, workshop: Workshop, checkout: Checkout, *, every_s: float = EVERY_S) -> None:
        self._shop = workshop
        self._git = workshop.repository
        self._checkout = checkout
        self._every_s = every_s
        self._broken: dict[str, BrokenFile] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def broken(self) -> tuple[BrokenFile, ...]:
        """Files that cannot be read at the moment; they are as before in the draft."""
        return tuple(self._broken.values())

    async def start(self) -> None:
        """Have a draft, then keep it up to date."""
        await self.sync()
        self._task = asyncio.create_task(self._run(), name="studio-files")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def sync(self) -> bool:
        """Take in what changed in the files; whether anything had."""
        if not await asyncio.to_thread(self._is_behind):
            return False
        async with self._shop.held():
            await asyncio.to_thread(self._sync)
        self._shop.tell()
        return True

    async def publish(self, commit: str, actor: Actor = SYSTEM) -> None:
        """Write a commit's content into the checkout; the files are as it says from then on.

        What stood in the files and not in that commit stays in the draft, as a change that is not published.
        Raises EntryRefusedError while a file cannot be read, EntryNotFoundError.
        """
        await self._write(lambda: commit, actor, about=commit)

    async def publish_files(self, folder: Path, actor: Actor = SYSTEM) -> None:
        """The same with the content below a folder, which need not be of any commit.

        It is not taken for a change that somebody made to the files: what the draft has over it stays in the draft.
        """
        await self._write(lambda: self._commit_of(Checkout(folder)), actor, about=folder.name)

    async def _write(self, commit: Callable[[], str], actor: Actor, *, about: str) -> None:
        async with self._shop.held() as session:
            await asyncio.to_thread(self._sync)
            if self._broken:
                raise EntryRefusedError([say("broken_files", paths="、".join(self._broken))])
            record_by(session, "draft.published", actor, at=self._shop.clock(), about=about)
            await session.flush()
            await asyncio.to_thread(lambda: self._publish(commit()))
        self._shop.tell()

    async def _run(self) -> None:
        for round_ in count(1):
            await asyncio.sleep(self._every_s)
            try:
                await self.sync()
                if round_ % _TIDIED_EVERY == 0:
                    await asyncio.to_thread(self._git.tidy, above=MOST_LOOSE)
            except (BotError, SQLAlchemyError, pygit2.GitError, OSError) as error:
                logger.warning("the files could not be taken into the draft: %s", type(error).__name__)

    def _is_behind(self) -> bool:
        files, draft = self._git.head(FILES), self._git.head(DRAFT)
        if files is None or draft is None or self._state(draft).merged != files:
            return True
        return self._scan(self._git.files(files)) != self._git.files(files)

    def _scan(self, before: Mapping[str, str]) -> dict[str, str]:
        """What stands in the checkout; a file that cannot be read stands there as before."""
        found: dict[str, str | None] = dict(self._checkout.scan())
        changed = [path for path, blob in found.items() if before.get(path) != blob]
        problems = {path: problem for path in changed if before and (problem := self._problem(path))}
        now = self._shop.clock()
        self._broken = {
            path: self._broken.get(path, BrokenFile(path, problem, now)) for path, problem in problems.items()
        }
        found |= {path: before.get(path) for path in problems}
        return {path: blob for path, blob in sorted(found.items()) if blob is not None}

    def _problem(self, path: str) -> str | None:
        try:
            read(path, self._checkout.read(path), "")
        except (UnreadableFileError, FileNotFoundError) as error:
            return str(error)
        return None

    def _sync(self) -> None:
        draft = self._git.head(DRAFT)
        if draft is not None:
            self._finish_publishing(self._state(draft).merged)
        files = self._take_files()
        if draft is None:
            text = message(draft_words().commits["start"], "", "start", ())
            self._shop.put(self._git.files(files), DraftState(merged=files), [files], author=FILES_AUTHOR, text=text)
        elif self._state(draft).merged != files:
            self._merge(draft, files)

    def _take_files(self) -> str:
        """What stands in the checkout as a commit of the files; gives the newest one."""
        files = self._git.head(FILES)
        before = self._git.files(files) if files else {}
        found = self._scan(before)
        if files is not None and found == before:
            return files
        for path in [path for path, blob in found.items() if before.get(path) != blob]:
            found[path] = self._git.put(self._checkout.read(path))
        text = draft_words().commits["files"] + "\n"
        when = self._shop.clock()
        commit = self._git.commit(found, [files] if files else [], author=FILES_AUTHOR, when=when, message=text)
        self._git.move(FILES, was=files, to=commit)
        return commit

    def _merge(self, draft: str, files: str) -> None:
        library, at = self._shop.library, self._shop.clock()
        mine = library.snapshot(draft, self._shop.latest)
        base = library.snapshot(self._state(draft).merged, mine)
        theirs = library.snapshot(files, mine)
        merged = Merge(self._git, library, at).merge(base.blobs, mine.blobs, theirs.blobs)
        state = DraftState(merged=files, clashes=self._open(mine, theirs) | merged.clashes)
        text = message(draft_words().commits["merged"], "", "merged", _touched(base, theirs))
        self._shop.put(merged.blobs, state, [draft, files], author=FILES_AUTHOR, text=text)
        logger.info("the files were taken into the draft, %d entries are in conflict", len(state.clashes))

    def _open(self, mine: Snapshot, theirs: Snapshot) -> dict[str, Clash]:
        """The conflicts there were, but for those where both say the same by now."""
        known = mine.state.clashes if mine.state else {}
        return {key: clash for key, clash in known.items() if mine.find(key) != theirs.find(key)}

    def _commit_of(self, folder: Checkout) -> str:
        """What stands there, as a commit that no branch has."""
        content = {path: self._git.put(folder.read(path)) for path in sorted(folder.scan())}
        text = draft_words().commits["files"] + "\n"
        return self._git.commit(content, [], author=FILES_AUTHOR, when=self._shop.clock(), message=text)

    def _publish(self, commit: str) -> None:
        files, draft = self._git.head(FILES), self._git.head(DRAFT)
        assert files is not None  # noqa: S101 - there is one since the first sync
        assert draft is not None  # noqa: S101
        release = self._git.files(commit)
        release.pop(STATE_FILE, None)
        when, words = self._shop.clock(), draft_words().commits
        published = self._git.commit(
            release, [files, commit], author=FILES_AUTHOR, when=when, message=words["published"] + "\n"
        )
        content = self._git.files(draft)
        content.pop(STATE_FILE, None)
        state = self._state(draft).model_copy(update={"merged": published})
        text = message(words["published"], "", "published", ())
        self._shop.put(content, state, [draft, published], author=FILES_AUTHOR, text=text)
        self._finish_publishing(published)

    def _finish_publishing(self, published: str) -> None:
        """Write into the checkout what the files are to be; a file that somebody changed meanwhile is left alone."""
        files = self._git.head(FILES)
        if files is None or files == published or not self._git.is_ancestor(files, published):
            return
        before, after = self._git.files(files), self._git.files(published)
        for path in sorted({**before, **after}):
            blob = after.get(path)
            if before.get(path) != blob:
                content = self._git.blob(blob) if blob else None
                if not self._checkout.write(path, content, was=before.get(path)):
                    logger.warning("%s was changed while a release was published; it is left as it is", path)
        self._git.move(FILES, was=files, to=published)

    def _state(self, draft: str) -> DraftState:
        blob = self._git.files(draft)[STATE_FILE]
        return DraftState.model_validate_json(self._git.blob(blob))


def _touched(before: Snapshot, after: Snapshot) -> list[Touched]:
    """What changed in the files, for the history of the entries; not all of it where it is very much."""
    found: list[Change] = []
    for path in sorted({**before.blobs, **after.blobs}):
        if before.blobs.get(path) != after.blobs.get(path):
            found += changes(before.documents.get(path), after.documents.get(path))
    return [Touched.of(change) for change in found[:_MOST_TOLD]]
