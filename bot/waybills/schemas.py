"""Rows of an import, and what the API answers.  Names, values and reasons in Chinese stand in ``import_words.yml``."""

import re
import unicodedata
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from bot.clock import CHINA
from bot.waybills.model import CheckpointKind, Product, WaybillStatus
from bot.waybills.numbers import normalise, normalise_waybill_no

_WAYBILL_NO = re.compile(r"[A-Z]{2}[0-9]{13}|[0-9]{12,15}")
_PHONE = re.compile(r"1[3-9]\d{9}|0\d{2,4}-?\d{7,8}|400-?\d{3}-?\d{4}", re.ASCII)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_MOMENT = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]+(\d{1,2}):(\d{2})(?::(\d{2}))?")


class ImportWords(BaseModel):
    """``import_words.yml``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    headers: dict[str, list[str]]
    products: dict[Product, list[str]]
    kinds: dict[CheckpointKind, list[str]]
    affirmative: list[str]
    negative: list[str]
    reasons: dict[str, str]
    file: dict[str, str]

    def field(self, header: str) -> str | None:
        """The field a column stands for, or None."""
        name = _fold(header)
        return next((field for field, names in self.headers.items() if name in {field, *map(_fold, names)}), None)


@lru_cache(maxsize=1)
def import_words() -> ImportWords:
    path = Path(__file__).with_name("import_words.yml")
    return ImportWords.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def _fold(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).lower().split())


def _refuse(reason: str) -> PydanticCustomError:
    """``reason`` names an entry under ``reasons``."""
    return PydanticCustomError("row", "{reason}", {"reason": reason})


def _clean(value: object) -> object:
    """Trimmed; control characters and halves of surrogate pairs are refused, PostgreSQL would stumble over them."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if _CONTROL.search(text):
        raise _refuse("control")
    return text


def _blank_is_none(value: object) -> object:
    cleaned = _clean(value)
    return None if cleaned == "" else cleaned


def _waybill_no(value: object) -> object:
    if isinstance(value, str) and _WAYBILL_NO.fullmatch(value):
        return value
    number = normalise_waybill_no(str(value))
    if not _WAYBILL_NO.fullmatch(number):
        raise _refuse("waybill_no")
    return number


def _phone(value: object) -> object:
    number = re.sub(r"\s", "", normalise(str(value))).removeprefix("+86").removeprefix("86-")
    if re.fullmatch(r"1\d{2}-\d{4}-\d{4}", number):
        number = number.replace("-", "")
    if not _PHONE.fullmatch(number):
        raise _refuse("phone")
    return number


def _moment(value: object) -> object:
    """ISO with a zone as it is; anything without one is China's time."""
    if value is None or isinstance(value, datetime):
        return value
    text = str(value).strip()
    try:
        parsed = _iso_moment(text) or _plain_moment(text) or datetime.fromisoformat(text)
    except ValueError as error:
        raise _refuse("moment") from error
    if not 2000 <= parsed.year < 2100:
        raise _refuse("moment")
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=CHINA)


def _iso_moment(text: str) -> datetime | None:
    """What programs write; people's ways of writing take longer to read."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _plain_moment(text: str) -> datetime | None:
    match = _MOMENT.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
    return datetime(year, month, day, hour, minute, second, tzinfo=CHINA)


def _product(value: object) -> object:
    return _named(value, _values("products"), "product")


def _kind(value: object) -> object:
    return _named(value, _values("kinds"), "kind")


def _named(value: object, values: dict[str, str], reason: str) -> str:
    own = values.get(str(value)) or values.get(_fold(str(value)))
    if own is None:
        raise _refuse(reason)
    return own


@lru_cache(maxsize=2)
def _values(which: Literal["products", "kinds"]) -> dict[str, str]:
    """From every name a value may be called by to the value itself."""
    named = getattr(import_words(), which)
    return {name: own.value for own, others in named.items() for name in (own.value, *others)}


def _status(value: object) -> object:
    cleaned = _blank_is_none(value)
    if cleaned is not None and cleaned not in list(WaybillStatus):
        raise _refuse("status")
    return cleaned


def _yes_or_no(value: object) -> object:
    if isinstance(value, bool):
        return value
    text = _fold(str(value))
    if text in import_words().affirmative:
        return True
    if text in import_words().negative:
        return False
    raise _refuse("yes_or_no")


_Short = Annotated[str, BeforeValidator(_clean), StringConstraints(min_length=1, max_length=60)]
_Words = Annotated[str, BeforeValidator(_clean), StringConstraints(min_length=1, max_length=300)]
_Region = Annotated[str, BeforeValidator(_clean), StringConstraints(max_length=60)]
_Optional = Annotated[str | None, BeforeValidator(_blank_is_none), Field(default=None, max_length=60)]
_Phone = Annotated[str, BeforeValidator(_phone)]
_Moment = Annotated[datetime, BeforeValidator(_moment)]
_Number = Annotated[str, BeforeValidator(_waybill_no)]
_Amount = Annotated[float, Field(ge=0, le=1_000_000, allow_inf_nan=False)]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _without_blanks(cls, values: Any) -> Any:
        """An empty cell is a cell that is not there."""
        if not isinstance(values, dict):
            return values
        return {name: value for name, value in values.items() if value is not None and value != ""}


class WaybillRecord(_Row):
    """One waybill to import.  ``status`` counts only while the waybill has no checkpoint.

    Without ``promised_at`` three days after pickup are promised.
    """

    waybill_no: _Number
    product: Annotated[Product, BeforeValidator(_product)] = Product.standard
    status: Annotated[WaybillStatus | None, BeforeValidator(_status)] = None
    consignor_name: _Short
    consignor_phone: _Phone
    consignor_province: _Region = ""
    consignor_city: _Region = ""
    consignor_district: _Region = ""
    consignor_address: _Words
    consignee_name: _Short
    consignee_phone: _Phone
    consignee_province: _Region = ""
    consignee_city: _Region = ""
    consignee_district: _Region = ""
    consignee_address: _Words
    goods: _Region = ""
    weight_kg: Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
    freight: _Amount = 0
    collect: Annotated[bool, BeforeValidator(_yes_or_no)] = False
    insured_amount: _Amount = 0
    shipped_at: _Moment
    promised_at: Annotated[datetime | None, BeforeValidator(_moment)] = None
    origin_outlet: _Region = ""
    destination_outlet: _Region = ""
    courier_name: _Optional
    courier_phone: _Optional
    pickup_place: _Optional
    pickup_code: _Optional
    signed_by: _Optional

    @model_validator(mode="after")
    def _promised_after_pickup(self) -> "WaybillRecord":
        if self.promised_at is not None and self.promised_at < self.shipped_at:
            raise _refuse("order")
        return self


class CheckpointRecord(_Row):
    """One scan to import.  What it knows about courier, pickup place or signer goes to the waybill."""

    waybill_no: _Number
    at: _Moment
    kind: Annotated[CheckpointKind, BeforeValidator(_kind)]
    outlet_code: _Short
    outlet_name: _Short
    city: _Region = ""
    text: _Words
    courier_name: _Optional
    courier_phone: _Optional
    pickup_place: _Optional
    pickup_code: _Optional
    signed_by: _Optional


class RejectedAnswer(BaseModel):
    """A row that was not taken: its line in the file (or place in the array, from 1), the field, the reason."""

    line: int
    field: str
    reason: str


class ImportAnswer(BaseModel):
    """What became of an import.  At most 1000 rejected rows are listed; ``rejected_count`` counts them all."""

    accepted: int
    rejected_count: int
    rejected: list[RejectedAnswer]
    ignored_columns: list[str]
