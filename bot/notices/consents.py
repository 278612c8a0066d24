"""What customers agreed to be told, and where; nothing that they did not agree to."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from bot.customers.model import PHONE, Identity
from bot.notices.model import ALL, Consent, WaybillWatch

ANY = "*"
"""Of a refusal: every kind, or every channel."""


@dataclass(frozen=True)
class Said:
    """What a customer says about being told.

    Parameters
    ----------
    kinds, channels: which; `ANY` for every one.
    subject: a waybill's or ticket's number, `ALL` for all of them.
    how: ``button``, ``words``, ``agent``, ``web``, ``api``; ``by`` is who wrote it down.
    """

    customer_id: UUID
    agreed: bool
    kinds: Sequence[str]
    channels: Sequence[str]
    at: datetime
    subject: str = ALL
    how: str = "button"
    by: str = "bot"
    conversation_id: UUID | None = None


@dataclass(frozen=True)
class Consents:
    """Everything one customer said, oldest first."""

    rows: Sequence[Consent]

    def allow(self, kind: str, channel: str, subject: str) -> bool:
        """Whether the newest of what was said about this agrees."""
        channel = channel.partition(":")[0]
        for row in reversed(self.rows):
            if row.kind in (kind, ANY) and row.channel in (channel, ANY) and row.subject in (subject, ALL):
                return row.agreed
        return False

    def subject_is_declined(self, kinds: Iterable[str], channels: Collection[str], subject: str) -> bool:
        """Whether nothing of this is agreed to, though something was said about this very subject or all."""
        said = any(row.subject in (subject, ALL) for row in self.rows)
        return said and not any(self.allow(kind, channel, subject) for kind in kinds for channel in channels)

    @property
    def any_on(self) -> bool:
        """Whether anything at all may be told."""
        return any(row.agreed and self.allow(row.kind, row.channel, row.subject) for row in self.rows)


async def consents_of(session: AsyncSession, customer_id: UUID) -> Consents:
    query = select(Consent).where(Consent.customer_id == customer_id).order_by(Consent.at, Consent.id)
    return Consents((await session.scalars(query)).all())


async def keep(session: AsyncSession, said: Said) -> None:
    """Write it down, one row for each kind and channel, with when and how."""
    rows = [
        {
            "customer_id": said.customer_id,
            "kind": kind,
            "channel": channel.partition(":")[0],
            "subject": said.subject,
            "agreed": said.agreed,
            "how": said.how,
            "by": said.by,
            "conversation_id": said.conversation_id,
            "at": said.at,
        }
        for kind in said.kinds
        for channel in said.channels
    ]
    await session.execute(insert(Consent).values(rows))


async def watch(
    session: AsyncSession,
    customer_id: UUID,
    waybill_nos: Iterable[str],
    *,
    at: datetime,
    conversation_id: UUID | None = None,
) -> None:
    """From now on scans of these waybills are this customer's business."""
    rows = [
        {"waybill_no": number, "customer_id": customer_id, "conversation_id": conversation_id, "at": at}
        for number in sorted(set(waybill_nos))
    ]
    if rows:
        await session.execute(insert(WaybillWatch).values(rows).on_conflict_do_nothing())


async def watchers(session: AsyncSession, waybill_nos: Collection[str]) -> Sequence[tuple[str, UUID]]:
    """Waybill and customer, for those of these waybills that anybody watches: what every scan pays for."""
    if not waybill_nos:
        return []
    query = select(WaybillWatch.waybill_no, WaybillWatch.customer_id)
    rows = await session.execute(query.where(WaybillWatch.waybill_no.in_(waybill_nos)))
    return [(number, customer_id) for number, customer_id in rows.all()]


async def who_wants_all(session: AsyncSession, phones: Collection[str]) -> dict[str, set[UUID]]:
    """Of these phones, those whose customers want to hear of everything they get: phone -> customers."""
    if not phones:
        return {}
    general = select(Consent.customer_id).where(Consent.subject == ALL, Consent.agreed)
    query = select(Identity.external_id, Identity.customer_id).where(
        Identity.channel == PHONE, Identity.external_id.in_(phones), Identity.customer_id.in_(general)
    )
    found: dict[str, set[UUID]] = {}
    for phone, customer_id in (await session.execute(query)).all():
        found.setdefault(phone, set()).add(customer_id)
    return found


async def forget_watches(session: AsyncSession, before: datetime) -> None:
    """A parcel that was asked about so long ago has arrived, or never will."""
    await session.execute(delete(WaybillWatch).where(WaybillWatch.at < before))


async def stop_watching(session: AsyncSession, customer_id: UUID, subject: str) -> None:
    """Of this waybill, or of all."""
    mine = delete(WaybillWatch).where(WaybillWatch.customer_id == customer_id)
    await session.execute(mine if subject == ALL else mine.where(WaybillWatch.waybill_no == subject))
