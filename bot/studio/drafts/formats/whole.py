"""Any other file: one entry, which is chosen or put back as a whole."""

from collections.abc import Iterator

from bot.studio.drafts.formats.document import Document, Edit, Splice, UnwritableError
from bot.studio.drafts.model import FileValue
from bot.studio.drafts.words import misfit


class WholeFile(Document):
    """Only told apart by its bytes.

    Parameters
    ----------
    blob: the hash of the bytes.
    """

    def __init__(self, path: str, blob: str) -> None:
        super().__init__(path, "")
        self._keep(file_id(path), FileValue(path, blob))

    def splices(self, edit: Edit) -> Iterator[Splice]:  # noqa: ARG002
        raise UnwritableError(misfit("whole"))


def file_id(path: str) -> str:
    return f"file/{path}"
