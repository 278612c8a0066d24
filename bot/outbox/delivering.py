"""Bringing one event to one receiver, as often as it takes."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from bot.clock import Clock
from bot.db import Database
from bot.errors import WebhookAddressError, WebhookUnreachableError
from bot.jobs import Jobs, RunAgain
from bot.jobs.retries import Backoff
from bot.outbox.model import GONE, DeliveryState, Event, OutgoingEvent, WebhookDelivery, WebhookSubscription
from bot.outbox.relaying import DELIVER, WEBHOOK_LANE
from bot.outbox.sending import WebhookSender
from bot.outbox.signing import sign

AT_ONCE = 8
_LATER = timedelta(seconds=15)
_UNEXPECTED = Backoff(attempts=100)
_GONE_WHY = "接收方回答 410 Gone"
_INACTIVE_WHY = "订阅已停用"


@dataclass(frozen=True)
class Answer:
    """What a receiver said: an HTTP status, or why there is none."""

    status: int | None
    error: str | None = None


@dataclass(frozen=True)
class _Letter:
    """All that one attempt needs, so that no transaction is open while a receiver thinks."""

    delivery_id: UUID
    subscription_id: UUID
    url: str
    secret: str
    event: Event


class Deliverer:
    """The job that brings a delivery to its receiver.

    An attempt that fails puts the job back with its place in the order kept: later events of the same subject for the
    same subscription wait until this one is delivered or dead, everything else goes on.  A process killed between the
    POST and the note of it repeats the POST, with the same event and delivery id.

    Parameters
    ----------
    sender: who calls receivers.  At most ``AT_ONCE`` calls to one subscription are open, so that a slow receiver
        leaves room for the others.
    """

    def __init__(self, database: Database, clock: Clock, jobs: Jobs, sender: WebhookSender) -> None:
        self._database = database
        self._clock = clock
        self._sender = sender
        self._open: Counter[UUID] = Counter()
        jobs.task(DELIVER, self.deliver, lane=WEBHOOK_LANE, retries=_UNEXPECTED)

    async def deliver(self, delivery_id: str) -> None:
        """One attempt.  Raises `RunAgain` for the next one."""
        letter = await self._letter(UUID(delivery_id))
        if letter is None:
            return
        if self._open[letter.subscription_id] >= AT_ONCE:
            raise RunAgain(self._clock() + _LATER)
        self._open[letter.subscription_id] += 1
        try:
            answer = await post_event(
                self._sender, letter.url, letter.secret, letter.event, letter.delivery_id, self._clock()
            )
        finally:
            self._open[letter.subscription_id] -= 1
        next_at = await self._record(letter.delivery_id, answer)
        if next_at is not None:
            raise RunAgain(next_at)

    async def _letter(self, delivery_id: UUID) -> _Letter | None:
        """None when nothing is to be sent any more."""
        async with self._database.transaction() as session:
            delivery = await session.get(WebhookDelivery, delivery_id, with_for_update=True)
            if delivery is None or delivery.state != DeliveryState.waiting:
                return None
            subscription = await session.get_one(WebhookSubscription, delivery.subscription_id)
            if not subscription.is_active:
                delivery.give_up(_INACTIVE_WHY, at=self._clock())
                return None
            event = await session.get_one(OutgoingEvent, delivery.event_id)
            return _Letter(delivery.id, subscription.id, subscription.url, subscription.secret, event.event())

    async def _record(self, delivery_id: UUID, answer: Answer) -> datetime | None:
        """Note what came of the attempt; when the next one is due, or None."""
        now = self._clock()
        async with self._database.transaction() as session:
            delivery = await session.get_one(WebhookDelivery, delivery_id, with_for_update=True)
            if delivery.state != DeliveryState.waiting:
                return None
            if answer.status is None:
                delivery.not_answered(answer.error or "", at=now)
            else:
                delivery.answered(answer.status, at=now)
            if answer.status == GONE:
                subscription = await session.get_one(
                    WebhookSubscription, delivery.subscription_id, with_for_update=True
                )
                if subscription.is_active:
                    subscription.deactivate(by="system", why=_GONE_WHY, at=now)
            return delivery.next_at


async def post_event(
    sender: WebhookSender, url: str, secret: str, event: Event, delivery_id: UUID, now: datetime
) -> Answer:
    """One signed POST, and what was answered."""
    body = json.dumps(event.document(), ensure_ascii=False, separators=(",", ":")).encode()
    headers = {
        "X-Kuaida-Event": event.kind,
        "X-Kuaida-Delivery": str(delivery_id),
        "X-Kuaida-Signature": sign(secret, body, at=now),
    }
    try:
        return Answer(await sender.post(url, body, headers))
    except (WebhookAddressError, WebhookUnreachableError) as error:
        return Answer(None, str(error))
