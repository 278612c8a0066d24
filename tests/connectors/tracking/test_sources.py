"""What `TrackerSource` and `FirstOf` do with candidates, tails and failing services."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest

from bot.errors import (
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TooManyGuessesError,
    TrackingBusyError,
)
from bot.waybills.model import WaybillStatus
from bot.waybills.progress import progress_of
from bot.waybills.source import InMemoryWaybillSource
from connectors.tracking.first_of import FirstOf
from connectors.tracking.guesses import TailGuesses
from connectors.tracking.kuaidi100.source import Kuaidi100Source
from connectors.tracking.sf.source import SfSource
from connectors.tracking.track import NOBODY
from tests.builders import make_waybill
from tests.connectors.tracking.conftest import SF_NUMBER, YTO_NUMBER
from tests.simulators.kuaidi100 import Parcel, row

OWN_NUMBER = "YD2026000000011"
BARE_NUMBER = "4310508235533"


@pytest.fixture
def sources(sf_client, kuaidi100_client, clock) -> FirstOf:
    """Our own table with one parcel, then SF, then Kuaidi100."""
    guesses = TailGuesses(clock)
    foreign = SfSource(sf_client, clock, guesses=guesses), Kuaidi100Source(kuaidi100_client, clock, guesses=guesses)
    return FirstOf(InMemoryWaybillSource([make_waybill(OWN_NUMBER)]), *foreign)


async def test_a_carrier_that_wants_no_tail_is_not_told_one(kuaidi100_source, kuaidi100):
    await kuaidi100_source.with_tail("13900001234").track(YTO_NUMBER)

    assert [question["phone"] for question in kuaidi100.asked] == [""]


async def test_a_carrier_that_wants_a_tail_is_told_only_the_tail(kuaidi100_source, kuaidi100):
    await kuaidi100_source.with_tail("13900001234").track(SF_NUMBER)

    assert [question["phone"] for question in kuaidi100.asked] == ["1234"]


async def test_a_number_of_many_carriers_is_not_tried(kuaidi100_source, kuaidi100):
    assert await kuaidi100_source.track(BARE_NUMBER) is None
    assert kuaidi100.asked == []


async def test_a_carrier_that_was_named_is_asked_for_any_number(kuaidi100_source, kuaidi100):
    kuaidi100.add(Parcel("yunda", BARE_NUMBER, [row("2026-03-03 12:00:00", "已收件", "103")], "1"))

    assert (await kuaidi100_source.track(BARE_NUMBER, carrier="yunda")).carrier == "yunda"


async def test_a_named_carrier_that_cannot_be_tracked_is_refused(kuaidi100_source):
    with pytest.raises(CarrierUnsupportedError):
        await kuaidi100_source.track(BARE_NUMBER, carrier="suning")


async def test_a_recognised_carrier_that_cannot_be_tracked_is_just_not_known(kuaidi100_source, kuaidi100):
    kuaidi100.first_answers = ["401"]

    assert await kuaidi100_source.track(YTO_NUMBER) is None


async def test_naming_a_carrier_opens_nothing_without_the_tail(kuaidi100_source, kuaidi100):
    for name in ("shunfeng", " ShunFeng "):
        with pytest.raises(PhoneTailRequiredError):
            await kuaidi100_source.track(SF_NUMBER, carrier=name)
    assert kuaidi100.asked == []


async def test_what_a_tail_opened_stays_shut_for_whoever_has_none(kuaidi100_source):
    assert await kuaidi100_source.with_tail("1234").find(SF_NUMBER)

    with pytest.raises(PhoneTailRequiredError):
        await kuaidi100_source.find(SF_NUMBER)


@pytest.mark.parametrize("given", ["12", "abcd", ""])
async def test_what_is_no_tail_is_not_tried(kuaidi100_source, kuaidi100, given):
    with pytest.raises(PhoneTailRequiredError):
        await kuaidi100_source.with_tail(given).track(SF_NUMBER)

    assert kuaidi100.asked == []


async def test_after_too_many_wrong_tails_even_the_right_one_opens_nothing(kuaidi100_source, kuaidi100):
    assert await kuaidi100_source.with_tail("1234").track(SF_NUMBER)
    for wrong in ("0001", "0002", "0003", "0004", "0005"):
        with pytest.raises(PhoneTailRequiredError):
            await kuaidi100_source.with_tail(wrong).track(SF_NUMBER)

    for tail in ("0006", "1234", "5678"):
        with pytest.raises(TooManyGuessesError):
            await kuaidi100_source.with_tail(tail).track(SF_NUMBER)
    assert len(kuaidi100.asked) == 6


async def test_parallel_guesses_do_not_slip_past_the_limit(kuaidi100_source, kuaidi100):
    guesses = (kuaidi100_source.with_tail(f"000{n}").track(SF_NUMBER) for n in range(9))

    outcomes = await asyncio.gather(*guesses, return_exceptions=True)

    assert sum(isinstance(outcome, TooManyGuessesError) for outcome in outcomes) == 4
    assert len(kuaidi100.asked) == 5


async def test_the_same_wrong_tail_counts_once_and_right_ones_do_not(kuaidi100_source):
    for tail in ("0000", "1234", "5678") * 4:
        try:
            await kuaidi100_source.with_tail(tail).track(SF_NUMBER)
        except PhoneTailRequiredError:
            assert tail == "0000"


async def test_wrong_tails_are_forgotten_after_an_hour(kuaidi100_source, clock):
    for n in range(5):
        with pytest.raises(PhoneTailRequiredError):
            await kuaidi100_source.with_tail(f"000{n}").track(SF_NUMBER)

    clock.advance(timedelta(hours=1))

    assert await kuaidi100_source.with_tail("1234").track(SF_NUMBER)


async def test_a_service_that_fails_makes_no_tail_wrong(kuaidi100_source, kuaidi100):
    for n in range(9):
        kuaidi100.first_answers = ["502"] * 3
        with pytest.raises(TrackingBusyError):
            await kuaidi100_source.with_tail(f"000{n}").track(SF_NUMBER)

    assert await kuaidi100_source.with_tail("1234").track(SF_NUMBER)


async def test_our_own_waybills_are_asked_for_nowhere_else(sources, kuaidi100, sf):
    assert await sources.find(OWN_NUMBER) == make_waybill(OWN_NUMBER)
    assert (kuaidi100.asked, sf.asked) == ([], [])


async def test_a_number_that_is_nobodys_is_asked_for_nowhere(sources, kuaidi100, sf):
    assert await sources.find("YD2026000009999") is None
    assert (kuaidi100.asked, sf.asked) == ([], [])


async def test_each_carrier_is_asked_where_it_is_known(sources, kuaidi100, sf):
    await sources.find(YTO_NUMBER)
    await sources.with_tail("1234").find(SF_NUMBER)

    assert [question["com"] for question in kuaidi100.asked] == ["yuantong"]
    assert [question["trackingNumber"] for question in sf.asked] == [[SF_NUMBER]]


async def test_where_one_service_fails_the_next_is_asked(sources, sf):
    sf.envelope = "A1099"

    track = await sources.with_tail("1234").track(SF_NUMBER)

    assert track.status is WaybillStatus.picked_up


async def test_a_wrong_tail_is_told_rather_than_the_failure_of_another_service(sources, sf):
    sf.envelope = "A1099"

    with pytest.raises(PhoneTailRequiredError):
        await sources.with_tail("0000").find(SF_NUMBER)


async def test_when_a_service_failed_a_number_is_not_called_unknown(sources, kuaidi100):
    kuaidi100.first_answers = ["502"] * 3

    with pytest.raises(TrackingBusyError):
        await sources.find(YTO_NUMBER)


async def test_waybills_of_a_phone_are_our_own(sources):
    assert [found.waybill_no for found in await sources.with_phone("13900001234", limit=5)] == [OWN_NUMBER]


async def test_a_foreign_waybill_claims_nothing_it_does_not_know(sources, clock):
    waybill = await sources.find(YTO_NUMBER)

    assert (waybill.consignor, waybill.consignee) == (NOBODY, NOBODY)
    assert waybill.promised_at is None
    assert not progress_of(waybill, now=clock() + timedelta(days=900)).is_late


async def test_nobody_is_a_party_to_a_foreign_waybill(sources):
    waybill = await sources.find(YTO_NUMBER)

    assert [waybill.party_with_tail(tail) for tail in ("0000", "1234")] == [None, None]
    assert waybill.party_with_phone(f"139{uuid4().int % 10**8:08d}") is None


async def test_a_delivered_foreign_waybill_knows_since_when(sources, kuaidi100):
    rows = [row("2026-03-03 12:00:00", "已签收", "301"), row("2026-03-02 12:00:00", "已收件", "103")]
    kuaidi100.add(Parcel("yuantong", "YT5555555555555", rows, "3"))

    waybill = await sources.find("YT5555555555555")

    assert waybill.delivered_at == waybill.track[-1].at
