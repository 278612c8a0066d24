"""What the API says of customers: names of theirs are masked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, StringConstraints

from bot.customers.model import PHONE, Customer, Identity
from bot.customers.reach import Way
from bot.customers.records import CustomerMerge
from bot.customers.timeline import Entry, Timeline, mask_phones
from bot.customers.words import customer_words

Why = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]
_SHOWN = 4


class _View(BaseModel):
    model_config = ConfigDict(frozen=True)


def mask_name_of(channel: str, external_id: str) -> str:
    """Enough of an openid, an account or a number to tell it from another."""
    if channel == PHONE or mask_phones(external_id) != external_id:
        return mask_phones(external_id)
    if external_id.startswith("+"):
        return f"{external_id[:3]}****{external_id[-4:]}"
    return f"{external_id[:_SHOWN]}…" if len(external_id) > 2 * _SHOWN else "…"


class IdentityView(_View):
    channel: str
    name: str
    since: datetime

    @classmethod
    def of(cls, identity: Identity) -> "IdentityView":
        name = mask_name_of(identity.channel, identity.external_id)
        return cls(channel=identity.channel, name=name, since=identity.created_at)


class WayView(_View):
    """A channel on which the customer can be written to."""

    channel: str
    name: str
    preferred: bool
    wrote_at: datetime | None

    @classmethod
    def of(cls, way: Way) -> "WayView":
        name = mask_name_of(way.channel, way.address)
        return cls(channel=way.channel, name=name, preferred=way.preferred, wrote_at=way.wrote_at)


class CustomerView(_View):
    """``id`` is who has everything now: another than was asked for, once two were found to be one."""

    id: UUID
    name: str | None
    verified_phone: str | None
    since: datetime
    identities: tuple[IdentityView, ...]
    reachable: tuple[WayView, ...]

    @classmethod
    def of(cls, customer: Customer, identities: list[Identity], ways: list[Way]) -> "CustomerView":
        return cls(
            id=customer.id,
            name=customer.name,
            verified_phone=mask_phones(customer.verified_phone) if customer.verified_phone else None,
            since=customer.created_at,
            identities=tuple(map(IdentityView.of, identities)),
            reachable=tuple(map(WayView.of, ways)),
        )


class MergeView(_View):
    """A merge, and whether it was undone."""

    id: UUID
    survivor_id: UUID
    merged_id: UUID
    proof: str
    because: str
    by: str
    at: datetime
    undone_at: datetime | None
    undone_by: str | None
    undone_why: str | None

    @classmethod
    def of(cls, merge: CustomerMerge) -> "MergeView":
        plain = {name: getattr(merge, name) for name in cls.model_fields if name != "because"}
        return cls(**plain, because=customer_words().proofs[merge.proof])


class TimelineView(_View):
    """One page, newest first; ``next`` is what to ask for as ``before``."""

    entries: tuple[Entry, ...]
    next: str | None

    @classmethod
    def of(cls, timeline: Timeline) -> "TimelineView":
        return cls(entries=timeline.entries, next=str(timeline.next) if timeline.next else None)


class Undo(_View):
    why: Why


class Preference(_View):
    """``channel``: where the customer wants to hear from us; None for no wish."""

    channel: Annotated[str, StringConstraints(pattern=r"^[a-z]{2,20}$")] | None
