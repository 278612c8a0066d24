import json
import logging
from datetime import timedelta
from urllib.parse import urlencode

import httpx
import pytest
from fastapi import FastAPI

from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingError,
)
from bot.waybills.model import CheckpointKind
from connectors.tracking.http import MAX_BYTES
from connectors.tracking.kuaidi100.account import Kuaidi100Account
from connectors.tracking.kuaidi100.client import Kuaidi100Client
from connectors.tracking.kuaidi100.signature import is_from_kuaidi100, push_sign
from connectors.tracking.kuaidi100.webhook import PATH, make_router
from connectors.tracking.sink import InMemoryTrackSink, TrackingEnd
from connectors.tracking.track import TrackKey
from tests.connectors.tracking.conftest import SF_NUMBER, YTO_NUMBER, payload
from tests.simulators.kuaidi100 import Parcel, PushContent, row, signed

NUMBER = "4310508235533"
YTO = TrackKey("yuantong", YTO_NUMBER)
ACK = '{"result":true,"returnCode":"200","message":"成功"}'


class BrokenSink(InMemoryTrackSink):
    """A sink whose database is away until told otherwise."""

    is_away = True

    async def replace_track(self, *args, **kwargs) -> None:
        if self.is_away:
            raise ConnectionError("no database")
        await super().replace_track(*args, **kwargs)


@pytest.fixture
def sink() -> InMemoryTrackSink:
    return InMemoryTrackSink()


def ours(account, sink) -> httpx.AsyncClient:
    """Our own application, as Kuaidi100 reaches it; an uncaught error is a 500."""
    app = FastAPI()
    app.include_router(make_router(account, sink))
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="https://chat.example.com")


@pytest.fixture
async def endpoint(account, sink):
    async with ours(account, sink) as http:
        yield http


async def push(http, content, salt="SALT") -> httpx.Response:
    param = json.dumps(content, ensure_ascii=False)
    return await http.post(PATH, data={"sign": signed(param + salt), "param": param})


def parcel(*rows, state="0", carrier="yunda", number=NUMBER) -> Parcel:
    return Parcel(carrier, number, list(rows), state)


PICKED_UP = row("2026-03-02 18:00:00", "已收件", "103", "揽收")
DEPARTED = row("2026-03-03 09:00:00", "已发出", "1002", "干线")
SIGNED = row("2026-03-04 09:00:00", "已签收", "301", "签收")


def test_a_push_is_signed_as_in_the_vector(account):
    param = '{"status":"polling","message":"","lastResult":{"state":"0"}}'

    assert push_sign(param, account) == "80FA872A6050FF59BDDB6390B043D303"
    assert is_from_kuaidi100(param, "80FA872A6050FF59BDDB6390B043D303", account)
    assert not is_from_kuaidi100(param + " ", "80FA872A6050FF59BDDB6390B043D303", account)


async def test_a_push_is_stored_oldest_first_and_acknowledged_to_the_letter(endpoint, sink):
    answer = await push(endpoint, PushContent(parcel(DEPARTED, PICKED_UP)).as_json())

    assert (answer.status_code, answer.text) == (200, ACK)
    assert [scan.text for scan in sink.tracks[NUMBER, "yunda"]] == ["已收件", "已发出"]


async def test_a_later_push_replaces_the_whole_track(endpoint, sink):
    await push(endpoint, PushContent(parcel(DEPARTED, PICKED_UP)).as_json())
    await push(endpoint, PushContent(parcel(SIGNED, PICKED_UP), "shutdown").as_json())

    assert [scan.text for scan in sink.tracks[NUMBER, "yunda"]] == ["已收件", "已签收"]


async def test_the_same_push_twice_is_the_same_as_once(endpoint, sink):
    content = PushContent(parcel(SIGNED, PICKED_UP), "shutdown").as_json()
    await push(endpoint, content)
    before = (dict(sink.tracks), dict(sink.ended))

    answer = await push(endpoint, content)

    assert answer.text == ACK
    assert (sink.tracks, sink.ended) == before


