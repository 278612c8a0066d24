"""Four digits are guessed in ten thousand tries: whoever tries many tails for one number is stopped long before."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from bot.clock import Clock
from bot.errors import PhoneTailRequiredError, TooManyGuessesError
from connectors.tracking.track import TrackKey


class TailGuesses:
    """Different wrong tails for one waybill number, tried by anybody within the window.  Kept in memory.

    Parameters
    ----------
    limit: so many wrong tails, then no tail is tried any more, not even the right one.
    most: numbers to keep count of; the one tried longest ago is forgotten first.
    """

    def __init__(
        self, clock: Clock, *, limit: int = 5, window: timedelta = timedelta(hours=1), most: int = 10_000
    ) -> None:
        self._clock = clock
        self._limit = limit
        self._window = window
        self._most = most
        self._tried: OrderedDict[str, dict[str, datetime]] = OrderedDict()

    @contextmanager
    def counting(self, key: TrackKey) -> Iterator[None]:
        """Around one try.  Raises `TooManyGuessesError` instead of letting it happen.

        A tail counts as wrong from the start and is taken back when it was right, so that many tries at the same time
        do not slip past the limit.
        """
        tails = self._recent(key.waybill_no)
        was_wrong = key.phone_tail in tails
        if len(tails) >= self._limit:
            raise TooManyGuessesError(f"too many phone tails tried for waybill {key.waybill_no}")
        tails[key.phone_tail] = self._clock()
        try:
            yield
        except PhoneTailRequiredError:
            raise
        except BaseException:
            if not was_wrong:
                tails.pop(key.phone_tail, None)
            raise
        tails.pop(key.phone_tail, None)

    def _recent(self, waybill_no: str) -> dict[str, datetime]:
        since = self._clock() - self._window
        tails = self._tried.setdefault(waybill_no, {})
        self._tried.move_to_end(waybill_no)
        for tail in [tail for tail, at in tails.items() if at <= since]:
            del tails[tail]
        while len(self._tried) > self._most:
            self._tried.popitem(last=False)
        return tails
