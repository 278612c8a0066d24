"""The vendors' own SDKs against our simulators and our signatures: neither was written by looking at the other."""

import asyncio
import socket
from base64 import b64encode
from contextlib import asynccontextmanager
from hashlib import sha1
from hmac import new as hmac_new
from types import SimpleNamespace

import pytest
import uvicorn
from alibabacloud_dysmsapi20170525 import models as aliyun_models
from alibabacloud_dysmsapi20170525.client import Client as AliyunClient
from alibabacloud_tea_openapi.models import Config as AliyunConfig
from alibabacloud_tea_util.models import RuntimeOptions
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception.tencent_cloud_sdk_exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile
from tencentcloud.sms.v20210111 import models as tencent_models
from tencentcloud.sms.v20210111.sms_client import SmsClient
from tencentcloud.sms.v20210111.sms_client_async import SmsClient as AsyncSmsClient
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client as TwilioClient

from bot.clock import system_clock
from connectors.sms.aliyun.signature import authorization as aliyun_authorization
from connectors.sms.aliyun.signature import canonical_query
from connectors.sms.tencent.signature import authorization as tencent_authorization
from connectors.sms.twilio.signature import is_from_twilio, signature
from tests.simulators.sms import AliyunSimulator, TencentSimulator, TwilioSimulator

MOBILE = "13900000001"
TEXTS = {"SMS_1": "您的快件${waybill_no}${status}", "1900001": "您的快件{1}{2}"}


