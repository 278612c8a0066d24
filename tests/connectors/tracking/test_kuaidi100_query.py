import asyncio
import json
import logging
from datetime import datetime, timedelta, timezone

import httpx
import pytest
from pydantic import SecretStr

from bot.errors import (
    CarrierUnknownError,
    CarrierUnsupportedError,
    PhoneTailRequiredError,
    SettingsError,
    TrackingBusyError,
    TrackingConfigError,
    TrackingError,
    TrackingTooOftenError,
    TrackNotFoundError,
)
from bot.waybills.model import CheckpointKind, WaybillStatus
from connectors.tracking import http
from connectors.tracking.kuaidi100.account import Kuaidi100Account
from connectors.tracking.kuaidi100.answers import read_track
from connectors.tracking.kuaidi100.client import BACK_OFF_S, Kuaidi100Client
from connectors.tracking.kuaidi100.signature import query_sign
from connectors.tracking.track import TrackKey
from tests.builders import NOW
from tests.connectors.tracking.conftest import SF_NUMBER, YTO_NUMBER, payload
from tests.simulators.kuaidi100 import Parcel, row

YTO = TrackKey("yuantong", YTO_NUMBER)


def answering(account, clock, pauses, answer) -> Kuaidi100Client:
    """A client whose service always answers like this: a response or an error of the wire."""

    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return Kuaidi100Client(account, httpx.AsyncClient(transport=httpx.MockTransport(respond)), clock, pauses)


def test_a_question_is_signed_as_in_the_vector(account):
    param = '{"com":"yuantong","num":"YT1234567890123","phone":"","resultv2":"4","show":"0","order":"desc"}'

    assert query_sign(param, account) == "DD5F379B677A62C8F3AA5B6B240E050F"


async def test_a_track_comes_oldest_first_on_chinese_time(kuaidi100_client):
    track = await kuaidi100_client.track(YTO)

    assert track.status is WaybillStatus.out_for_delivery
    assert [scan.kind for scan in track.checkpoints] == [
        CheckpointKind.picked_up,
        CheckpointKind.arrived,
        CheckpointKind.out_for_delivery,
    ]
    assert track.checkpoints[0].at == datetime(2026, 3, 2, 10, 0, tzinfo=timezone.utc)
    assert [scan.city for scan in track.checkpoints] == ["杭州市", "深圳市", "深圳市"]
    assert track.last.text == "【深圳市】快件正在派件"


async def test_a_question_has_every_field_the_protocol_names(kuaidi100_client, kuaidi100):
    await kuaidi100_client.track(TrackKey("shunfeng", SF_NUMBER, "1234"))

    assert kuaidi100.asked == [
        {
            "com": "shunfeng",
            "num": SF_NUMBER,
            "phone": "1234",
            "from": "",
            "to": "",
            "resultv2": "4",
            "show": "0",
            "order": "desc",
            "lang": "zh",
        }
    ]


async def test_what_is_signed_is_what_is_sent(account, clock, pauses):
    sent = []

    def respond(request: httpx.Request) -> httpx.Response:
        sent.append(httpx.QueryParams(request.content.decode()))
        return httpx.Response(200, json=payload("kuaidi100/signed_for.json"))

    client = Kuaidi100Client(account, httpx.AsyncClient(transport=httpx.MockTransport(respond)), clock, pauses)
    await client.track(TrackKey("yuantong", "YT 单号+&=%"))

    assert sent[0]["sign"] == query_sign(sent[0]["param"], account)
    assert json.loads(sent[0]["param"])["num"] == "YT 单号+&=%"


@pytest.mark.parametrize("carrier", ["shunfeng", "shunfengkuaiyun", "zhongtong"])
async def test_without_a_tail_a_carrier_that_wants_one_is_not_even_asked(kuaidi100_client, kuaidi100, carrier):
    with pytest.raises(PhoneTailRequiredError):
        await kuaidi100_client.track(TrackKey(carrier, "75123456789012"))

    assert kuaidi100.asked == []


