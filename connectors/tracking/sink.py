"""Where pushed tracks go: the port, and the working in-memory adapter."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Protocol

from bot.waybills.model import Checkpoint


class TrackingEnd(StrEnum):
    """Why no more pushes come for a waybill."""

    signed = "signed"
    no_record = "no_record"
    no_change = "no_change"
    aborted = "aborted"


class TrackSink(Protocol):
    """Takes what a tracking service pushes about waybills of other carriers.

    The same push may come several times and an old one after a newer one (a service repeats what was not acknowledged,
    half an hour later).  Every method is therefore idempotent, and each is one transaction: when it returns, what it
    was told is stored, for only then the push is acknowledged; when it raises, the push is repeated.

    ``waybill_no`` is as the carrier writes it, ``carrier`` Kuaidi100's code; together they are the key, since two
    carriers may use one number.  Whoever reads a stored track again must ask for the phone tail where
    `connectors.tracking.carriers.needs_phone_tail` says so.
    """

    async def replace_track(
        self, waybill_no: str, carrier: str, checkpoints: Sequence[Checkpoint], *, rewritten: bool = False
    ) -> None:
        """This is the whole track now, oldest first, never empty: what was stored before goes.

        A track whose newest scan is older than the newest one stored is a late repetition and changes nothing, unless
        it is ``rewritten``: then the service has corrected the past and is right.  Foreign scans have no outlet, so
        two of one moment may differ in their text only; both are kept.
        """
        ...

    async def add_scans(self, waybill_no: str, carrier: str, checkpoints: Sequence[Checkpoint]) -> None:
        """These are scans of the track, perhaps known already, in whatever order: what is known stays.

        For services that push scan by scan.
        """
        ...

    async def correct_carrier(self, waybill_no: str, wrong: str, right: str) -> None:
        """The number is not ``wrong``'s but ``right``'s: what is stored under ``wrong`` goes, pushes go on under
        ``right`` by themselves.  The end of nothing."""
        ...

    async def end_tracking(self, waybill_no: str, carrier: str, why: TrackingEnd) -> None:
        """No more pushes come.  Unless it is signed for, a new subscription is allowed after 30 minutes.

        The first reason stays, unless a later one says that it is signed for.
        """
        ...


class InMemoryTrackSink:
    """Tracks in dictionaries, for tests and trials."""

    def __init__(self) -> None:
        self.tracks: dict[tuple[str, str], tuple[Checkpoint, ...]] = {}
        self.corrected: dict[tuple[str, str], str] = {}
        self.ended: dict[tuple[str, str], TrackingEnd] = {}

    async def replace_track(
        self, waybill_no: str, carrier: str, checkpoints: Sequence[Checkpoint], *, rewritten: bool = False
    ) -> None:
        stored = self.tracks.get((waybill_no, carrier), ())
        if not rewritten and is_late_repetition(checkpoints, stored):
            return
        self.tracks[waybill_no, carrier] = tuple(checkpoints)

    async def add_scans(self, waybill_no: str, carrier: str, checkpoints: Sequence[Checkpoint]) -> None:
        self.tracks[waybill_no, carrier] = merged(self.tracks.get((waybill_no, carrier), ()), checkpoints)

    async def correct_carrier(self, waybill_no: str, wrong: str, right: str) -> None:
        self.tracks.pop((waybill_no, wrong), None)
        self.corrected[waybill_no, wrong] = right

    async def end_tracking(self, waybill_no: str, carrier: str, why: TrackingEnd) -> None:
        if why is TrackingEnd.signed or (waybill_no, carrier) not in self.ended:
            self.ended[waybill_no, carrier] = why


def is_late_repetition(checkpoints: Sequence[Checkpoint], stored: Sequence[Checkpoint]) -> bool:
    """Whether a whole track, oldest scan first, ends earlier than the one that is stored."""
    return bool(stored) and checkpoints[-1].at < stored[-1].at


def merged(stored: Sequence[Checkpoint], new: Sequence[Checkpoint]) -> tuple[Checkpoint, ...]:
    """Both together, oldest first, each scan once: of the same moment, with the same words."""
    known = {(scan.at, scan.text): scan for scan in (*stored, *new)}
    return tuple(sorted(known.values(), key=lambda scan: (scan.at, scan.text)))
