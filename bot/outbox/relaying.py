"""Giving an event to everybody who wants it: other packages of this house, and subscriptions of other systems."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import SetupError
from bot.jobs import Jobs, NewJob, defer_many
from bot.outbox.emitting import LANE, RELAY
from bot.outbox.kinds import is_pattern, wants
from bot.outbox.model import DeliveryState, Event, OutgoingEvent, WebhookDelivery, WebhookSubscription

DELIVER = "outbox.deliver"
WEBHOOK_LANE = "webhooks"

Handler = Callable[[Event], Awaitable[None]]


@dataclass(frozen=True)
class _Subscriber:
    pattern: str
    task: str


class Subscribers:
    """Other packages of this house that hear of events: after the change is kept, at least once, in order per subject.

    A handler that fails is tried again (`Jobs.task`); until it succeeds or is given up, later events of the same
    subject wait for it, those of other subjects do not.
    """

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs
        self._all: list[_Subscriber] = []

    def on(self, kind: str, handler: Handler, *, name: str | None = None) -> None:
        """Call the handler for every event of a kind (``ticket.closed``, ``ticket.*``, ``*``); before `Jobs.start`.

        ``name`` has to stay the same from one release to the next, for jobs bear it; without one it is the handler's.
        Raises `SetupError` for a kind that there is not, or a handler registered twice.
        """
        if not is_pattern(kind):
            raise SetupError(f"{kind} is no kind of event")
        task = f"on:{kind}:{name or f'{handler.__module__}.{handler.__qualname__}'}"

        async def run(event_id: str) -> None:
            await self._tell(handler, UUID(event_id))

        self._jobs.task(task, run, lane=LANE)
        self._all.append(_Subscriber(kind, task))

    def jobs_for(self, event: OutgoingEvent) -> list[NewJob]:
        """One job for each handler that wants this event."""
        return [
            NewJob(each.task, {"event_id": str(event.id)}, lock=f"{each.task}:{event.subject}", lane=LANE)
            for each in self._all
            if wants(each.pattern, event.kind)
        ]

    async def _tell(self, handler: Handler, event_id: UUID) -> None:
        async with self._database.transaction() as session:
            row = await session.get(OutgoingEvent, event_id)
        if row is not None:
            await handler(row.event())


class Relay:
    """The job that follows every event: it makes one delivery for each subscription, one job for each handler."""

    def __init__(self, database: Database, clock: Clock, jobs: Jobs, subscribers: Subscribers) -> None:
        self._database = database
        self._clock = clock
        self._subscribers = subscribers
        jobs.task(RELAY, self.relay, lane=LANE)

    async def relay(self, event_id: str) -> None:
        """Once for every event, however often it is run."""
        async with self._database.transaction() as session:
            event = await session.get(OutgoingEvent, UUID(event_id), with_for_update=True)
            if event is None or event.relayed_at is not None:
                return
            event.relayed_at = self._clock()
            deliveries = await self._deliveries(session, event)
            await defer_many(session, self._subscribers.jobs_for(event) + deliveries)

    async def _deliveries(self, session: AsyncSession, event: OutgoingEvent) -> list[NewJob]:
        active = await session.scalars(select(WebhookSubscription).where(WebhookSubscription.is_active))
        jobs, now = [], self._clock()
        for subscription in active:
            if subscription.wants(event.kind):
                delivery = WebhookDelivery(
                    id=uuid4(),
                    event_id=event.id,
                    subscription_id=subscription.id,
                    state=DeliveryState.waiting.value,
                    attempts=0,
                    next_at=now,
                    created_at=now,
                )
                session.add(delivery)
                jobs.append(delivery_job(delivery, event.subject))
        return jobs


def delivery_job(delivery: WebhookDelivery, subject: str) -> NewJob:
    """Deliveries of one subject to one subscription go out one after the other."""
    lock = f"{DELIVER}:{delivery.subscription_id}:{subject}"
    return NewJob(DELIVER, {"delivery_id": str(delivery.id)}, lock=lock, lane=WEBHOOK_LANE)
