"""The whole content as one commit has it, read into entries; what has not changed is not read again."""

from collections.abc import Iterator, Mapping
from functools import cached_property

from bot.errors import EntryNotFoundError
from bot.studio.drafts.formats.document import Document, UnreadableFileError
from bot.studio.drafts.formats.examples import ExamplesFile
from bot.studio.drafts.formats.lexicon import LexiconFile, ListTitle
from bot.studio.drafts.formats.reading import read
from bot.studio.drafts.formats.whole import WholeFile
from bot.studio.drafts.model import Entry
from bot.studio.drafts.repository import ContentRepository
from bot.studio.drafts.state import STATE_FILE, DraftState
from bot.studio.drafts.words import say


class Snapshot:
    """Immutable; made by a `Library`.

    Parameters
    ----------
    blobs: path -> blob of the content.
    documents: the same, read.
    """

    def __init__(
        self,
        commit: str,
        blobs: Mapping[str, str],
        documents: Mapping[str, Document],
        state: DraftState | None,
        before: "Snapshot | None" = None,
    ) -> None:
        self.commit = commit
        self.blobs = blobs
        self.documents = documents
        self.state = state
        self.path_of = _paths(documents, before)

    def find(self, entry_id: str) -> Entry | None:
        path = self.path_of.get(entry_id)
        return self.documents[path].entries[entry_id] if path is not None else None

    def get(self, entry_id: str) -> Entry:
        """Raises EntryNotFoundError."""
        entry = self.find(entry_id)
        if entry is None:
            raise EntryNotFoundError(say("no_entry"))
        return entry

    def below(self, folder: str) -> Iterator[Document]:
        """The files whose paths begin so, in their order."""
        return (document for path, document in self.documents.items() if path.startswith(folder))

    @cached_property
    def intents(self) -> dict[str, list[ExamplesFile]]:
        """The intents that have examples, with the files they stand in."""
        found: dict[str, list[ExamplesFile]] = {}
        for document in self.documents.values():
            if isinstance(document, ExamplesFile):
                for intent in document.intents:
                    found.setdefault(intent, []).append(document)
        return found

    @cached_property
    def word_lists(self) -> dict[str, tuple[ListTitle, LexiconFile]]:
        """The lists of the lexicon by name."""
        return {
            title.name: (title, document)
            for document in self.documents.values()
            if isinstance(document, LexiconFile)
            for title in document.lists
        }


class Library:
    """Reads commits into snapshots, each file once."""

    def __init__(self, repository: ContentRepository) -> None:
        self._repository = repository
        self._documents: dict[tuple[str, str], Document] = {}

    def snapshot(self, commit: str, before: Snapshot | None = None) -> Snapshot:
        """``before`` lends what is the same in both."""
        files = self._repository.files(commit)
        state = files.pop(STATE_FILE, None)
        documents = {path: self._known(path, blob, before) for path, blob in sorted(files.items())}
        return Snapshot(
            commit,
            files,
            documents,
            DraftState.model_validate_json(self._repository.blob(state)) if state else None,
            before,
        )

    def document(self, path: str, blob: str) -> Document:
        """One file as it stood once; one that cannot be read is taken as a whole."""
        content = self._repository.blob(blob)
        try:
            return read(path, content, blob)
        except UnreadableFileError:
            return WholeFile(path, blob)

    def _known(self, path: str, blob: str, before: Snapshot | None) -> Document:
        if before is not None and before.blobs.get(path) == blob:
            return before.documents[path]
        known = self._documents.get((path, blob))
        return known or self.document(path, blob)

    def remember(self, path: str, blob: str, document: Document) -> None:
        """Spare the next snapshot reading what was just read."""
        self._documents = {(path, blob): document, **dict(list(self._documents.items())[:3])}


def _paths(documents: Mapping[str, Document], before: Snapshot | None) -> dict[str, str]:
    """Entry -> path, from those of the snapshot before; an entry that stands in two files is that of the first."""
    if before is None:
        return {entry: path for path, document in reversed(list(documents.items())) for entry in document.entries}
    found = dict(before.path_of)
    changed = [
        path for path in {**before.documents, **documents} if before.documents.get(path) is not documents.get(path)
    ]
    for path in changed:
        for entry in before.documents[path].entries if path in before.documents else ():
            if found.get(entry) == path:
                del found[entry]
    for path in changed:
        for entry in documents[path].entries if path in documents else ():
            found.setdefault(entry, path)
    return found