async def test_a_wrong_tail_is_refused(kuaidi100_client):
    with pytest.raises(PhoneTailRequiredError):
        await kuaidi100_client.track(TrackKey("shunfeng", SF_NUMBER, "0000"))


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("400", CarrierUnknownError),
        ("401", CarrierUnsupportedError),
        ("408", PhoneTailRequiredError),
        ("500", TrackNotFoundError),
        ("501", TrackingBusyError),
        ("502", TrackingBusyError),
        ("503", TrackingConfigError),
        ("504", TrackingTooOftenError),
        ("601", TrackingConfigError),
        ("999", TrackingError),
    ],
)
async def test_every_return_code_is_an_error_of_its_own(kuaidi100_client, kuaidi100, code, error):
    kuaidi100.first_answers = [code] * 3

    with pytest.raises(error) as raised:
        await kuaidi100_client.track(YTO)

    assert raised.type is error


def test_the_documented_refusal_is_read(clock):
    with pytest.raises(PhoneTailRequiredError):
        read_track(payload("kuaidi100/phone_wanted.json"), YTO, asked_at=NOW)


def test_the_documented_answer_is_read():
    track = read_track(payload("kuaidi100/signed_for.json"), YTO, asked_at=NOW)

    assert (track.status, track.last.kind, track.last.city) == (
        WaybillStatus.delivered,
        CheckpointKind.delivered,
        "深圳市",
    )
    assert track.asked_at == NOW


def test_numbers_do_where_the_documents_promise_strings():
    track = read_track(payload("kuaidi100/numbers_for_strings.json"), YTO, asked_at=NOW)

    assert track.status is WaybillStatus.out_for_delivery
    assert [scan.kind for scan in track.checkpoints] == [
        CheckpointKind.picked_up,
        CheckpointKind.arrived,
        CheckpointKind.out_for_delivery,
    ]


def test_a_return_code_may_be_a_number():
    with pytest.raises(TrackingTooOftenError):
        read_track({"result": False, "returnCode": 504}, YTO, asked_at=NOW)


def test_an_answer_without_scans_is_no_track():
    with pytest.raises(TrackNotFoundError):
        read_track(payload("kuaidi100/signed_for.json") | {"data": None}, YTO, asked_at=NOW)


@pytest.mark.parametrize(
    "rows", [["x"], [{"context": "没有时间"}], [{"time": "昨天"}], "x", [{"time": "0001-01-01"}, {}]]
)
def test_a_track_that_cannot_be_read_is_told_without_quoting_it(rows):
    with pytest.raises(TrackingError) as raised:
        read_track({"status": "200", "data": rows}, YTO, asked_at=NOW)

    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


async def test_a_busy_server_is_asked_again_after_growing_pauses(kuaidi100_client, kuaidi100, pauses):
    kuaidi100.first_answers = ["502", "501"]

    track = await kuaidi100_client.track(YTO)

    assert track.waybill_no == YTO_NUMBER
    assert pauses.taken == list(BACK_OFF_S)


async def test_a_server_that_stays_busy_is_left_alone_after_three_questions(kuaidi100_client, kuaidi100):
    kuaidi100.first_answers = ["502"] * 9

    with pytest.raises(TrackingBusyError):
        await kuaidi100_client.track(YTO)

    assert len(kuaidi100.asked) == 3


@pytest.mark.parametrize("code", ["400", "408", "500", "503", "504", "601"])
async def test_only_a_busy_server_is_asked_again(kuaidi100_client, kuaidi100, pauses, code):
    kuaidi100.first_answers = [code]

    with pytest.raises(Exception, match=YTO_NUMBER):
        await kuaidi100_client.track(YTO)

    assert (len(kuaidi100.asked), pauses.taken) == (1, [])


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.ReadTimeout("slow"), TrackingBusyError),
        (httpx.ConnectError("away"), TrackingBusyError),
        (httpx.Response(502, text="Bad Gateway"), TrackingBusyError),
        (httpx.Response(404, text="nothing here"), TrackingError),
        (httpx.Response(200, text="<html>"), TrackingError),
        (httpx.Response(200, text="[]"), TrackingError),
        (httpx.Response(200, text="{}"), TrackingError),
        (httpx.Response(200, content=b"\xff\xfe"), TrackingError),
    ],
)
async def test_whatever_goes_wrong_on_the_wire_is_an_error_of_ours(account, clock, pauses, answer, error):
    with pytest.raises(error) as raised:
        await answering(account, clock, pauses, answer).track(YTO)

    assert raised.type is error
    assert pauses.taken == []


