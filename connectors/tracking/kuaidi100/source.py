"""Kuaidi100 as a `WaybillSource`."""

from datetime import timedelta

from bot.clock import Clock
from connectors.tracking.guesses import TailGuesses
from connectors.tracking.kuaidi100.client import Kuaidi100Client
from connectors.tracking.memory import InMemoryTrackCache, RememberingTracker, TrackCache
from connectors.tracking.source import TrackerSource

PAUSE = timedelta(minutes=30)
"""Kuaidi100 locks a number that is asked for more often."""


class Kuaidi100Source(TrackerSource):
    """Any carrier's waybills, asked for at most once in half an hour.

    Parameters
    ----------
    cache: a store shared by several processes; in memory by default.
    guesses: to be shared with other sources; its own by default.
    """

    def __init__(
        self,
        client: Kuaidi100Client,
        clock: Clock,
        *,
        cache: TrackCache | None = None,
        guesses: TailGuesses | None = None,
    ) -> None:
        memory = RememberingTracker(client, cache or InMemoryTrackCache(), clock, pause=PAUSE)
        super().__init__(memory, guesses or TailGuesses(clock))
