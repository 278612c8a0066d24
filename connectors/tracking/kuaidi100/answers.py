"""What Kuaidi100 says, parsed once: results of questions and of pushes have the same shape."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingError,
    TrackingTooOftenError,
    TrackNotFoundError,
)
from bot.waybills.model import Checkpoint, WaybillStatus
from connectors.tracking.fields import Text, china_time, plain_text
from connectors.tracking.kuaidi100.states import ON_ITS_WAY, meaning_of
from connectors.tracking.track import ForeignTrack, Meaning, TrackKey, checkpoint_of

Rows = Annotated[list["Row"], BeforeValidator(lambda value: value or [])]


class Row(BaseModel):
    """One scan.  ``time`` is on the clocks of China."""

    model_config = ConfigDict(populate_by_name=True)

    time: Text = ""
    ftime: Text = ""
    context: Text = ""
    area: Text = Field(default="", alias="areaName")
    status: Text = ""
    status_code: Text = Field(default="", alias="statusCode")

    @property
    def at(self) -> datetime:
        return china_time(self.ftime or self.time)

    @property
    def city(self) -> str:
        """Of 广东,深圳市,宝安区 the second part."""
        parts = [part.strip() for part in self.area.split(",") if part.strip()]
        return parts[1] if len(parts) > 1 else "".join(parts)

    def meaning(self, otherwise: Meaning) -> Meaning:
        return meaning_of(self.status_code, self.status, self.context) or otherwise


class Result(BaseModel):
    """A whole track, newest scan first."""

    state: Text = ""
    carrier: Text = Field(default="", alias="com")
    waybill_no: Text = Field(default="", alias="nu")
    rows: Rows = Field(default=[], alias="data")

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """Oldest first.  A row without a code of its own says no more than that the parcel is on its way, except the
        newest: it is what the state of the whole speaks of."""
        newest_means = meaning_of(self.state) or ON_ITS_WAY
        scans = [
            checkpoint_of(row.at, row.meaning(ON_ITS_WAY if place else newest_means).kind, row.city, row.context)
            for place, row in enumerate(self.rows)
        ]
        scans.reverse()
        scans.sort(key=lambda scan: scan.at)  # stable: scans of one moment stay as Kuaidi100 has them
        return tuple(scans)

    def status(self) -> WaybillStatus:
        """Where the parcel stands by the state of the whole, or else by its newest scan."""
        newest = self.rows[0]
        meaning = meaning_of(self.state, text=newest.context) or newest.meaning(ON_ITS_WAY)
        return meaning.status


def read_result(raw: Mapping[str, Any]) -> Result:
    """Raises `TrackingError` for what has not the shape of a track; nothing of it gets into the message."""
    try:
        result = Result.model_validate(raw)
        result.checkpoints()
    except (ValidationError, ValueError, OverflowError):
        # Not "from error": pydantic quotes what it refuses, and scans name couriers with their phones.
        raise TrackingError("kuaidi100 sent a track that cannot be read") from None
    return result


def read_track(answer: Mapping[str, Any], key: TrackKey, *, asked_at: datetime) -> ForeignTrack:
    """The track in the answer to a question.  Raises what `Tracker.track` raises."""
    code = return_code(answer)
    if code != "200":
        raise refusal_of_question(code, key)
    result = read_result(answer)
    if not result.rows:
        raise TrackNotFoundError(key.waybill_no, key.carrier)
    return ForeignTrack(key.waybill_no, key.carrier, result.status(), result.checkpoints(), asked_at)


def read_guesses(answer: Any) -> list[str]:
    """Codes of carriers, likelier ones first: a list of objects with ``comCode``, or else a refusal."""
    if not isinstance(answer, list):
        return []
    codes = (plain_text(each.get("comCode")).strip() for each in answer if isinstance(each, dict))
    return list(dict.fromkeys(code for code in codes if code))


def return_code(answer: Mapping[str, Any]) -> str:
    """``200``, or why not.  A good answer has ``status``, a refusal ``returnCode`` and ``result: false``."""
    if plain_text(answer.get("result")).lower() != "false" and plain_text(answer.get("status")) == "200":
        return "200"
    return plain_text(answer.get("returnCode") or answer.get("status"))


def refusal_of_question(code: str, key: TrackKey) -> Exception:
    """The error for a code of a question; subscriptions give some codes another meaning."""
    about_waybill = {
        "400": CarrierUnknownError,
        "401": CarrierUnsupportedError,
        "408": PhoneTailRequiredError,
        "500": TrackNotFoundError,
    }
    about_service = {
        "501": TrackingBusyError,
        "502": TrackingBusyError,
        "503": TrackingConfigError,
        "504": TrackingTooOftenError,
        "601": TrackingConfigError,
    }
    if code in about_waybill:
        return about_waybill[code](key.waybill_no, key.carrier)
    error = about_service.get(code, TrackingError)
    return error(f"kuaidi100 answered {code or 'nothing'} for waybill {key.waybill_no} of {key.carrier}")
