"""SF as a `WaybillSource`."""

from datetime import timedelta

from bot.clock import Clock
from connectors.tracking.guesses import TailGuesses
from connectors.tracking.memory import InMemoryTrackCache, RememberingTracker, TrackCache
from connectors.tracking.sf.client import SfClient
from connectors.tracking.source import TrackerSource

PAUSE = timedelta(minutes=2)
"""SF limits the rate of an account, not of a number; this only spares it the impatient."""


class SfSource(TrackerSource):
    """SF's own waybills.  Parameters as those of `Kuaidi100Source`."""

    def __init__(
        self,
        client: SfClient,
        clock: Clock,
        *,
        cache: TrackCache | None = None,
        guesses: TailGuesses | None = None,
    ) -> None:
        memory = RememberingTracker(client, cache or InMemoryTrackCache(), clock, pause=PAUSE)
        super().__init__(memory, guesses or TailGuesses(clock), carriers={"shunfeng"})
