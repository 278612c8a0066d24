"""The waybill beside a conversation: how it stands, what to be careful about, who and where, its track."""

import json
from datetime import timedelta

from nicegui import ui

from bot.desk.schemas import CheckpointLine, WaybillCard
from bot.desk.ui.facts import fact, facts, hidden_fact, mark, moment
from bot.desk.ui.forms import button, tag
from bot.desk.words import DeskWords

_TRACK_SHOWN = 4


def draw_waybill(card: WaybillCard, words: DeskWords) -> None:
    with ui.element("div").classes("waybill-top"):
        tag("a", "mono number", card.waybill_no, href=f"/desk/waybill/{card.waybill_no}", target="_blank")
        copy = button(words.ui["copy"], "plain small", type="button")
        copy.on("click", js_handler=f"() => navigator.clipboard?.writeText({json.dumps(card.waybill_no)})")
    with ui.element("div").classes("tags"):
        mark(words.statuses[card.status], "status")
        mark(words.conditions[card.condition], f"condition-{card.condition}")
        mark(words.products[card.product])
        mark(card.goods)
    for warning in _warnings(card, words):
        ui.label(warning).classes("warning")
    _draw_facts(card, words)
    _draw_track(card.track, words)


def _warnings(card: WaybillCard, words: DeskWords) -> list[str]:
    found = []
    if card.late_by:
        found.append(words.ui["late"].format(span=_span(card.late_by, words)))
    if card.stalled_for:
        found.append(words.ui["stalled"].format(span=_span(card.stalled_for, words)))
    if card.skipped_delivery_scan:
        found.append(words.ui["false_delivery"])
    if card.party is None:
        found.append(words.ui["identity_unproved"])
    return found


def _draw_facts(card: WaybillCard, words: DeskWords) -> None:
    with facts():
        if card.party is not None:
            fact(words.ui["identity"], words.parties[card.party])
        for end, party in (("consignor", card.consignor), ("consignee", card.consignee)):
            wanted = {"kind": "phone", "whose": end}
            hidden_fact(words.ui[end], f"{party.name} {party.phone} {party.region}", wanted)
        address = {"kind": "address", "whose": "consignee"}
        hidden_fact(words.ui["address"], f"{card.consignee.region}****", address)
        fact(words.ui["promised_at"], moment(card.promised_at))
        fact(words.ui["first_promised_at"], moment(card.first_promised_at))
        fact(words.ui["expected_at"], moment(card.expected_at))
        fact(words.ui["delivered_at"], moment(card.delivered_at))
        fact(words.ui["signed_by"], card.signed_by)
        courier = {"kind": "phone", "whose": "courier"} if card.courier_phone else None
        hidden_fact(words.ui["courier"], " ".join(filter(None, (card.courier_name, card.courier_phone))), courier)
        fact(words.ui["pickup"], card.pickup_place)


def _draw_track(track: tuple[CheckpointLine, ...], words: DeskWords) -> None:
    _draw_scans(track[:_TRACK_SHOWN])
    if len(track) > _TRACK_SHOWN:
        with ui.element("details"):
            with ui.element("summary"):
                ui.label(words.ui["track_all"].format(n=len(track)))
            _draw_scans(track[_TRACK_SHOWN:])


def _draw_scans(scans: tuple[CheckpointLine, ...]) -> None:
    with ui.element("ol").classes("track"):
        for scan in scans:
            with ui.element("li").classes(f"scan-{scan.kind}"):
                ui.label(f"{moment(scan.at)} {scan.city}").classes("muted")
                ui.label(scan.text)


def _span(span: timedelta, words: DeskWords) -> str:
    """The two largest units that matter: ``1 天 4 小时``."""
    minutes = int(span.total_seconds() // 60)
    days, hours = minutes // 1440, minutes // 60 % 24
    units = (("days", days), ("hours", hours), ("minutes", 0 if days or hours else max(minutes, 1)))
    return " ".join(words.ui[unit].format(n=n) for unit, n in units if n)
