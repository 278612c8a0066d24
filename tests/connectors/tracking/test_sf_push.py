import logging

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.errors import PhoneTailRequiredError, SettingsError, TrackingConfigError, TrackingError
from bot.waybills.model import CheckpointKind
from connectors.tracking.sf.account import SfAccount
from connectors.tracking.sf.webhook import make_router
from connectors.tracking.sink import InMemoryTrackSink, TrackingEnd
from connectors.tracking.track import TrackKey
from tests.connectors.tracking.conftest import SF_NUMBER
from tests.simulators.sf import route

TOKEN = "a-long-random-text"
URL = f"/webhooks/sf/{TOKEN}"
PICKED_UP = route("2026-03-02 18:00:00", "已收取快件", "50")
ON_ITS_WAY = route("2026-03-03 02:00:00", "快件到达【广州白云中转场】", "31", "广州市")
SIGNED = route("2026-03-04 09:00:00", "已签收", "80")


@pytest.fixture
def sink() -> InMemoryTrackSink:
    return InMemoryTrackSink()


@pytest.fixture
async def endpoint(sink):
    app = FastAPI()
    app.include_router(make_router(SfAccount("PARTNER1", SecretStr("check"), SecretStr(TOKEN)), sink))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://chat.example.com") as http:
        yield http


async def test_scans_come_one_by_one_in_any_order_and_the_delivery_is_the_end(endpoint, sf, sink):
    for one in (ON_ITS_WAY, PICKED_UP, SIGNED, PICKED_UP):
        answer = await sf.push(endpoint, URL, SF_NUMBER, one)
        assert answer.json() == {"return_code": "0000", "return_msg": "成功"}

    assert [scan.kind for scan in sink.tracks[SF_NUMBER, "shunfeng"]] == [
        CheckpointKind.picked_up,
        CheckpointKind.departed,
        CheckpointKind.delivered,
    ]
    assert sink.ended == {(SF_NUMBER, "shunfeng"): TrackingEnd.signed}
    assert sf.to_repeat == []


async def test_one_push_may_hold_scans_of_several_waybills(endpoint, sink):
    routes = [{"mailno": number, **PICKED_UP} for number in (SF_NUMBER, "SF9999999999999")]

    await endpoint.post(URL, json={"Body": {"WaybillRoute": routes}})

    assert len(sink.tracks) == 2


@pytest.mark.parametrize("token", ["guessed", "a-long-random-tex", "%E4%BD%A0"])
async def test_who_does_not_know_the_address_pushes_nothing(endpoint, sf, sink, caplog, token):
    answer = await sf.push(endpoint, f"/webhooks/sf/{token}", SF_NUMBER, PICKED_UP)

    assert answer.status_code == 403
    assert (sink.tracks, len(sf.to_repeat)) == ({}, 1)
    assert TOKEN not in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"Body": {}}',
        b'{"Body": {"WaybillRoute": []}}',
        b'{"Body": {"WaybillRoute": [{"acceptTime": "2026-03-02 18:00:00", "remark": "13800001111"}]}}',
        b'{"Body": {"WaybillRoute": [{"mailno": "SF1", "acceptTime": "13800001111"}]}}',
    ],
)
async def test_what_cannot_be_read_is_not_acknowledged_nor_quoted(endpoint, sink, caplog, content):
    caplog.set_level(logging.DEBUG)

    answer = await endpoint.post(URL, content=content)

    assert (answer.status_code, answer.json()["return_code"]) == (400, "1000")
    assert sink.tracks == {}
    assert "13800001111" not in caplog.text


def test_there_is_no_endpoint_without_a_token(sf_account, sink):
    with pytest.raises(SettingsError):
        make_router(sf_account, sink)
    with pytest.raises(SettingsError):
        SfAccount("PARTNER1", SecretStr("check"), SecretStr("short"))


async def test_registering_names_the_waybill_and_the_tail(sf_client, sf):
    await sf_client.subscribe(TrackKey("shunfeng", SF_NUMBER, "1234"))

    [asked] = sf.registered
    assert (asked["attributeNo"], asked["checkPhoneNo"]) == (SF_NUMBER, "1234")


async def test_registering_needs_the_tail_and_may_be_refused(sf_client, sf):
    with pytest.raises(PhoneTailRequiredError):
        await sf_client.subscribe(TrackKey("shunfeng", SF_NUMBER))
    sf.inner_error = "8016"
    with pytest.raises(TrackingError):
        await sf_client.subscribe(TrackKey("shunfeng", SF_NUMBER, "1234"))
    sf.envelope = "A1004"
    with pytest.raises(TrackingConfigError):
        await sf_client.subscribe(TrackKey("shunfeng", SF_NUMBER, "1234"))