async def test_a_service_that_drips_is_given_up(account, clock, pauses, monkeypatch):
    monkeypatch.setattr(http, "TIMEOUT_S", 0.01)

    async def forever(_: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    client = Kuaidi100Client(account, httpx.AsyncClient(transport=httpx.MockTransport(forever)), clock, pauses)

    with pytest.raises(TrackingBusyError):
        await client.track(YTO)


async def test_a_wrong_key_raises_the_alarm(kuaidi100_http, account, clock, pauses, caplog):
    wrong = Kuaidi100Account(account.customer, SecretStr("other"), account.salt)

    with pytest.raises(TrackingConfigError):
        await Kuaidi100Client(wrong, kuaidi100_http, clock, pauses).track(YTO)

    assert [record.levelno for record in caplog.records if record.name.startswith("connectors")] == [logging.ERROR]


async def test_no_secret_and_no_phone_gets_into_a_log(kuaidi100_client, kuaidi100, caplog):
    caplog.set_level(logging.DEBUG)
    kuaidi100.first_answers = ["601"]
    key = TrackKey("shunfeng", SF_NUMBER, "9876")

    with pytest.raises(TrackingConfigError) as raised:
        await kuaidi100_client.track(key)

    told = caplog.text + str(raised.value) + repr(key)
    assert not [secret for secret in ("9876", "KEYabc123", "SALT") if secret in told]


def test_an_account_does_not_print_its_secrets(account):
    assert not [secret for secret in ("KEYabc123", "SALT") if secret in f"{account!r} {account}"]


@pytest.mark.parametrize(("key", "salt"), [("", "SALT"), ("KEY", "")])
def test_an_account_without_key_or_salt_is_refused(key, salt):
    with pytest.raises(SettingsError):
        Kuaidi100Account(customer="CUST0001", key=SecretStr(key), salt=SecretStr(salt))


async def test_the_source_asks_the_same_thing_once_in_half_an_hour(kuaidi100_source, kuaidi100, clock):
    first = await kuaidi100_source.track(YTO_NUMBER)
    clock.advance(timedelta(minutes=29, seconds=59))
    again = await kuaidi100_source.track(YTO_NUMBER)
    clock.advance(timedelta(seconds=1))
    later = await kuaidi100_source.track(YTO_NUMBER)

    assert len(kuaidi100.asked) == 2
    assert first.asked_at == again.asked_at
    assert later.asked_at == clock()


async def test_many_askers_at_once_share_one_question(kuaidi100_source, kuaidi100):
    tracks = await asyncio.gather(*(kuaidi100_source.track(YTO_NUMBER) for _ in range(20)))

    assert len(kuaidi100.asked) == 1
    assert len(set(tracks)) == 1


async def test_a_question_too_often_is_answered_from_memory(kuaidi100_source, kuaidi100, clock):
    first = await kuaidi100_source.track(YTO_NUMBER)
    clock.advance(timedelta(minutes=31))
    kuaidi100.first_answers = ["504"]

    again = await kuaidi100_source.track(YTO_NUMBER)
    clock.advance(timedelta(minutes=29))
    await kuaidi100_source.track(YTO_NUMBER)

    assert again == first
    assert len(kuaidi100.asked) == 2


async def test_a_new_number_gets_its_track_later(kuaidi100_source, kuaidi100, clock):
    number = "YT9999999999999"
    assert await kuaidi100_source.track(number) is None
    kuaidi100.add(Parcel("yuantong", number, [row("2026-03-04 10:10:00", "已收件", "103")], "1"))
    assert await kuaidi100_source.track(number) is None

    clock.advance(timedelta(minutes=30))

    assert (await kuaidi100_source.track(number)).status is WaybillStatus.picked_up
