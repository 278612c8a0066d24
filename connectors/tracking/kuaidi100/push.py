"""What Kuaidi100 pushes, parsed once, and how it is told to a `TrackSink`."""

import json
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.errors import TrackingError
from bot.waybills.model import Checkpoint
from connectors.tracking.carriers import normalise
from connectors.tracking.fields import Text
from connectors.tracking.kuaidi100.answers import Result, read_result
from connectors.tracking.sink import TrackingEnd, TrackSink


class PushStatus(StrEnum):
    """Where the watching of a waybill stands."""

    polling = "polling"
    shutdown = "shutdown"
    abort = "abort"
    updateall = "updateall"


class _Envelope(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    status: PushStatus
    message: Text = ""
    wrong: Text = Field(default="", alias="comOld")
    right: Text = Field(default="", alias="comNew")
    last: dict[str, object] = Field(default={}, alias="lastResult")


@dataclass(frozen=True)
class Push:
    """One push.  ``corrected_to`` is the right carrier where ``carrier`` was a wrong guess, else empty."""

    status: PushStatus
    waybill_no: str
    carrier: str
    checkpoints: tuple[Checkpoint, ...] = ()
    corrected_to: str = ""
    message: str = ""

    @property
    def ends_with(self) -> TrackingEnd | None:
        """Why this is the last push, or None when more come."""
        if self.status is PushStatus.shutdown:
            return TrackingEnd.signed
        if self.status is not PushStatus.abort or self.corrected_to:
            return None
        if "查询无记录" in self.message:
            return TrackingEnd.no_record
        return TrackingEnd.no_change if "无变化" in self.message else TrackingEnd.aborted


def read_push(param: str) -> Push:
    """Raises `TrackingError` for a text that is no push about a waybill."""
    try:
        envelope = _Envelope.model_validate(json.loads(param))
    except (ValidationError, ValueError, RecursionError):
        # Not "from error": pydantic quotes what it refuses.
        raise TrackingError("kuaidi100 pushed something that cannot be read") from None
    result = read_result(envelope.last)
    push = Push(
        status=envelope.status,
        waybill_no=normalise(result.waybill_no),
        carrier=_carrier(envelope, result),
        checkpoints=result.checkpoints(),
        corrected_to=_correction(envelope, result),
        message=envelope.message,
    )
    if not (push.waybill_no and push.carrier):
        raise TrackingError("kuaidi100 pushed a track without number or carrier")
    return push


async def hand_over(push: Push, sink: TrackSink) -> None:
    """Tell the sink.  An empty list means that nothing was found, not that what was known is gone."""
    if push.corrected_to:
        await sink.correct_carrier(push.waybill_no, push.carrier, push.corrected_to)
        return
    if push.checkpoints:
        is_rewritten = push.status is PushStatus.updateall
        await sink.replace_track(push.waybill_no, push.carrier, push.checkpoints, rewritten=is_rewritten)
    if push.ends_with is not None:
        await sink.end_tracking(push.waybill_no, push.carrier, push.ends_with)


def _carrier(envelope: _Envelope, result: Result) -> str:
    """Whose track this is; an abort because of a wrong carrier is about the wrong one."""
    if envelope.status is PushStatus.abort:
        return envelope.wrong or result.carrier
    return result.carrier or envelope.right


def _correction(envelope: _Envelope, result: Result) -> str:
    """The carrier that an abort names.  Pushes under the right one name both, too, and correct nothing any more."""
    if envelope.status is not PushStatus.abort:
        return ""
    return envelope.right if envelope.right != (envelope.wrong or result.carrier) else ""
