"""What Tencent Cloud's codes mean for us, whether they stand at the top of an answer or with a number."""

from datetime import datetime, timedelta

from bot.clock import local
from bot.delivery.ports import (
    ContentRefusedError,
    DeliveryError,
    MisconfiguredError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.sms.gateway import BlockedError
from connectors.sms.windows import Window, until_next

_KINDS: dict[type[DeliveryError], tuple[str, ...]] = {
    BlockedError: ("FailedOperation.PhoneNumberInBlacklist",),
    RecipientGoneError: (
        "InvalidParameterValue.IncorrectPhoneNumber",
        "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
        "UnsupportedOperation.UnsupportedRegion",
    ),
    ContentRefusedError: (
        "FailedOperation.TemplateParamSetNotMatchApprovedTemplate",
        "FailedOperation.ContainSensitiveWord",
        "FailedOperation.ForbidAddMarketingTemplates",
        "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError",
        "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
    ),
    MisconfiguredError: (
        "FailedOperation.SignatureIncorrectOrUnapproved",
        "FailedOperation.TemplateIncorrectOrUnapproved",
        "FailedOperation.TemplateUnapprovedOrNotExist",
        "FailedOperation.InsufficientBalanceInSmsPackage",
        "InvalidParameterValue.SdkAppIdNotExist",
        "UnauthorizedOperation.SdkAppIdIsDisabled",
        "UnauthorizedOperation.SmsSdkAppIdVerifyFail",
        "UnauthorizedOperation",
    ),
}
_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}
_WINDOWS = {
    "LimitExceeded.PhoneNumberOneHourLimit": Window.hour,
    "LimitExceeded.PhoneNumberDailyLimit": Window.day,
    "LimitExceeded.PhoneNumberSameContentDailyLimit": Window.day,
    "LimitExceeded.AppDailyLimit": Window.day,
    "LimitExceeded.DailyLimit": Window.day,
}
_HALF_A_MINUTE = "LimitExceeded.PhoneNumberThirtySecondLimit"
_NIGHT = "FailedOperation.MarketingSendTimeConstraint"
_MORNING_HOUR = 8


def error_of(code: str, *, now: datetime) -> DeliveryError:
    """An unknown code is tried again, and given up after some times."""
    if code in _WINDOWS or code in (_HALF_A_MINUTE, _NIGHT):
        return TryAgainError(f"tencent answered {code}", code=code, after=_pause(code, now))
    if code.startswith("AuthFailure"):
        return MisconfiguredError("tencent does not accept our key or signature", code=code)
    kind = _BY_CODE.get(code, TryAgainError)
    return kind(f"tencent answered {code or 'nothing'}", code=code)


def _pause(code: str, now: datetime) -> timedelta:
    if code == _HALF_A_MINUTE:
        return timedelta(seconds=31)
    if code == _NIGHT:
        return _until_morning(now)
    return until_next(_WINDOWS[code], now)


def _until_morning(now: datetime) -> timedelta:
    """Advertising goes between eight and twenty-two only."""
    here = local(now)
    morning = here.replace(hour=_MORNING_HOUR, minute=0, second=1, microsecond=0)
    return (morning if here < morning else morning + timedelta(days=1)) - here
