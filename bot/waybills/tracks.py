"""The scans of many waybills, as little of each as their facts need."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.waybills.facts import Scan
from bot.waybills.model import CheckpointKind

_KINDS = {kind.value: kind for kind in CheckpointKind}


@dataclass(frozen=True)
class Track:
    """What was scanned, in any order, and what scans told of courier, pickup place and signer."""

    scans: list[Scan] = field(default_factory=list)
    words: list[tuple[Scan, dict[str, str]]] = field(default_factory=list)

    def told(self) -> dict[str, str]:
        """What the later scan told stands, whichever came first."""
        found: dict[str, str] = {}
        for _, words in sorted(self.words, key=lambda told: told[0]):
            found |= words
        return found


async def tracks_of(session: AsyncSession, numbers: Sequence[str], *, since: datetime) -> list[Track]:
    """The track of each of these waybills, of which nothing was scanned before ``since``.

    All columns stand in the index of the primary key, so that no page of the table is read for it.
    """
    values = {"numbers": list(numbers), "since": since}
    columns = (await session.execute(_TRACKS, values)).one()
    tracks = {number: Track() for number in numbers}
    for number, at, kind, code, told in zip(*(column or [] for column in columns), strict=True):
        scan = Scan(at, _KINDS[kind], code)
        track = tracks[number]
        track.scans.append(scan)
        if told:
            track.words.append((scan, told))
    return list(tracks.values())


_TRACKS = text(
    "SELECT array_agg(waybill_no), array_agg(at), array_agg(kind), array_agg(outlet_code), array_agg(told) "
    "FROM checkpoints WHERE waybill_no = ANY(:numbers) AND at >= :since"
)
