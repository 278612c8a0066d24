"""What the draft knows beside the content: how far the files are merged into it, and what is in conflict with them."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

STATE_FILE = ".studio/state.json"


class Clash(BaseModel):
    """An entry changed in the files and in the draft.

    ``base_blob`` with ``base_id`` and ``files_blob`` with ``files_id`` say where the entry stands as it was and as the
    files have it; an id is None where it is not there.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    base_blob: str | None
    base_id: str | None
    files_blob: str | None
    files_id: str | None
    since: datetime


class DraftState(BaseModel):
    """Kept in the tree of each commit of the draft, so that it moves with it.

    ``merged`` is the commit of the files that the draft has taken in.
    """

    model_config = ConfigDict(frozen=True)

    merged: str
    clashes: dict[str, Clash] = {}

    def without(self, *entry_ids: str) -> "DraftState":
        return self.model_copy(update={"clashes": {k: v for k, v in self.clashes.items() if k not in entry_ids}})

    def renamed(self, names: dict[str, str]) -> "DraftState":
        """Entries whose text changed keep their conflict under their new ids."""
        return self.model_copy(update={"clashes": {names.get(k, k): v for k, v in self.clashes.items()}})
