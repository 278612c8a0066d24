"""What gateways refuse, and how: inside HTTP 200, per number, and on the way."""

from datetime import datetime, timedelta, timezone

import httpx
import pytest

from bot.delivery.ports import (
    ContentRefusedError,
    MisconfiguredError,
    QuotaError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.sms.aliyun import errors as aliyun_errors
from connectors.sms.gateway import BlockedError
from connectors.sms.http import call
from connectors.sms.tencent import errors as tencent_errors
from connectors.sms.twilio import errors as twilio_errors
from connectors.sms.windows import Window, until_next
from tests.connectors.sms.conftest import ABROAD, MOBILE

NOW = datetime(2026, 3, 4, 2, 10, 20, tzinfo=timezone.utc)  # 10:10:20 in China
ANSWER = "运单 YD2026000000011 **派送中**\n今天"


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("isv.MOBILE_NUMBER_ILLEGAL", RecipientGoneError),
        ("isv.TEMPLATE_MISSING_PARAMETERS", ContentRefusedError),
        ("isv.INVALID_JSON_PARAM", ContentRefusedError),
        ("isv.PARAM_LENGTH_LIMIT", ContentRefusedError),
        ("isv.BLACK_KEY_CONTROL_LIMIT", ContentRefusedError),
        ("isv.SMS_SIGNATURE_ILLEGAL", MisconfiguredError),
        ("isv.SMS_TEMPLATE_ILLEGAL", MisconfiguredError),
        ("isv.AMOUNT_NOT_ENOUGH", MisconfiguredError),
        ("isv.OUT_OF_SERVICE", MisconfiguredError),
        ("isp.RAM_PERMISSION_DENY", MisconfiguredError),
        ("isv.EXTEND_CODE_ERROR", MisconfiguredError),
        ("isv.SIGN_STATE_ILLEGAL", MisconfiguredError),
        ("isv.SMS_SIGNATURE_SCENE_ILLEGAL", MisconfiguredError),
        ("isv.NEVER_SEEN", TryAgainError),
    ],
)
async def test_aliyun_refuses_inside_http_200(world, code, kind):
    world.aliyun.first_answers = [(code, "13900000001 被拒绝")]

    with pytest.raises(kind) as refused:
        await world.say(ANSWER)

    assert refused.value.code == code
    assert "139" not in str(refused.value)
    assert world.handsets.shown == []


@pytest.mark.parametrize(
    ("code", "message", "after"),
    [
        ("isv.BUSINESS_LIMIT_CONTROL", "触发分钟级流控Permits:1", timedelta(seconds=41)),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发小时级流控Permits:5", timedelta(minutes=49, seconds=41)),
        ("isv.BUSINESS_LIMIT_CONTROL", "触发天级流控Permits:10", timedelta(hours=13, minutes=49, seconds=41)),
        ("isv.DAY_LIMIT_CONTROL", "", timedelta(hours=13, minutes=49, seconds=41)),
    ],
)
def test_aliyun_is_tried_again_when_its_window_is_over(code, message, after):
    error = aliyun_errors.error_of(code, message, now=NOW)

    assert isinstance(error, TryAgainError)
    assert error.after == after


async def test_the_daily_limit_of_aliyun_holds_a_number_back(world):
    world.aliyun.per_day = 1
    await world.say(ANSWER)

    with pytest.raises(TryAgainError) as refused:
        await world.say(ANSWER)

    assert refused.value.after == timedelta(hours=14, seconds=1)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("FailedOperation.SignatureIncorrectOrUnapproved", MisconfiguredError),
        ("FailedOperation.TemplateIncorrectOrUnapproved", MisconfiguredError),
        ("FailedOperation.InsufficientBalanceInSmsPackage", MisconfiguredError),
        ("FailedOperation.TemplateParamSetNotMatchApprovedTemplate", ContentRefusedError),
        ("InvalidParameterValue.ContentLengthLimit", ContentRefusedError),
        ("InvalidParameterValue.IncorrectPhoneNumber", RecipientGoneError),
        ("FailedOperation.PhoneNumberInBlacklist", BlockedError),
        ("LimitExceeded.PhoneNumberThirtySecondLimit", TryAgainError),
        ("AuthFailure.SecretIdNotFound", MisconfiguredError),
        ("InternalError.Timeout", TryAgainError),
    ],
)
@pytest.mark.parametrize("place", ["first_errors", "first_statuses"])
async def test_tencent_refuses_at_the_top_of_its_answer_or_with_the_number(tencent_world, code, kind, place):
    setattr(tencent_world.tencent, place, [code])

    with pytest.raises(kind) as refused:
        await tencent_world.say(ANSWER)

    assert refused.value.code == code
    assert tencent_world.handsets.shown == []


