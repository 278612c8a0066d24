"""When a job that failed is tried again."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job


class RunAgain(Exception):  # noqa: N818  (not an error: the task asks for another run)
    """Raised by a task that wants to be run again, not before ``at``.  Such a run is no failure and is never the last.

    The job keeps its place: jobs of the same lock go on waiting behind it.
    """

    def __init__(self, at: datetime) -> None:
        super().__init__(f"again at {at.isoformat()}")
        self.at = at


@dataclass(frozen=True)
class Backoff(BaseRetryStrategy):
    """Wait longer after every failure, and give up in the end.

    Parameters
    ----------
    attempts: runs in all; the last failure leaves the job as failed.
    first: the wait after the first failure; each further one is ``factor`` times as long.
    longest: no wait is longer than this.
    """

    attempts: int = 8
    first: timedelta = timedelta(seconds=4)
    factor: int = 4
    longest: timedelta = timedelta(hours=1)

    def wait(self, failures: int) -> timedelta:
        """How long to wait after so many failures, 1 being the first."""
        seconds = self.first.total_seconds() * float(self.factor) ** min(failures - 1, 64)
        return min(timedelta(seconds=min(seconds, 1e9)), self.longest)

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """procrastinate counts from 0 the runs that came before.

        A run cut short by a shutdown is no failure.  A job with a queueing lock is not tried again: another may wait
        already, and two cannot; who defers such jobs does so again anyway.
        """
        if isinstance(exception, asyncio.CancelledError):
            return RetryDecision(retry_in={"seconds": 0})
        if job.queueing_lock is not None:
            return None
        if isinstance(exception, RunAgain):
            return RetryDecision(retry_at=exception.at)
        failures = job.attempts + 1
        if failures >= self.attempts:
            return None
        return RetryDecision(retry_in={"seconds": int(self.wait(failures).total_seconds())})