async def test_an_old_push_repeated_after_a_newer_one_changes_nothing(endpoint, sink):
    await push(endpoint, PushContent(parcel(SIGNED, DEPARTED, PICKED_UP), "shutdown").as_json())

    answer = await push(endpoint, PushContent(parcel(DEPARTED, PICKED_UP)).as_json())

    assert answer.text == ACK
    assert sink.tracks[NUMBER, "yunda"][-1].kind is CheckpointKind.delivered


async def test_updateall_corrects_the_past(endpoint, sink):
    await push(endpoint, PushContent(parcel(SIGNED, DEPARTED, PICKED_UP), "shutdown").as_json())

    await push(endpoint, PushContent(parcel(DEPARTED, PICKED_UP), "updateall").as_json())

    assert sink.tracks[NUMBER, "yunda"][-1].text == "已发出"


async def test_a_push_without_scans_takes_nothing_away(endpoint, sink):
    await push(endpoint, PushContent(parcel(PICKED_UP)).as_json())

    answer = await push(endpoint, PushContent(parcel()).as_json())

    assert answer.text == ACK
    assert len(sink.tracks[NUMBER, "yunda"]) == 1


async def test_shutdown_is_the_end_because_it_is_signed_for(endpoint, sink):
    await push(endpoint, payload("kuaidi100/push_signed_by_station.json"))

    assert sink.ended == {("JD0012345678901", "jd"): TrackingEnd.signed}
    assert [scan.kind for scan in sink.tracks["JD0012345678901", "jd"]] == [
        CheckpointKind.departed,
        CheckpointKind.departed,
        CheckpointKind.out_for_delivery,
        CheckpointKind.at_station,
    ]


async def test_an_abort_that_names_a_carrier_is_a_correction_and_not_the_end(endpoint, sink):
    answer = await push(endpoint, payload("kuaidi100/push_wrong_carrier.json"))

    assert answer.text == ACK
    assert sink.corrected == {(NUMBER, "yuantong"): "yunda"}
    assert sink.ended == {}


async def test_a_correction_throws_the_wrong_track_away_and_goes_on_under_the_right_carrier(endpoint, sink):
    await push(endpoint, PushContent(parcel(PICKED_UP, carrier="yuantong")).as_json())
    await push(endpoint, payload("kuaidi100/push_wrong_carrier.json"))
    names_both = {"autoCheck": "1", "comOld": "yuantong", "comNew": "yunda"}
    await push(endpoint, PushContent(parcel(DEPARTED), changes=names_both).as_json())

    assert list(sink.tracks) == [(NUMBER, "yunda")]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("3天查询无记录", TrackingEnd.no_record),
        ("60天无变化", TrackingEnd.no_change),
        ("别的原因", TrackingEnd.aborted),
    ],
)
async def test_any_other_abort_is_the_end_and_says_why(endpoint, sink, message, why):
    await push(endpoint, PushContent(parcel(), "abort", message).as_json())

    assert sink.ended == {(NUMBER, "yunda"): why}


async def test_what_the_sink_could_not_store_is_pushed_again(account, kuaidi100, kuaidi100_client, clock):
    await kuaidi100_client.subscribe(TrackKey("yunda", NUMBER))
    subscription = kuaidi100.subscriptions["yunda", NUMBER]
    sink = BrokenSink()
    async with ours(account, sink) as http:
        await kuaidi100.push(http, subscription, PushContent(parcel(PICKED_UP)).as_json())
        assert sink.tracks == {}
        sink.is_away = False
        await kuaidi100.repeat(http)
        assert sink.tracks == {}, "not before half an hour has passed"
        clock.advance(timedelta(minutes=30))
        await kuaidi100.repeat(http)

    assert len(sink.tracks[NUMBER, "yunda"]) == 1
    assert kuaidi100.to_repeat == []


async def test_a_push_signed_with_another_salt_is_refused(endpoint, sink, caplog):
    answer = await push(endpoint, PushContent(parcel(PICKED_UP)).as_json(), salt="guessed")

    assert (answer.status_code, answer.json()["result"]) == (403, False)
    assert sink.tracks == {}
    assert NUMBER not in caplog.text


