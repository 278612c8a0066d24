"""What the API says of notices and consents."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from bot.customers.schemas import mask_name_of
from bot.notices.catalogue import Kind, catalogue
from bot.notices.model import Consent, NoticeEnd, NoticeRow, NoticeState


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


class KindView(_View):
    """A kind that customers can be told."""

    name: str
    title: str
    text: str
    urgent: bool

    @classmethod
    def of(cls, name: str, kind: Kind) -> "KindView":
        return cls(name=name, title=kind.title, text=kind.text, urgent=kind.urgent)


class NoticeView(_View):
    """A notice and what became of it; the recipient is masked."""

    id: UUID
    customer_id: UUID
    kind: str
    title: str
    subject: str
    text: str
    state: NoticeState
    channel: str | None
    recipient: str | None
    tried: tuple[str, ...]
    why: NoticeEnd | None
    happened_at: datetime
    due_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    delivery_id: UUID | None

    @classmethod
    def of(cls, row: NoticeRow) -> "NoticeView":
        kind = catalogue().kind(row.kind)
        plain = ("id", "customer_id", "kind", "subject", "channel", "happened_at", "due_at", "expires_at", "ended_at")
        return cls(
            **{name: getattr(row, name) for name in plain},
            title=kind.title,
            text=kind.written(row.values),
            state=NoticeState(row.state),
            recipient=mask_name_of(row.channel or "", row.recipient) if row.recipient else None,
            tried=tuple(row.tried),
            why=NoticeEnd(row.why) if row.why else None,
            delivery_id=row.told_as,
        )


class ConsentView(_View):
    """One thing a customer said about being told; the newest of a kind, channel and subject counts."""

    kind: str
    channel: str
    subject: str
    agreed: bool
    how: str
    by: str
    at: datetime

    @classmethod
    def of(cls, row: Consent) -> "ConsentView":
        return cls(**{name: getattr(row, name) for name in cls.model_fields})
