"""The honest state of a parcel in words: where, since when, what next, when it should arrive, how late it is."""

from dataclasses import dataclass

from actions.wording import Wording
from bot.waybills.model import Waybill, WaybillStatus
from bot.waybills.progress import Progress

_NEXT_STEPS = {
    WaybillStatus.created: ("query_order", "urge_pickup"),
    WaybillStatus.picked_up: ("change_address", "reschedule_delivery"),
    WaybillStatus.in_transit: ("change_address", "reschedule_delivery"),
    WaybillStatus.out_for_delivery: ("query_courier", "delivery_preference", "reschedule_delivery"),
    WaybillStatus.delivery_failed: ("reschedule_delivery", "query_courier"),
    WaybillStatus.at_station: ("query_pickup_code", "report_not_to_door"),
    WaybillStatus.delivered: ("report_false_delivery", "report_damage"),
}


@dataclass(frozen=True)
class StatusWords:
    """What to say about a parcel, the tasks that may come next, and which of them is offered in so many words.

    The value ``offer`` closes the answer: what could be done about it, or what is being done.
    """

    values: dict[str, str]
    steps: tuple[str, ...]
    offer: str | None

    @property
    def short(self) -> str:
        return f"{self.values['status']} {self.values['outlook']}".strip()

    def with_ticket(self, sentence: str) -> "StatusWords":
        """The same where a ticket takes the place of what would have been offered."""
        later = (step for step in self.steps if step != self.offer)
        return StatusWords({**self.values, "offer": sentence}, ("query_ticket", *later)[:4], None)


def status_words(wording: Wording, progress: Progress) -> StatusWords:
    """Everything a customer is told about a parcel."""
    waybill = progress.waybill
    offer = offer_for(progress)
    values = {
        "waybill_no": waybill.waybill_no,
        "status": wording.label(f"status_{waybill.status}"),
        "scan": progress.last.text if progress.last else wording.part("part_no_scan"),
        "since": wording.moment(progress.last.at) if progress.last else "",
        "next": next_words(wording, waybill),
        "outlook": outlook_words(wording, progress),
        "offer": wording.part(f"part_offer_{offer}") if offer else "",
    }
    steps = dict.fromkeys((*((offer,) if offer else ()), *_NEXT_STEPS.get(waybill.status, ()), "request_human"))
    return StatusWords(values, tuple(steps)[:4], offer)


def offer_for(progress: Progress) -> str | None:
    """What would help most: report a false delivery, or hurry what is late, which nobody can while it is in time."""
    if progress.skipped_delivery_scan:
        return "report_false_delivery"
    if progress.waybill.is_finished or progress.waybill.status in (WaybillStatus.refused, WaybillStatus.returning):
        return None
    if not progress.is_late:
        return None
    return "urge_delivery" if progress.stalled_for is None else "report_stalled"


def next_words(wording: Wording, waybill: Waybill) -> str:
    """What happens next, by status."""
    return wording.part(
        f"part_next_{waybill.status}",
        courier=waybill.courier_name or wording.label("courier"),
        place=waybill.pickup_place or wording.label("station"),
        signed_by=waybill.signed_by or wording.label("signed_unknown"),
    )


def outlook_words(wording: Wording, progress: Progress) -> str:
    """When it should arrive, and honestly whether it is late or has stopped moving."""
    parts = []
    if progress.stalled_for is not None:
        parts.append(wording.part("part_stalled", stalled=wording.duration(progress.stalled_for)))
    if progress.skipped_delivery_scan:
        parts.append(wording.part("part_skipped_scan"))
    parts.append(_arrival(wording, progress))
    return "".join(part for part in parts if part)


def _arrival(wording: Wording, progress: Progress) -> str:
    status = progress.waybill.status
    if progress.expected_at is None or status in (WaybillStatus.refused, WaybillStatus.returning):
        return ""
    if status is WaybillStatus.at_station:
        return ""
    eta = wording.moment(progress.expected_at)
    if progress.is_late:
        return wording.part("part_late", late=wording.duration(progress.late_by), eta=eta)
    return wording.part("part_on_time", eta=eta)