@pytest.mark.parametrize(
    "body", [b"", b"param=%7B%7D", b"sign=x", b"sign=%FF&param=%FF", b"\xff\xfe", b"sign=%E4%BD%A0"]
)
async def test_a_push_without_a_signature_is_refused(endpoint, body):
    answer = await endpoint.post(PATH, content=body, headers={"content-type": "application/x-www-form-urlencoded"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    "content",
    [
        "text",
        {},
        [],
        {"status": "unheard of", "lastResult": {}},
        {"status": "polling", "message": "", "lastResult": {"state": "0"}},
        {"status": "polling", "lastResult": {"nu": "1", "com": "yunda", "data": [{"context": "电话13800001111"}]}},
    ],
)
async def test_a_signed_push_that_cannot_be_read_is_not_acknowledged_nor_quoted(endpoint, sink, caplog, content):
    caplog.set_level(logging.DEBUG)

    answer = await push(endpoint, content)

    assert (answer.status_code, answer.json()["result"]) == (400, False)
    assert sink.tracks == {}
    assert "13800001111" not in caplog.text


async def test_a_body_longer_than_any_track_is_not_read(endpoint):
    answer = await endpoint.post(PATH, content=b"x" * (MAX_BYTES + 1))

    assert answer.status_code == 413


async def test_the_signature_is_over_the_decoded_text_whatever_stands_in_it(endpoint, sink):
    odd = row("2026-03-02 18:00:00", '已收件 +100%&=~*"引号" 😀', "103")
    param = json.dumps(PushContent(parcel(odd)).as_json(), ensure_ascii=False)
    body = urlencode({"param": param, "sign": signed(param + "SALT").lower()})

    await endpoint.post(PATH, content=body, headers={"content-type": "application/x-www-form-urlencoded"})

    assert sink.tracks[NUMBER, "yunda"][0].text == odd["context"]


async def test_subscribing_twice_is_as_good_as_once(kuaidi100_client, kuaidi100, account):
    await kuaidi100_client.subscribe(YTO)
    await kuaidi100_client.subscribe(YTO)

    subscription = kuaidi100.subscriptions["yuantong", YTO_NUMBER]
    assert (subscription.callback_url, subscription.salt) == (account.callback_url, "SALT")


async def test_subscribing_to_a_carrier_that_wants_a_tail_needs_one(kuaidi100_client, kuaidi100):
    with pytest.raises(PhoneTailRequiredError):
        await kuaidi100_client.subscribe(TrackKey("shunfeng", SF_NUMBER))

    await kuaidi100_client.subscribe(TrackKey("shunfeng", SF_NUMBER, "1234"))
    assert list(kuaidi100.subscriptions) == [("shunfeng", SF_NUMBER)]


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("500", TrackingBusyError),
        ("600", TrackingConfigError),
        ("601", TrackingConfigError),
        ("700", CarrierUnknownError),
        ("701", CarrierUnsupportedError),
        ("702", CarrierUnknownError),
        ("999", TrackingError),
    ],
)
async def test_every_refusal_of_a_subscription_is_an_error_of_its_own(kuaidi100_client, kuaidi100, code, error):
    kuaidi100.first_answers = [code]

    with pytest.raises(error) as raised:
        await kuaidi100_client.subscribe(YTO)

    assert raised.type is error


@pytest.mark.parametrize(("carrier", "error"), [("suning", CarrierUnsupportedError), ("nobody", CarrierUnknownError)])
async def test_a_carrier_kuaidi100_refuses_is_refused(kuaidi100_client, carrier, error):
    with pytest.raises(error):
        await kuaidi100_client.subscribe(TrackKey(carrier, NUMBER))


async def test_an_expired_account_raises_the_alarm(kuaidi100_client, kuaidi100, caplog):
    kuaidi100.expired = True

    with pytest.raises(TrackingConfigError):
        await kuaidi100_client.subscribe(YTO)

    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_a_client_may_be_made_without_a_callback(account, kuaidi100_http, clock):
    Kuaidi100Client(Kuaidi100Account(account.customer, account.key, account.salt), kuaidi100_http, clock)
