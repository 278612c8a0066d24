"""What customers are told about parcels of other carriers, with simulated services and the real tables."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import text

from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    PhoneTailWrongError,
    TooManyGuessesError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingError,
    TrackNotFoundError,
)
from bot.jobs import Jobs
from bot.settings import Settings
from bot.waybills.access import GuessLimit
from bot.waybills.model import WaybillStatus
from bot.waybills.source import InMemoryWaybillSource
from connectors.tracking.assembly import track_elsewhere
from connectors.tracking.parcels import OtherCarriers
from tests.connectors.tracking.conftest import SF_NUMBER, YTO_NUMBER
from tests.simulators.kuaidi100 import Parcel, PushContent, row, signed
from tests.simulators.network import SimulatedNetwork

BARE = "4310508235533"
LIMIT = GuessLimit(per_customer=3, per_waybill=6)
HALF_AN_HOUR = timedelta(minutes=30)


@pytest.fixture
def customer():
    return uuid4()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(
        data_dir=tmp_path,
        kuaidi100_customer="CUST0001",
        kuaidi100_key="KEYabc123",
        kuaidi100_salt="SALT",
        kuaidi100_callback_url="https://chat.example.com/webhooks/kuaidi100",
        sf_partner_id="PARTNER1",
        sf_checkword="check*word~1",
    )


@pytest.fixture
async def jobs(database):
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE procrastinate_jobs CASCADE"))
    jobs = Jobs(database)
    yield jobs
    await jobs.stop()


@pytest.fixture
async def tracking(settings, database, clock, jobs, kuaidi100, sf):
    network = SimulatedNetwork({"poll.kuaidi100.com": kuaidi100.app, "www.kuaidi100.com": kuaidi100.app, "sf": sf.app})
    own = InMemoryWaybillSource()
    tracking = track_elsewhere(settings, database, clock, jobs, own, LIMIT, transport=network)
    assert tracking is not None
    yield tracking
    await tracking.close()


@pytest.fixture
def parcels(tracking) -> OtherCarriers:
    return tracking.parcels


async def test_a_carrier_that_wants_no_tail_is_told_at_once_and_since_when(parcels, customer, clock):
    waybill = await parcels.look_up(customer, YTO_NUMBER)

    assert (waybill.carrier, waybill.status, waybill.as_of) == ("yuantong", WaybillStatus.out_for_delivery, clock())


async def test_where_no_tail_is_wanted_nobody_reads_a_mobile_number(parcels, customer, kuaidi100):
    kuaidi100.parcels["yuantong", YTO_NUMBER].rows[0]["context"] = "派件员张三，电话13812345678，网点0755-12345678"

    waybill = await parcels.look_up(customer, YTO_NUMBER)

    assert waybill.track[-1].text == "派件员张三，电话138****5678，网点0755-12345678"


async def test_without_a_tail_sf_is_not_even_asked(parcels, customer, sf, kuaidi100):
    with pytest.raises(PhoneTailRequiredError) as refused:
        await parcels.look_up(customer, SF_NUMBER)

    assert (refused.type, refused.value.carrier) == (PhoneTailRequiredError, "shunfeng")
    assert (sf.asked, kuaidi100.asked) == ([], [])


async def test_what_a_customer_has_proven_need_not_be_proven_again_and_opens_nothing_to_others(parcels, customer):
    await parcels.look_up(customer, SF_NUMBER, phone_tail="1234")

    assert (await parcels.look_up(customer, SF_NUMBER)).carrier == "shunfeng"
    with pytest.raises(PhoneTailRequiredError):
        await parcels.look_up(uuid4(), SF_NUMBER)


async def test_wrong_tails_are_counted_and_too_many_lock_even_the_right_one_out(parcels, customer, sf):
    times = []
    for tail in ("0001", "0002", "0003"):
        with pytest.raises(PhoneTailWrongError) as wrong:
            await parcels.look_up(customer, SF_NUMBER, phone_tail=tail)
        times.append(wrong.value.times)
    with pytest.raises(TooManyGuessesError):
        await parcels.look_up(customer, SF_NUMBER, phone_tail="1234")

    assert times == [1, 2, 3]
    assert len(sf.asked) == 3


async def test_many_customers_together_try_no_more_tails_than_the_waybill_bears(parcels):
    for number in range(6):
        with pytest.raises(PhoneTailWrongError):
            await parcels.look_up(uuid4(), SF_NUMBER, phone_tail=f"000{number}")
    with pytest.raises(TooManyGuessesError):
        await parcels.look_up(uuid4(), SF_NUMBER, phone_tail="1234")


async def test_tails_tried_at_the_same_time_do_not_slip_past_the_limit(parcels, customer):
    tries = (parcels.look_up(customer, SF_NUMBER, phone_tail=f"000{number}") for number in range(8))

    outcomes = await asyncio.gather(*tries, return_exceptions=True)

    assert sum(isinstance(outcome, TooManyGuessesError) for outcome in outcomes) == 5


async def test_a_right_tail_and_a_service_that_fails_are_no_guesses(parcels, customer, kuaidi100, sf):
    for _ in range(5):
        await parcels.look_up(customer, SF_NUMBER, phone_tail="1234")
    sf.envelope = "A1099"
    for number in range(5):
        kuaidi100.first_answers = ["503"]
        with pytest.raises(TrackingError):
            await parcels.look_up(customer, "SF7777777777777", phone_tail=f"100{number}")
    sf.envelope = "A1000"

    with pytest.raises(PhoneTailWrongError) as wrong:
        await parcels.look_up(customer, SF_NUMBER, phone_tail="0000")
    assert wrong.value.times == 1


async def test_one_number_is_asked_for_once_in_half_an_hour_by_whomever(parcels, kuaidi100, clock):
    for _ in range(3):
        await parcels.look_up(uuid4(), YTO_NUMBER)
        clock.advance(timedelta(minutes=9))
    assert len(kuaidi100.asked) == 1

    clock.advance(HALF_AN_HOUR)
    await parcels.look_up(uuid4(), YTO_NUMBER)
    assert len(kuaidi100.asked) == 2


async def test_a_number_of_many_carriers_is_guessed_by_the_service(parcels, customer, kuaidi100):
    kuaidi100.guesses[BARE] = ["yunda", "ems"]
    kuaidi100.add(Parcel("yunda", BARE, [row("2026-03-03 12:00:00", "已收件", "103")], "1"))

    assert (await parcels.look_up(customer, BARE)).carrier == "yunda"
    assert (await parcels.look_up(customer, BARE)).carrier == "yunda"
    assert kuaidi100.guessed == [BARE]


async def test_when_nobody_can_guess_the_customer_has_to_say_and_is_heeded(parcels, customer, kuaidi100):
    kuaidi100.add(Parcel("ems", BARE, [row("2026-03-03 12:00:00", "已收件", "103")], "1"))
    with pytest.raises(CarrierUnknownError):
        await parcels.look_up(customer, BARE)
    assert parcels.choices(BARE)[0] == "yunda"

    await parcels.say_carrier(customer, BARE, "ems")

    assert (await parcels.look_up(customer, BARE)).carrier == "ems"


async def test_saying_another_carrier_makes_void_what_was_proven(parcels, customer, kuaidi100):
    await parcels.look_up(customer, SF_NUMBER, phone_tail="1234")
    await parcels.say_carrier(customer, SF_NUMBER, "zhongtong")
    await parcels.say_carrier(customer, SF_NUMBER, "shunfeng")

    with pytest.raises(PhoneTailRequiredError):
        await parcels.look_up(customer, SF_NUMBER)


@pytest.mark.parametrize(
    ("carrier", "code", "error"),
    [
        ("ems", "500", TrackNotFoundError),
        ("suning", "401", CarrierUnsupportedError),
        ("ems", "400", CarrierUnknownError),
        ("ems", "504", TrackingBusyError),
        ("ems", "503", TrackingConfigError),
        ("ems", "601", TrackingConfigError),
    ],
)
async def test_every_refusal_is_an_error_of_its_own(parcels, customer, kuaidi100, carrier, code, error):
    await parcels.say_carrier(customer, BARE, carrier)
    kuaidi100.first_answers = [code]

    with pytest.raises(error):
        await parcels.look_up(customer, BARE)


async def test_a_slow_service_is_not_waited_for_and_its_answer_is_there_the_next_time(parcels, customer, kuaidi100):
    parcels._patience_s = 0.05
    kuaidi100.gate = asyncio.Event()
    with pytest.raises(TrackingBusyError):
        await parcels.look_up(customer, YTO_NUMBER)
    kuaidi100.gate.set()
    parcels._patience_s = 5.0

    assert await parcels.look_up(customer, YTO_NUMBER)
    assert len(kuaidi100.asked) == 1


# -- pushes ----------------------------------------------------------------------------------------


@pytest.fixture
async def ours(tracking):
    """Our application, as the services reach it."""
    from fastapi import FastAPI

    app = FastAPI()
    for router in tracking.routers:
        app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://chat.example.com") as http:
        yield http


async def test_a_parcel_that_is_asked_for_is_subscribed_to_once(parcels, customer, kuaidi100, jobs):
    await parcels.look_up(customer, YTO_NUMBER)
    await parcels.look_up(uuid4(), YTO_NUMBER)
    await jobs.run_due()

    assert list(kuaidi100.subscriptions) == [("yuantong", YTO_NUMBER)]


async def test_the_tail_that_opened_a_parcel_subscribes_to_it(parcels, customer, kuaidi100, jobs):
    await parcels.look_up(customer, SF_NUMBER, phone_tail="1234")
    await jobs.run_due()

    assert list(kuaidi100.subscriptions) == [("shunfeng", SF_NUMBER)]


async def test_a_parcel_that_has_arrived_is_not_subscribed_to(parcels, customer, kuaidi100, jobs):
    kuaidi100.add(Parcel("yuantong", "YT5555555555555", [row("2026-03-03 12:00:00", "已签收", "301")], "3"))
    await parcels.look_up(customer, "YT5555555555555")
    await jobs.run_due()

    assert kuaidi100.subscriptions == {}


async def test_what_is_pushed_is_told_instead_of_what_was_remembered(parcels, customer, kuaidi100, jobs, ours, clock):
    await parcels.look_up(customer, SF_NUMBER, phone_tail="1234")
    await jobs.run_due()
    clock.advance(timedelta(minutes=5))
    parcel = kuaidi100.parcels["shunfeng", SF_NUMBER]
    parcel.rows.insert(0, row("2026-03-04 09:59:00", "已签收", "301", "签收"))
    parcel.state = "301"
    answer = await kuaidi100.push_parcel(ours, "shunfeng", SF_NUMBER, "shutdown")

    waybill = await parcels.look_up(customer, SF_NUMBER)

    assert answer.json()["result"] is True
    assert (waybill.status, waybill.as_of) == (WaybillStatus.delivered, clock())
    with pytest.raises(PhoneTailRequiredError):
        await parcels.look_up(uuid4(), SF_NUMBER)


async def test_while_a_service_is_busy_what_was_pushed_is_told_alone(parcels, customer, kuaidi100, ours, clock):
    content = PushContent(
        Parcel("jtexpress", "JT1234567890123", [row("2026-03-04 09:00:00", "已发出", "1002")])
    ).as_json()
    kuaidi100.subscriptions["jtexpress", "JT1234567890123"] = _Known()
    await kuaidi100.push(ours, _Known(), content)
    kuaidi100.first_answers = ["504", "504"]

    assert (await parcels.look_up(customer, "JT1234567890123")).track[-1].text == "已发出"
    clock.advance(timedelta(hours=13))
    with pytest.raises(TrackingBusyError):
        await parcels.look_up(customer, "JT1234567890123")


async def test_an_abort_that_names_the_right_carrier_leads_there(parcels, customer, kuaidi100, jobs, ours):
    rows = [row("2026-03-03 12:00:00", "已收件", "103")]
    kuaidi100.add(Parcel("ems", BARE, rows, "1"))
    await parcels.say_carrier(customer, BARE, "ems")
    await parcels.look_up(customer, BARE)
    await jobs.run_due()
    await kuaidi100.correct(ours, BARE, "ems", "yunda")
    kuaidi100.add(Parcel("yunda", BARE, [row("2026-03-04 12:00:00", "韵达已发出", "1002")]))
    await kuaidi100.push_parcel(ours, "yunda", BARE)

    waybill = await parcels.look_up(customer, BARE)

    assert (waybill.carrier, waybill.track[-1].text) == ("yunda", "韵达已发出")


async def test_after_an_abort_another_subscription_is_made_half_an_hour_later_when_asked_for(
    parcels, customer, kuaidi100, jobs, ours, clock
):
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    await kuaidi100.abort(ours, "yuantong", YTO_NUMBER, "60天无变化")

    clock.advance(timedelta(minutes=29))
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    assert kuaidi100.subscriptions == {}

    clock.advance(timedelta(minutes=1))
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    assert list(kuaidi100.subscriptions) == [("yuantong", YTO_NUMBER)]


async def test_a_refused_subscription_is_not_tried_again_for_half_an_hour(parcels, customer, kuaidi100, jobs, clock):
    kuaidi100.first_answers = ["200", "701"]
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    assert (kuaidi100.subscriptions, kuaidi100.first_answers) == ({}, [])

    clock.advance(HALF_AN_HOUR)
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    assert list(kuaidi100.subscriptions) == [("yuantong", YTO_NUMBER)]


async def test_a_subscription_from_which_nothing_was_heard_for_a_day_is_made_again(
    parcels, customer, kuaidi100, jobs, clock
):
    kuaidi100.first_answers = ["200", "999"]
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    assert kuaidi100.subscriptions == {}

    clock.advance(timedelta(days=1))
    await parcels.look_up(customer, YTO_NUMBER)
    await jobs.run_due()
    assert list(kuaidi100.subscriptions) == [("yuantong", YTO_NUMBER)]


async def test_an_unsigned_push_changes_nothing(parcels, customer, kuaidi100, ours):
    before = await parcels.look_up(customer, YTO_NUMBER)
    rows = [row("2026-03-04 09:59:00", "已签收", "301", "签收")]
    param = httpx.QueryParams({"param": "{}", "sign": signed("{}guessed")})
    answer = await ours.post("/webhooks/kuaidi100", content=str(param))
    forged = await kuaidi100.push(
        ours, _Known(salt="guessed"), PushContent(Parcel("yuantong", YTO_NUMBER, rows)).as_json()
    )

    assert (answer.status_code, forged.status_code) == (403, 403)
    assert await parcels.look_up(customer, YTO_NUMBER) == before


class _Known:
    """A subscription that stands from long ago."""

    def __init__(self, salt: str = "SALT") -> None:
        self.callback_url = "https://chat.example.com/webhooks/kuaidi100"
        self.salt = salt
