"""Background jobs in PostgreSQL, run by procrastinate inside the platform process."""

from bot.jobs.deferring import NewJob, defer, defer_many
from bot.jobs.retries import RunAgain
from bot.jobs.service import Jobs

__all__ = ["Jobs", "NewJob", "RunAgain", "defer", "defer_many"]
