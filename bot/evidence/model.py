"""Evidence as the core sees it.  Frozen: what was handed in is never changed, only added to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class EvidenceKind(StrEnum):
    """照片, 扫描, 聊天记录, 轨迹, 说明, 认责, 系统记录."""

    photo = "photo"
    scan = "scan"
    chat = "chat"
    track = "track"
    statement = "statement"
    admission = "admission"
    system = "system"


_PROVES = {EvidenceKind.photo, EvidenceKind.scan, EvidenceKind.chat, EvidenceKind.track}


class Breach(StrEnum):
    """How a record turned out not to be what was written."""

    missing = "missing"
    unlinked = "unlinked"
    changed = "changed"
    truncated = "truncated"
    head_differs = "head_differs"
    kept_head_differs = "kept_head_differs"
    file_missing = "file_missing"
    file_changed = "file_changed"


@dataclass(frozen=True)
class Attachment:
    """A file somebody uploaded.  ``sha256`` is its key in the store; ``name`` is safe to show and to save under."""

    sha256: str
    size: int
    media_type: str
    width: int | None
    height: int | None
    name: str
    uploaded_by: str
    uploaded_at: datetime


@dataclass(frozen=True)
class NewEvidence:
    """What somebody hands in: words, a file, or a document as it stood (no floats in it), at least one of them."""

    kind: EvidenceKind
    text: str = ""
    attachment: Attachment | None = None
    snapshot: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.attachment or self.snapshot)


@dataclass(frozen=True)
class EvidenceItem:
    """One piece of evidence of a ticket.

    ``seq`` counts from 1 without gaps.  ``hash`` covers every other field, ``previous_hash`` the item before.
    ``by`` and ``unit`` are those of the `Actor`; ``attachment`` is the SHA-256 of a file.
    """

    ticket_no: str
    seq: int
    kind: EvidenceKind
    text: str
    attachment: str | None
    media_type: str | None
    file_name: str | None
    snapshot: Mapping[str, Any]
    by: str
    unit: str | None
    at: datetime
    turn: str | None
    previous_hash: str
    hash: str

    @property
    def proves(self) -> bool:
        """Whether a node may rest its case on it; words do not count, whatever they are called."""
        return self.kind in _PROVES and bool(self.attachment or self.snapshot)


@dataclass(frozen=True)
class Head:
    """How far the record of a ticket goes: so many items, the last of them with this hash."""

    ticket_no: str
    items: int
    hash: str


@dataclass(frozen=True)
class Broken:
    """The first thing wrong in a record: at which item (the last one plus one when the end is gone), and how."""

    seq: int
    breach: Breach
    file: str | None = None


@dataclass(frozen=True)
class Verified:
    """What became of checking one ticket; ``broken`` is None when every hash and every file is as it was."""

    ticket_no: str
    items: int
    broken: Broken | None

    @property
    def is_empty(self) -> bool:
        """Whether nothing was ever handed in, as far as anybody knows."""
        return self.items == 0 and self.broken is None
