"""What the network's scanners send: waybills when they are picked up, scans when they are made."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from bot.waybills.importing import WaybillImporter, rows_of_json
from tests.day.network import HUB, PLACES, province_of
from tests.day.parcels import COHORTS, Cohort, moment


class Feed:
    """Hands over what has happened since the last time."""

    def __init__(self, importer: WaybillImporter) -> None:
        self._importer = importer
        self._waybills = sorted((row for each in COHORTS for row in waybill_rows(each)), key=itemgetter("shipped_at"))
        self._scans = sorted((row for each in COHORTS for row in scan_rows(each)), key=itemgetter("at"))

    async def until(self, now: datetime) -> None:
        waybills, self._waybills = _split(self._waybills, now, "shipped_at")
        scans, self._scans = _split(self._scans, now, "at")
        if waybills:
            taken = await self._importer.waybills(rows_of_json(waybills))
            assert (taken.accepted, taken.rejected) == (len(waybills), [])
        if scans:
            taken = await self._importer.checkpoints(rows_of_json(scans))
            assert (taken.accepted, taken.rejected) == (len(scans), [])


def phones(number: str) -> tuple[str, str]:
    """Of the consignor and of the consignee."""
    return f"1370{number[-7:]}", f"1390{number[-7:]}"


def waybill_rows(cohort: Cohort) -> Iterator[dict[str, Any]]:
    for number, (origin, destination) in _routes(cohort):
        consignor, consignee = phones(number)
        yield {
            "waybill_no": number,
            "product": cohort.product,
            **_party("consignor", "李明", consignor, origin),
            **_party("consignee", "王芳", consignee, destination),
            "weight_kg": 1.5,
            "freight": 12,
            "shipped_at": _scans(cohort)[0][0],
            "origin_outlet": origin,
            "destination_outlet": destination,
        }


def scan_rows(cohort: Cohort) -> Iterator[dict[str, Any]]:
    for number, (origin, destination) in _routes(cohort):
        hub, far_hub = HUB[province_of(origin)], HUB[province_of(destination)]
        places = {"origin": origin, "destination": destination, "hub": hub, "far_hub": far_hub}
        for at, kind, place in _scans(cohort):
            code = places.get(place, place)
            name, _, city, *_ = PLACES[code]
            scan = {"waybill_no": number, "at": at, "kind": kind, "outlet_code": code, "outlet_name": name}
            yield scan | {"city": city, "text": f"【{name}】"}


def _routes(cohort: Cohort) -> Iterator[tuple[str, tuple[str, str]]]:
    for place, number in enumerate(cohort.numbers):
        yield number, cohort.routes[place % len(cohort.routes)]


def _scans(cohort: Cohort) -> list[tuple[datetime, str, str]]:
    lines = [line.split() for line in cohort.track.splitlines() if line.strip()]
    later = timedelta(days=cohort.days_later)
    return [(moment(f"{day} {hour}") + later, kind, place) for day, hour, kind, place in lines]


def _split(rows: list[dict[str, Any]], now: datetime, key: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    return [row for row in rows if row[key] <= now], [row for row in rows if row[key] > now]


def _party(role: str, name: str, phone: str, outlet: str) -> dict[str, str]:
    _, province, city, district, *_ = PLACES[outlet]
    values = {"name": name, "phone": phone, "province": province, "city": city, "district": district}
    return {f"{role}_{key}": value for key, value in (values | {"address": "幸福路88号"}).items()}
