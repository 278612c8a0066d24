"""What every `WaybillSource` promises, whatever is behind it."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from bot.clock import Clock
from bot.db import Database
from bot.waybills.importing import WaybillImporter, rows_of_json
from bot.waybills.intake import Intake
from bot.waybills.model import CheckpointKind, Waybill, WaybillStatus
from bot.waybills.postgres import PostgresWaybillSource
from bot.waybills.source import InMemoryWaybillSource, WaybillSource
from connectors.tracking.first_of import FirstOf
from connectors.tracking.kuaidi100.source import Kuaidi100Source
from connectors.tracking.sf.source import SfSource
from tests.builders import make_waybill
from tests.connectors.tracking.conftest import SF_NUMBER, YTO_NUMBER

OWN_NUMBER = "YD2026000000011"


@dataclass(frozen=True)
class Promise:
    """A source that knows one parcel out for delivery, and a number of its kind that it does not know."""

    source: WaybillSource
    known: str
    unknown: str


def _out_for_delivery() -> Waybill:
    waybill = make_waybill(OWN_NUMBER)
    last = waybill.track[-1]
    out = type(last)(**(vars(last) | {"kind": CheckpointKind.out_for_delivery}))
    return make_waybill(OWN_NUMBER, status=WaybillStatus.out_for_delivery, track=(waybill.track[0], out))


async def _in_memory() -> Promise:
    return Promise(InMemoryWaybillSource([_out_for_delivery()]), OWN_NUMBER, "YD2026000009999")


async def _postgres(database: Database, clock: Clock, intake: Intake) -> Promise:
    importer = WaybillImporter(database, clock, intake)
    waybill = _out_for_delivery()
    await importer.waybills(rows_of_json([_waybill_record(waybill)]))
    await importer.checkpoints(rows_of_json(_checkpoint_records(waybill)))
    return Promise(PostgresWaybillSource(database), OWN_NUMBER, "YD2026000009999")


async def _kuaidi100(kuaidi100_source: Kuaidi100Source) -> Promise:
    return Promise(kuaidi100_source, YTO_NUMBER, "YT9999999999999")


async def _sf(sf_source: SfSource) -> Promise:
    """SF cannot tell a number it does not know from a wrong tail; those of others it knows to be not its own."""
    return Promise(sf_source.with_tail("1234"), SF_NUMBER, "YT9999999999999")


async def _first_of(kuaidi100_source: Kuaidi100Source) -> Promise:
    own = InMemoryWaybillSource([make_waybill(OWN_NUMBER)])
    return Promise(FirstOf(own, kuaidi100_source), YTO_NUMBER, "YT9999999999999")


@pytest.fixture(params=[_in_memory, _postgres, _kuaidi100, _sf, _first_of], ids=lambda make: make.__name__[1:])
def make(request) -> Callable[[], Awaitable[Promise]]:
    """Only the chosen adapter's fixtures are set up: PostgreSQL need not run for the others."""
    wanted = {name: request.getfixturevalue(name) for name in inspect.signature(request.param).parameters}
    return lambda: request.param(**wanted)


async def test_a_known_number_is_found_with_its_whole_track_oldest_first(make):
    promise = await make()

    waybill = await promise.source.find(promise.known)

    assert waybill is not None
    assert waybill.waybill_no == promise.known
    assert len(waybill.track) > 1
    assert list(waybill.track) == sorted(waybill.track, key=lambda scan: scan.at)
    assert waybill.track[0].kind is CheckpointKind.picked_up


async def test_the_status_is_that_of_the_last_scan(make):
    promise = await make()

    waybill = await promise.source.find(promise.known)

    assert waybill is not None
    assert waybill.status is WaybillStatus.out_for_delivery
    assert waybill.last is not None
    assert waybill.last.kind is CheckpointKind.out_for_delivery


async def test_every_moment_is_aware(make):
    promise = await make()

    waybill = await promise.source.find(promise.known)

    assert waybill is not None
    moments = [waybill.shipped_at, waybill.promised_at, *(scan.at for scan in waybill.track)]
    assert all(moment is None or moment.utcoffset() is not None for moment in moments)
    assert waybill.promised_at is not None or waybill.carrier, "only another carrier's promise is not known"


async def test_asking_again_gives_the_same(make):
    promise = await make()

    assert await promise.source.find(promise.known) == await promise.source.find(promise.known)


async def test_an_unknown_number_is_none(make):
    promise = await make()

    assert await promise.source.find(promise.unknown) is None


async def test_nobody_has_the_waybills_of_a_phone_that_is_on_none(make):
    promise = await make()

    assert await promise.source.with_phone("13000000000", limit=5) == []
    assert await promise.source.with_phone("", limit=5) == []


def _waybill_record(waybill: Waybill) -> dict[str, object]:
    parties = {
        f"{role}_{name}": getattr(getattr(waybill, role), name)
        for role in ("consignor", "consignee")
        for name in ("name", "phone", "city", "address")
    }
    return parties | {
        "waybill_no": waybill.waybill_no,
        "product": waybill.product.value,
        "weight_kg": waybill.weight_kg,
        "shipped_at": waybill.shipped_at.isoformat(),
        "promised_at": waybill.promised_at.isoformat(),
    }


def _checkpoint_records(waybill: Waybill) -> list[dict[str, object]]:
    return [
        vars(scan) | {"waybill_no": waybill.waybill_no, "kind": scan.kind.value, "at": scan.at.isoformat()}
        for scan in waybill.track
    ]
