"""What can be told, as data: ``kinds.yml``."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.errors import NotFoundError
from bot.waybills.model import CheckpointKind, WaybillStatus


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Filled(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


class Kind(_Strict):
    """One kind of notice.

    Parameters
    ----------
    template: the kind that channels know its template by.
    consent: the kind whose consent covers it.
    during: statuses of the parcel in which it is still worth telling; empty for any.
    hours: how long after it happened it is worth telling.
    rank: of several told at once the greatest comes first.
    """

    title: str
    about: Literal["waybill", "ticket"]
    text: str
    template: str = ""
    consent: str = ""
    scans: tuple[CheckpointKind, ...] = ()
    events: tuple[str, ...] = ()
    during: Annotated[tuple[WaybillStatus, ...], Field(alias="while")] = ()
    hours: float
    rank: int
    urgent: bool = False
    defaults: Mapping[str, str] = {}

    def written(self, values: Mapping[str, str]) -> str:
        """The text with its blanks filled; one that an old notice has no value for stays empty."""
        return self.text.format_map(_Filled({**self.defaults, **{name: one for name, one in values.items() if one}}))


class NoticeWords(_Strict):
    """What is said about notices in a conversation."""

    stop_hint: str
    offer_button: str
    offer_all_button: str
    all_off_button: str
    agreed: str
    agreed_sms: str
    agreed_all: str
    agreed_all_sms: str
    agreed_ticket: str
    agreed_ticket_sms: str
    ticket_button: str
    over: str
    unproven: str
    which: str
    no_phone: str
    kind_off: str
    all_off: str


class Catalogue(_Strict):
    """Every kind by name; ``windows`` are hours after the customer wrote in which a channel takes free words."""

    kinds: Mapping[str, Kind]
    windows: Mapping[str, float]
    words: NoticeWords

    @model_validator(mode="after")
    def _consents_exist(self) -> "Catalogue":
        unknown = {kind.consent for kind in self.kinds.values() if kind.consent} - set(self.kinds)
        if unknown:
            raise ValueError(f"consents for kinds that there are not: {sorted(unknown)}")
        return self

    def kind(self, name: str) -> Kind:
        """Raises `NotFoundError`."""
        found = self.kinds.get(name)
        if found is None:
            raise NotFoundError(f"没有这种通知：{name}")
        return found

    def consent_of(self, name: str) -> str:
        return self.kind(name).consent or name

    def about(self, what: Literal["waybill", "ticket"]) -> tuple[str, ...]:
        """The kinds a customer can agree to, about parcels or about tickets."""
        return tuple(name for name, kind in self.kinds.items() if kind.about == what and not kind.consent)

    def for_scan(self, scan: CheckpointKind) -> Iterable[str]:
        return (name for name, kind in self.kinds.items() if scan in kind.scans)

    def for_event(self, event: str) -> Iterable[str]:
        return (name for name, kind in self.kinds.items() if event in kind.events)


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    path = Path(__file__).with_name("kinds.yml")
    return Catalogue.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