class Recorded:
    """What an application was asked last: headers and query as they came, and the body."""

    def __init__(self, app) -> None:
        self.app = app

    async def __call__(self, scope, receive, send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        message = await receive()
        self.headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.query = scope["query_string"].decode()
        self.body = message.get("body", b"")

        async def replay():
            return message

        await self.app(scope, replay, send)


@asynccontextmanager
async def listening(app):
    """The application on a port of its own, for clients that speak real HTTP."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        recorded = Recorded(app)
        server = uvicorn.Server(uvicorn.Config(recorded, log_level="critical", lifespan="off", ws="none"))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield SimpleNamespace(host=f"127.0.0.1:{bound.getsockname()[1]}", recorded=recorded)
        finally:
            server.should_exit = True
            await serving


# -- Aliyun --------------------------------------------------------------------------------------------


@pytest.fixture
async def aliyun():
    simulator = AliyunSimulator(system_clock, TEXTS)
    async with listening(simulator.app) as at:
        config = AliyunConfig(
            access_key_id=simulator.access_key,
            access_key_secret=simulator.secret_key,
            endpoint=at.host,
            protocol="HTTP",
        )
        yield SimpleNamespace(simulator=simulator, client=AliyunClient(config), recorded=at.recorded)


def aliyun_request(**changes):
    values = {
        "phone_numbers": MOBILE,
        "sign_name": "云递速运",
        "template_code": "SMS_1",
        "template_param": '{"waybill_no":"YD 1*~+/=&","status":"派送中"}',
        "out_id": "out-1",
    }
    return aliyun_models.SendSmsRequest(**(values | changes))


QUICK = RuntimeOptions(read_timeout=5000, connect_timeout=5000, autoretry=False)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_the_sdk_of_aliyun_signs_is_verified(aliyun, way):
    if way == "sync":
        answer = await asyncio.to_thread(aliyun.client.send_sms_with_options, aliyun_request(), QUICK)
    else:
        answer = await aliyun.client.send_sms_with_options_async(aliyun_request(), QUICK)

    assert (answer.body.code, answer.body.biz_id) == ("OK", aliyun.simulator.sent[0]["biz_id"])
    assert aliyun.simulator.handsets.of("+8613900000001") == ["【云递速运】您的快件YD 1*~+/=&派送中"]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_we_sign_what_the_sdk_of_aliyun_signs_as_it_does(aliyun, way):
    if way == "sync":
        await asyncio.to_thread(aliyun.client.send_sms_with_options, aliyun_request(), QUICK)
    else:
        await aliyun.client.send_sms_with_options_async(aliyun_request(), QUICK)
    theirs = aliyun.recorded.headers["authorization"]
    signed = theirs.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    sent = aliyun.simulator.sent[0]
    params = {name: sent[name] for name in ("PhoneNumbers", "SignName", "TemplateCode", "TemplateParam", "OutId")}

    ours = aliyun_authorization(
        "POST",
        canonical_query(params),
        {name: aliyun.recorded.headers[name] for name in signed},
        aliyun.recorded.body,
        access_key=aliyun.simulator.access_key,
        secret_key=aliyun.simulator.secret_key,
    )

    assert ours == theirs


async def test_the_sdk_of_aliyun_sees_a_refusal_inside_http_200(aliyun):
    answer = await aliyun.client.send_sms_with_options_async(aliyun_request(template_code="SMS_2"), QUICK)

    assert (answer.status_code, answer.body.code) == (200, "isv.SMS_TEMPLATE_ILLEGAL")


async def test_a_wrong_secret_in_the_sdk_of_aliyun_is_refused(aliyun):
    aliyun.simulator.secret_key = "another"

    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        await aliyun.client.send_sms_with_options_async(aliyun_request(), QUICK)


async def test_the_sdk_of_aliyun_reads_our_details(aliyun):
    await aliyun.client.send_sms_with_options_async(aliyun_request(), QUICK)
    asked = aliyun_models.QuerySendDetailsRequest(
        phone_number=MOBILE, send_date=aliyun.simulator.sent[0]["day"], page_size=10, current_page=1
    )

    answer = await aliyun.client.query_send_details_with_options_async(asked, QUICK)

    rows = answer.body.sms_send_detail_dtos.sms_send_detail_dto
    assert [(row.out_id, row.send_status) for row in rows] == [("out-1", 3)]


# -- Tencent -------------------------------------------------------------------------------------------


@pytest.fixture
async def tencent():
    simulator = TencentSimulator(system_clock, TEXTS)
    async with listening(simulator.app) as at:
        profile = ClientProfile(httpProfile=HttpProfile(endpoint=at.host, protocol="http", reqTimeout=5))
        yield SimpleNamespace(
            simulator=simulator,
            credential=Credential(simulator.secret_id, simulator.secret_key),
            profile=profile,
            recorded=at.recorded,
        )


def tencent_request(**changes):
    request = tencent_models.SendSmsRequest()
    values = {
        "PhoneNumberSet": ["+8613900000001"],
        "SmsSdkAppId": "1400006666",
        "SignName": "云递速运",
        "TemplateId": "1900001",
        "TemplateParamSet": ["YD1", "派送中"],
        "SessionContext": "ctx",
    }
    request._deserialize(values | changes)
    return request


async def tencent_send(tencent, way, request):
    if way == "sync":
        client = SmsClient(tencent.credential, "ap-guangzhou", tencent.profile)
        return await asyncio.to_thread(client.SendSms, request)
    async with AsyncSmsClient(tencent.credential, "ap-guangzhou", tencent.profile) as client:
        return await client.SendSms(request)


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_what_the_sdk_of_tencent_signs_is_verified(tencent, way):
    answer = await tencent_send(tencent, way, tencent_request())

    status = answer.SendStatusSet[0]
    assert (status.Code, status.SerialNo, status.SessionContext) == ("Ok", tencent.simulator.sent[0]["serial"], "ctx")
    assert tencent.simulator.handsets.of("+8613900000001") == ["【云递速运】您的快件YD1派送中"]


@pytest.mark.parametrize("way", ["sync", "async"])
async def test_we_sign_what_the_sdk_of_tencent_signs_as_it_does(tencent, way):
    from datetime import datetime, timezone

    await tencent_send(tencent, way, tencent_request())
    recorded = tencent.recorded

    ours = tencent_authorization(
        recorded.body,
        host=recorded.headers["host"],
        at=datetime.fromtimestamp(int(recorded.headers["x-tc-timestamp"]), timezone.utc),
        secret_id=tencent.simulator.secret_id,
        secret_key=tencent.simulator.secret_key,
    )

    assert ours == recorded.headers["authorization"]


async def test_the_sdk_of_tencent_sees_both_kinds_of_refusal(tencent):
    refused = await tencent_send(tencent, "sync", tencent_request(TemplateParamSet=["only one"]))
    assert refused.SendStatusSet[0].Code == "FailedOperation.TemplateParamSetNotMatchApprovedTemplate"

    tencent.simulator.first_errors = ["LimitExceeded.DailyLimit"]
    with pytest.raises(TencentCloudSDKException) as error:
        await tencent_send(tencent, "sync", tencent_request())
    assert error.value.code == "LimitExceeded.DailyLimit"


async def test_a_wrong_secret_in_the_sdk_of_tencent_is_refused(tencent):
    tencent.simulator.secret_key = "another"

    with pytest.raises(TencentCloudSDKException) as error:
        await tencent_send(tencent, "sync", tencent_request())

    assert error.value.code == "AuthFailure.SignatureFailure"


# -- Twilio --------------------------------------------------------------------------------------------

OFFICIAL_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
OFFICIAL_FORM = {
    "CallSid": ["CA1234567890ABCDE"],
    "Digits": ["1234"],
    "From": ["+14158675309"],
    "To": ["+18005551212"],
    "Caller": ["+14158675309"],
}
OFFICIAL = "RSOYDt4T1cUTdK1PDd93/VVr8B8="


class ToSimulator(TwilioHttpClient):
    """The SDK's own client, sent to another host."""

    def __init__(self, host: str) -> None:
        super().__init__()
        self.host = host

    def request(self, method, url, *args, **kwargs):
        return super().request(method, url.replace("https://api.twilio.com", f"http://{self.host}"), *args, **kwargs)


@pytest.fixture
async def twilio():
    simulator = TwilioSimulator(system_clock)
    async with listening(simulator.app) as at:
        client = TwilioClient(simulator.account_sid, simulator.auth_token, http_client=ToSimulator(at.host))
        yield SimpleNamespace(simulator=simulator, client=client)
        client.http_client.session.close()


async def test_the_sdk_of_twilio_sends_through_our_simulator(twilio):
    sent = await asyncio.to_thread(
        twilio.client.messages.create, to="+14158675309", from_="+14155550100", body="on its way"
    )

    assert sent.sid == twilio.simulator.sent[0]["sid"]
    assert twilio.simulator.handsets.of("+14158675309") == ["on its way"]


async def test_the_sdk_of_twilio_sees_21610(twilio):
    twilio.simulator.opted_out.add("+14158675309")

    with pytest.raises(TwilioRestException) as refused:
        await asyncio.to_thread(twilio.client.messages.create, to="+14158675309", from_="+14155550100", body="x")

    assert refused.value.code == 21610


def test_the_official_vector_of_twilio():
    assert signature(OFFICIAL_URL, OFFICIAL_FORM, "12345") == OFFICIAL
    assert is_from_twilio(OFFICIAL_URL, OFFICIAL_FORM, OFFICIAL, "12345")
    assert not is_from_twilio(OFFICIAL_URL, OFFICIAL_FORM, OFFICIAL, "12346")
    assert not is_from_twilio(OFFICIAL_URL + "&x", OFFICIAL_FORM, OFFICIAL, "12345")
    assert not is_from_twilio(OFFICIAL_URL, OFFICIAL_FORM | {"Digits": ["1235"]}, OFFICIAL, "12345")


@pytest.mark.parametrize(
    "form",
    [
        {"Body": ["退订单 😀 & = +"], "From": ["+1"], "body": [""]},
        {"Same": ["b", "a", "b"], "A": ["1"]},
        {},
    ],
)
@pytest.mark.parametrize("url", [OFFICIAL_URL, "https://chat.example.com/sms/twilio/up", "https://h.cn:8443/x"])
def test_the_validator_of_the_sdk_and_we_agree(form, url):
    validator = RequestValidator("12345")
    from multidict import MultiDict

    theirs = validator.compute_signature(url, MultiDict([(name, value) for name in form for value in form[name]]))

    assert signature(url, form, "12345") == theirs
    assert validator.validate(url, MultiDict([(n, v) for n in form for v in form[n]]), signature(url, form, "12345"))


@pytest.mark.parametrize("signed", ["https://h.cn/up", "https://h.cn:443/up"])
@pytest.mark.parametrize("configured", ["https://h.cn/up", "https://h.cn:443/up"])
def test_twilio_may_sign_the_address_with_its_port_or_without(signed, configured):
    digest = hmac_new(b"12345", signed.encode() + b"ab", sha1).digest()

    assert is_from_twilio(configured, {"a": ["b"]}, b64encode(digest).decode(), "12345")
