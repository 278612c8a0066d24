"""What SF pushes (RoutePushService), parsed once, and how it is told to a `TrackSink`: scans, not whole tracks."""

import json
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.errors import TrackingError
from bot.waybills.model import Checkpoint, CheckpointKind
from connectors.tracking.carriers import normalise
from connectors.tracking.fields import Text
from connectors.tracking.sf.answers import Route
from connectors.tracking.sink import TrackingEnd, TrackSink

SF = "shunfeng"


class _PushedRoute(Route):
    waybill_no: Text = Field(default="", alias="mailno")


def _as_list(value: object) -> object:
    """One scan may come bare."""
    return [value] if isinstance(value, dict) else value


class _Body(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    routes: Annotated[list[_PushedRoute], BeforeValidator(_as_list)] = Field(alias="WaybillRoute")


class _Push(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    body: _Body = Field(alias="Body")


def read_push(content: bytes) -> dict[str, list[Checkpoint]]:
    """Scans by waybill number.  Raises `TrackingError` for what is no push, or one without number or time."""
    try:
        routes = _Push.model_validate(json.loads(content)).body.routes
        scans: dict[str, list[Checkpoint]] = {}
        for route in routes:
            scans.setdefault(normalise(route.waybill_no), []).append(route.checkpoint())
    except (ValidationError, ValueError, RecursionError, OverflowError):
        # Not "from error": pydantic quotes what it refuses, and remarks name couriers with their phones.
        raise TrackingError("sf pushed something that cannot be read") from None
    if not scans or "" in scans:
        raise TrackingError("sf pushed no scans, or some without a waybill number")
    return scans


async def hand_over(scans: dict[str, list[Checkpoint]], sink: TrackSink) -> None:
    """Tell the sink; the scan of the delivery is the last."""
    for waybill_no, found in scans.items():
        await sink.add_scans(waybill_no, SF, found)
        if any(scan.kind is CheckpointKind.delivered for scan in found):
            await sink.end_tracking(waybill_no, SF, TrackingEnd.signed)
