"""What SF says, parsed once.  Its answer is an envelope around a JSON text with another verdict in it."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import TrackingBusyError, TrackingConfigError, TrackingError
from bot.waybills.model import Checkpoint, WaybillStatus
from bot.waybills.model import CheckpointKind as Kind
from bot.waybills.model import WaybillStatus as Status
from connectors.tracking.fields import Text, china_time, plain_text
from connectors.tracking.track import Meaning, checkpoint_of

_PICKED_UP = Meaning(Kind.picked_up, Status.picked_up)
_ON_ITS_WAY = Meaning(Kind.departed, Status.in_transit)
_BEING_DELIVERED = Meaning(Kind.out_for_delivery, Status.out_for_delivery)
_DELIVERED = Meaning(Kind.delivered, Status.delivered)

# SF documents only these two scans.
_BY_OP_CODE = {"50": _PICKED_UP, "80": _DELIVERED}
# Seen in clients, not in SF's documents: 1 已揽收, 2 运送中, 3 派送中, 4 已签收.
_BY_FIRST_STATUS = {"1": _PICKED_UP, "2": _ON_ITS_WAY, "3": _BEING_DELIVERED, "4": _DELIVERED}

# Verdicts of the platform on the envelope, from clients as well.
_OUR_FAULT = {"A1001", "A1003", "A1004", "A1006", "A1008"}
_BUSY = {"A1005", "A1009", "A1099"}


class Route(BaseModel):
    """One scan.  ``time`` is on the clocks of China."""

    model_config = ConfigDict(populate_by_name=True)

    time: Text = Field(default="", alias="acceptTime")
    place: Text = Field(default="", alias="acceptAddress")
    remark: Text = ""
    op_code: Text = Field(default="", alias="opCode")
    first_status: Text = Field(default="", alias="firstStatusCode")

    @property
    def at(self) -> datetime:
        return china_time(self.time)

    @property
    def meaning(self) -> Meaning:
        """By scan, by status, and else no more than that it is on its way: the remark tells people the rest."""
        return _BY_OP_CODE.get(self.op_code) or _BY_FIRST_STATUS.get(self.first_status, _ON_ITS_WAY)

    def checkpoint(self) -> Checkpoint:
        return checkpoint_of(self.at, self.meaning.kind, self.place, self.remark)


class _Routes(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    waybill_no: Text = Field(alias="mailNo")
    routes: Annotated[list[Route], BeforeValidator(lambda value: value or [])] = []


class SfTrack(BaseModel):
    """The routes of one number, oldest first; none when the phone tail is wrong, or when there are none."""

    waybill_no: str
    routes: list[Route]

    def checkpoints(self) -> tuple[Checkpoint, ...]:
        return tuple(route.checkpoint() for route in self.routes)

    def status(self) -> WaybillStatus:
        return self.routes[-1].meaning.status


def read_routes(answer: Mapping[str, Any]) -> list[SfTrack]:
    """The tracks in an answer.

    Raises `TrackingConfigError`, `TrackingBusyError`, and `TrackingError` for any other verdict or shape.
    """
    inner = _inner(answer)
    try:
        found = [_Routes.model_validate(each) for each in inner["msgData"]["routeResps"] or []]
        return [
            SfTrack(waybill_no=each.waybill_no, routes=sorted(each.routes, key=lambda one: one.at)) for each in found
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ValidationError):
        # Not "from error": pydantic quotes what it refuses, and remarks name couriers with their phones.
        raise TrackingError("sf sent routes that cannot be read") from None


def read_registered(answer: Mapping[str, Any]) -> None:
    """Whether a registration was accepted.  Raises as `read_routes`."""
    _inner(answer)


def _inner(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer within the answer, if both verdicts are good."""
    code = plain_text(answer.get("apiResultCode"))
    if code != "A1000":
        raise _refusal(code)
    try:
        inner = json.loads(plain_text(answer.get("apiResultData")))
        is_good = inner["success"] in (True, "true")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise TrackingError("sf sent something that cannot be read") from None
    if not is_good:
        raise TrackingError(f"sf answered {plain_text(inner.get('errorCode')) or 'no success'}")
    return dict(inner)


def _refusal(code: str) -> TrackingError:
    message = f"sf answered {code or 'nothing'}"
    if code in _OUR_FAULT:
        return TrackingConfigError(message)
    return TrackingBusyError(message) if code in _BUSY else TrackingError(message)
