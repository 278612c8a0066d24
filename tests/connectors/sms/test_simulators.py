"""The simulators are as strict as the platforms: whoever passes here did not pass by luck."""

from datetime import timedelta

import httpx
import pytest

from bot.delivery.ports import MisconfiguredError
from connectors.sms.gateway import Filled, Sms
from connectors.sms.numbers import parse_number
from tests.connectors.sms.conftest import ABROAD, MOBILE

STATUS = "运单 YD2026000000011 **派送中**\n"
PARAMS = {"PhoneNumbers": "13900000001", "SignName": "云递速运", "TemplateCode": "SMS_1000007", "TemplateParam": "{}"}


def aliyun_request(world, nonce="n1", params=PARAMS) -> httpx.Request:
    return world.routes.to(parse_number(MOBILE)).gateway.request("SendSms", params, nonce=nonce)


async def code_of(simulator, request: httpx.Request) -> str:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(simulator.app)) as http:
        answer = (await http.send(request)).json()
    return answer.get("Code") or answer["Response"].get("Error", {}).get("Code", "")


async def test_a_replayed_request_is_refused_by_aliyun(world):
    first = await code_of(world.aliyun, aliyun_request(world))

    assert not first.startswith("Signature")
    assert await code_of(world.aliyun, aliyun_request(world)) == "SignatureNonceUsed"


@pytest.mark.parametrize("change", ["query", "header", "method", "host"])
async def test_a_changed_request_is_refused_by_aliyun(world, change):
    request = aliyun_request(world)
    headers = dict(request.headers)
    url, method = str(request.url), "POST"
    if change == "query":
        url = url.replace("13900000001", "13900000002")
    elif change == "header":
        headers["x-acs-action"] = "QuerySendDetails"
    elif change == "host":
        headers["host"] = "elsewhere.test"
    else:
        headers["x-acs-content-sha256"] = "0" * 64

    assert await code_of(world.aliyun, httpx.Request(method, url, headers=headers)) == "SignatureDoesNotMatch"


async def test_an_old_request_is_refused_by_both(world, tencent_world):
    old = aliyun_request(world)
    gateway = tencent_world.routes.to(parse_number(MOBILE)).gateway
    stale = gateway.request({"PhoneNumberSet": [MOBILE]}, at=tencent_world.clock())
    world.clock.advance(timedelta(minutes=16))

    assert await code_of(world.aliyun, old) == "InvalidTimeStamp.Expired"
    assert await code_of(tencent_world.tencent, stale) == "AuthFailure.SignatureExpire"


async def test_a_changed_body_is_refused_by_tencent(tencent_world):
    gateway = tencent_world.routes.to(parse_number(MOBILE)).gateway
    request = gateway.request({"PhoneNumberSet": [MOBILE]}, at=tencent_world.clock())
    headers = {name: value for name, value in request.headers.items() if name != "content-length"}
    changed = httpx.Request("POST", request.url, headers=headers, content=request.content + b" ")

    assert await code_of(tencent_world.tencent, changed) == "AuthFailure.SignatureFailure"


async def test_an_unapproved_template_is_refused_by_both(world, tencent_world):
    for each, simulator in ((world, world.aliyun), (tencent_world, tencent_world.tencent)):
        simulator.templates.clear()
        with pytest.raises(MisconfiguredError):
            await each.say(STATUS)
    assert world.handsets.shown == tencent_world.handsets.shown == []


async def test_a_signature_that_is_not_ours_is_refused_by_both(world, tencent_world):
    for each, simulator in ((world, world.aliyun), (tencent_world, tencent_world.tencent)):
        simulator.sign_name = "别家"
        with pytest.raises(MisconfiguredError):
            await each.say(STATUS)


@pytest.mark.parametrize("values", [(("waybill_no", "YD1"),), ()])
async def test_values_that_do_not_fit_the_template_are_refused_by_tencent(tencent_world, values):
    from bot.delivery.ports import ContentRefusedError

    gateway = tencent_world.routes.to(parse_number(MOBILE)).gateway
    code = next(code for code, text in tencent_world.tencent.templates.items() if "正在派送" in text)

    with pytest.raises(ContentRefusedError):
        await gateway.send(Sms(parse_number(MOBILE), "r", "x", Filled("out_for_delivery", code, values)))


async def test_twilio_does_not_know_mainland_china_or_a_foreign_sender(world):
    gateway = world.routes.to(parse_number(ABROAD)).gateway

    with pytest.raises(MisconfiguredError) as refused:
        await gateway.send(Sms(parse_number(MOBILE), "r", "hello"))
    assert refused.value.code == "21408"
    world.twilio.sender = "+14155550199"
    with pytest.raises(MisconfiguredError) as refused:
        await gateway.send(Sms(parse_number(ABROAD), "r", "hello"))
    assert refused.value.code == "21606"


async def test_a_push_nobody_takes_is_given_up_after_three_repetitions(world):
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200, text="OK"))) as http:
        await world.aliyun.write(http, "http://platform.test", MOBILE, "查件")
        for minutes in (1, 5, 10):
            world.clock.advance(timedelta(minutes=minutes))
            assert await world.aliyun.pusher.repeat_due(http) == 1

    assert world.aliyun.pusher.pending == []
    assert len(world.aliyun.pusher.given_up) == 1