@pytest.mark.parametrize(
    ("code", "after"),
    [
        ("LimitExceeded.PhoneNumberThirtySecondLimit", timedelta(seconds=31)),
        ("LimitExceeded.PhoneNumberOneHourLimit", timedelta(minutes=49, seconds=41)),
        ("LimitExceeded.PhoneNumberDailyLimit", timedelta(hours=13, minutes=49, seconds=41)),
        ("FailedOperation.MarketingSendTimeConstraint", timedelta(hours=21, minutes=49, seconds=41)),
    ],
)
def test_tencent_is_tried_again_when_its_window_is_over(code, after):
    assert tencent_errors.error_of(code, now=NOW).after == after


def test_advertising_refused_before_eight_goes_at_eight():
    early = datetime(2026, 3, 3, 23, 0, tzinfo=timezone.utc)  # 07:00 in China

    error = tencent_errors.error_of("FailedOperation.MarketingSendTimeConstraint", now=early)

    assert error.after == timedelta(hours=1, seconds=1)


async def test_tencent_refuses_the_same_words_within_half_a_minute(tencent_world):
    await tencent_world.say(ANSWER)

    # The link differs each time, a notice does not.
    await tencent_world.tell("delivered", waybill_no="YD2026000000011")
    with pytest.raises(TryAgainError):
        await tencent_world.tell("delivered", waybill_no="YD2026000000011")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (21211, RecipientGoneError),
        (21614, RecipientGoneError),
        (21610, BlockedError),
        (21617, ContentRefusedError),
        (21408, MisconfiguredError),
        (21606, MisconfiguredError),
        (20003, MisconfiguredError),
        (29999, TryAgainError),
    ],
)
async def test_twilio_refuses_with_a_code(world, code, kind):
    world.twilio.first_errors = [code]

    with pytest.raises(kind) as refused:
        await world.say("hello", to=ABROAD)

    assert refused.value.code == str(code)


def test_21610_is_gone_and_no_quota():
    error = twilio_errors.error_of("21610")

    assert isinstance(error, RecipientGoneError)
    assert not isinstance(error, QuotaError)


async def test_tencent_and_twilio_get_only_what_they_can_send(world, tencent_world):
    """The way round: a template for Twilio is not even built, a text for the others refused."""
    from connectors.sms.gateway import Sms
    from connectors.sms.numbers import parse_number

    sms = Sms(parse_number(MOBILE), "r", "free text")
    for each in (world, tencent_world):
        with pytest.raises(ContentRefusedError):
            await each.routes.to(parse_number(MOBILE)).gateway.send(sms)


# -- the way there -----------------------------------------------------------------------------------


async def asked(handler) -> None:
    async with httpx.AsyncClient(transport=httpx.MockTransport(handler)) as http:
        await call(http, http.build_request("POST", "http://gateway.test/"), service="gateway")


def failing(error):
    def handler(request):
        raise error("no", request=request)

    return handler


@pytest.mark.parametrize(
    ("error", "may_have_arrived"),
    [
        (httpx.ConnectError, False),
        (httpx.ConnectTimeout, False),
        (httpx.PoolTimeout, False),
        (httpx.ReadTimeout, True),
        (httpx.WriteTimeout, True),
        (httpx.RemoteProtocolError, True),
    ],
)
async def test_a_request_that_never_left_is_told_from_one_whose_answer_is_missing(error, may_have_arrived):
    with pytest.raises(TryAgainError) as trouble:
        await asked(failing(error))

    assert trouble.value.may_have_arrived is may_have_arrived


@pytest.mark.parametrize(
    ("answer", "may_have_arrived"),
    [
        (httpx.Response(503), True),
        (httpx.Response(200, text="<html>"), True),
        (httpx.Response(200, json=[]), True),
        (httpx.Response(404, text="no"), False),
    ],
)
async def test_an_answer_that_is_none_is_tried_again(answer, may_have_arrived):
    with pytest.raises(TryAgainError) as trouble:
        await asked(lambda _: answer)

    assert trouble.value.may_have_arrived is may_have_arrived


async def test_too_many_requests_wait_as_long_as_they_are_told():
    with pytest.raises(TryAgainError) as trouble:
        await asked(lambda _: httpx.Response(429, headers={"Retry-After": "30"}))

    assert trouble.value.after == timedelta(seconds=30)


@pytest.mark.parametrize("window", list(Window))
def test_a_window_ends_a_second_after_its_last(window):
    end = NOW + until_next(window, NOW)

    assert end > NOW
    assert (end - timedelta(seconds=1)).second == 0
