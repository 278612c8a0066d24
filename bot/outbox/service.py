"""The outbox as one piece, for the composition root."""

from bot.clock import Clock
from bot.db import Database
from bot.jobs import Jobs
from bot.outbox.delivering import Deliverer
from bot.outbox.relaying import Relay, Subscribers
from bot.outbox.sending import WebhookSender
from bot.outbox.webhooks import WebhookService

_FORGET_AT = "47 18 * * *"


class Outbox:
    """Registers the jobs of the outbox; ``subscribers`` and ``webhooks`` are its two doors.

    `emit` needs none of this: what it writes waits for a process that has it.
    """

    def __init__(self, database: Database, clock: Clock, jobs: Jobs, sender: WebhookSender) -> None:
        self.subscribers = Subscribers(database, jobs)
        self.webhooks = WebhookService(database, clock, sender)
        self.relay = Relay(database, clock, jobs, self.subscribers)
        self.deliverer = Deliverer(database, clock, jobs, sender)
        jobs.periodic("outbox.forget", _FORGET_AT, self.webhooks.forget)
