"""What the webhook API takes and answers."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.outbox.delivering import Answer
from bot.outbox.kinds import KINDS
from bot.outbox.model import DeliveryState, WebhookDelivery, WebhookSubscription
from bot.outbox.webhooks import Told

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class NewSubscription(_View):
    """``kinds``: kinds of events, ``ticket.*`` for all of a family, ``*`` for all."""

    url: str
    kinds: list[str]
    description: Line = ""


class Deactivation(_View):
    why: Line = ""


class SubscriptionView(_View):
    """A subscription; its secret is shown once, when it is made."""

    id: UUID
    url: str
    kinds: list[str]
    description: str
    is_active: bool
    created_by: str
    created_at: datetime
    deactivated_by: str | None
    deactivated_at: datetime | None
    deactivated_why: str | None

    @classmethod
    def of(cls, subscription: WebhookSubscription) -> "SubscriptionView":
        return cls.model_validate(subscription, from_attributes=True)


class NewSubscriptionView(SubscriptionView):
    secret: str


class DeliveryView(_View):
    """One event for one subscription, and how far it got."""

    id: UUID
    event_id: UUID
    subscription_id: UUID
    kind: str
    subject: str
    state: DeliveryState
    attempts: int
    last_status: int | None
    last_error: str | None
    last_at: datetime | None
    next_at: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, told: Told) -> "DeliveryView":
        fields = {name: getattr(told.delivery, name) for name in cls.model_fields if name not in ("kind", "subject")}
        return cls(kind=told.kind, subject=told.subject, **fields)


class ResentView(_View):
    id: UUID
    state: DeliveryState
    next_at: datetime | None

    @classmethod
    def of(cls, delivery: WebhookDelivery) -> "ResentView":
        return cls.model_validate(delivery, from_attributes=True)


class PingView(_View):
    """``ok`` when the receiver answered 2xx; otherwise ``status`` or ``error`` says what happened."""

    ok: bool
    status: int | None
    error: str | None

    @classmethod
    def of(cls, answer: Answer) -> "PingView":
        ok = answer.status is not None and 200 <= answer.status < 300
        return cls(ok=ok, status=answer.status, error=answer.error)


class KindView(_View):
    """A kind of event with the JSON schema of its ``data``."""

    kind: str
    about: str
    json_schema: dict[str, Any]


def kind_views() -> list[KindView]:
    return [
        KindView(kind=kind, about=model.__doc__ or "", json_schema=model.model_json_schema())
        for kind, model in KINDS.items()
    ]
