"""The seal of an item: what its hash covers, and the first place where a record breaks."""

from collections.abc import Iterable, Sequence

from bot.evidence.canonical import GENESIS, digest, moment
from bot.evidence.model import Breach, Broken, EvidenceItem, EvidenceKind, Head
from bot.evidence.tables import EvidenceItemRow

VERSION = 1
"""Of what is hashed.  Another set of fields takes another number, and items of the old one keep theirs."""


def seal(row: EvidenceItemRow) -> str:
    """The SHA-256 of every column of the row but ``hash`` itself, in canonical form."""
    return digest(
        {
            "v": VERSION,
            "ticket_no": row.ticket_no,
            "seq": row.seq,
            "kind": row.kind,
            "text": row.text,
            "attachment": row.attachment,
            "media_type": row.media_type,
            "file_name": row.file_name,
            "snapshot": row.snapshot,
            "by": row.by,
            "unit": row.unit,
            "at": moment(row.at),
            "turn": row.turn,
            "previous_hash": row.previous_hash,
        }
    )


def grouped(sha256: str) -> str:
    """In eights, with hyphens.  One hash in a few hundred holds eleven digits that read like a phone number, and
    nothing that does so leaves the house.
    """
    return "-".join(sha256[at : at + 8] for at in range(0, len(sha256), 8))


def first_broken(rows: Iterable[EvidenceItemRow], head: Head | None, kept: Head | None = None) -> Broken | None:
    """What is wrong with a record, leaving its files aside; None when nothing is.

    Parameters
    ----------
    rows: every item of one ticket, by ``seq``.
    head: as the table of heads has it.
    kept: as somebody wrote it down earlier; the record must still go through it.
    """
    previous, count = GENESIS, 0
    for count, row in enumerate(rows, start=1):
        breach = _breach(row, count, previous)
        if breach is not None:
            return Broken(count, breach)
        if kept is not None and kept.items == count and kept.hash != row.hash:
            return Broken(count, Breach.kept_head_differs)
        previous = row.hash
    return _broken_end(count, previous, head, kept)


def items_from(rows: Sequence[EvidenceItemRow]) -> list[EvidenceItem]:
    return [item_from(row) for row in rows]


def item_from(row: EvidenceItemRow) -> EvidenceItem:
    return EvidenceItem(
        ticket_no=row.ticket_no,
        seq=row.seq,
        kind=EvidenceKind(row.kind),
        text=row.text,
        attachment=row.attachment,
        media_type=row.media_type,
        file_name=row.file_name,
        snapshot=row.snapshot,
        by=row.by,
        unit=row.unit,
        at=row.at,
        turn=row.turn,
        previous_hash=row.previous_hash,
        hash=row.hash,
    )


def _breach(row: EvidenceItemRow, seq: int, previous: str) -> Breach | None:
    if row.seq != seq:
        return Breach.missing
    if row.previous_hash != previous:
        return Breach.unlinked
    return None if _seal_or_none(row) == row.hash else Breach.changed


def _seal_or_none(row: EvidenceItemRow) -> str | None:
    """None for a row that nobody could have sealed, such as one with a fraction in its snapshot."""
    try:
        return seal(row)
    except (TypeError, ValueError):
        return None


def _broken_end(count: int, last: str, head: Head | None, kept: Head | None) -> Broken | None:
    if max(head.items if head else 0, kept.items if kept else 0) > count:
        return Broken(count + 1, Breach.truncated)
    if (head.items, head.hash) != (count, last) if head else count > 0:
        return Broken(count, Breach.head_differs)
    return None
