"""What administrators do with webhooks: subscribe, look at deliveries, send again."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select

from bot.clock import Clock
from bot.db import Database
from bot.errors import NotFoundError, RefusedError
from bot.jobs import defer_many
from bot.outbox.delivering import Answer, post_event
from bot.outbox.emitting import uuid7
from bot.outbox.kinds import is_pattern
from bot.outbox.model import DeliveryState, Event, OutgoingEvent, WebhookDelivery, WebhookSubscription
from bot.outbox.relaying import delivery_job
from bot.outbox.sending import WebhookSender
from bot.outbox.signing import new_secret

KEPT_FOR = timedelta(days=90)
PING = "ping"


@dataclass(frozen=True)
class Told:
    """A delivery with the event it brings."""

    delivery: WebhookDelivery
    kind: str
    subject: str


class WebhookService:
    """The one door to subscriptions and deliveries."""

    def __init__(self, database: Database, clock: Clock, sender: WebhookSender) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender

    async def subscribe(self, url: str, kinds: Sequence[str], description: str, *, by: str) -> WebhookSubscription:
        """A new subscription, with a new secret.  Raises `WebhookAddressError`, `RefusedError` for unknown kinds."""
        unknown = [kind for kind in kinds if not is_pattern(kind)]
        if unknown or not kinds:
            raise RefusedError(f"没有这样的事件：{'、'.join(unknown) or '（未选择）'}")
        await self._sender.check(url)
        async with self._database.transaction() as session:
            subscription = WebhookSubscription(
                id=uuid4(),
                url=url,
                secret=new_secret(),
                kinds=sorted(set(kinds)),
                description=description,
                is_active=True,
                created_by=by,
                created_at=self._clock(),
            )
            session.add(subscription)
        return subscription

    async def subscriptions(self) -> list[WebhookSubscription]:
        """All of them, newest first."""
        query = select(WebhookSubscription).order_by(WebhookSubscription.created_at.desc(), WebhookSubscription.id)
        async with self._database.transaction() as session:
            return list((await session.scalars(query)).all())

    async def deactivate(self, subscription_id: UUID, why: str, *, by: str) -> WebhookSubscription:
        """Raises `NotFoundError`, `IllegalMoveError` when it is inactive already."""
        async with self._database.transaction() as session:
            subscription = await session.get(WebhookSubscription, subscription_id, with_for_update=True)
            if subscription is None:
                raise NotFoundError("没有这个推送订阅")
            subscription.deactivate(by=by, why=why, at=self._clock())
        return subscription

    async def ping(self, subscription_id: UUID) -> Answer:
        """Send a signed event of the kind ``ping`` at once and say what was answered; it is sent once and not kept."""
        async with self._database.transaction() as session:
            subscription = await session.get(WebhookSubscription, subscription_id)
        if subscription is None:
            raise NotFoundError("没有这个推送订阅")
        now = self._clock()
        event = Event(uuid7(now), PING, str(subscription_id), {}, now)
        return await post_event(self._sender, subscription.url, subscription.secret, event, uuid4(), now)

    async def deliveries(
        self,
        *,
        state: DeliveryState | None = None,
        subscription_id: UUID | None = None,
        before: datetime | None = None,
        limit: int = 100,
    ) -> list[Told]:
        """Newest first; ``before`` goes on where a page ended."""
        query = (
            select(WebhookDelivery, OutgoingEvent.kind, OutgoingEvent.subject)
            .join(OutgoingEvent, OutgoingEvent.id == WebhookDelivery.event_id)
            .order_by(WebhookDelivery.created_at.desc(), WebhookDelivery.id)
            .limit(limit)
        )
        if state is not None:
            query = query.where(WebhookDelivery.state == state.value)
        if subscription_id is not None:
            query = query.where(WebhookDelivery.subscription_id == subscription_id)
        if before is not None:
            query = query.where(WebhookDelivery.created_at < before)
        async with self._database.transaction() as session:
            return [Told(*row) for row in (await session.execute(query))]

    async def resend(self, delivery_id: UUID) -> WebhookDelivery:
        """All attempts anew.  Raises `NotFoundError`; `RefusedError` while it waits or its subscription is inactive."""
        async with self._database.transaction() as session:
            delivery = await session.get(WebhookDelivery, delivery_id, with_for_update=True)
            if delivery is None:
                raise NotFoundError("没有这条推送")
            if not (await session.get_one(WebhookSubscription, delivery.subscription_id)).is_active:
                raise RefusedError("推送订阅已停用，不能重发")
            delivery.resend(at=self._clock())
            event = await session.get_one(OutgoingEvent, delivery.event_id)
            await defer_many(session, [delivery_job(delivery, event.subject)])
        return delivery

    async def forget(self, now: datetime) -> None:
        """Delete events of long ago with their deliveries, but none that a receiver still waits for."""
        waiting = exists().where(
            WebhookDelivery.event_id == OutgoingEvent.id, WebhookDelivery.state == DeliveryState.waiting.value
        )
        async with self._database.transaction() as session:
            await session.execute(delete(OutgoingEvent).where(OutgoingEvent.at < now - KEPT_FOR, ~waiting))
