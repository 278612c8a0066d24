"""What Aliyun's codes mean for us."""

from datetime import datetime

from bot.delivery.ports import (
    ContentRefusedError,
    DeliveryError,
    MisconfiguredError,
    RecipientGoneError,
    TryAgainError,
)
from connectors.sms.windows import Window, until_next

_KINDS: dict[type[DeliveryError], tuple[str, ...]] = {
    RecipientGoneError: ("isv.MOBILE_NUMBER_ILLEGAL", "isv.MOBILE_COUNT_OVER_LIMIT", "isv.BLACKLIST"),
    ContentRefusedError: (
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.INVALID_JSON_PARAM",
        "isv.PARAM_LENGTH_LIMIT",
        "isv.PARAM_NOT_SUPPORT_URL",
        "isv.BLACK_KEY_CONTROL_LIMIT",
        "isv.INVALID_PARAMETERS",
    ),
    MisconfiguredError: (
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.SIGN_STATE_ILLEGAL",
        "isv.SMS_SIGNATURE_SCENE_ILLEGAL",
        "isv.EXTEND_CODE_ERROR",
        "isv.AMOUNT_NOT_ENOUGH",
        "isv.OUT_OF_SERVICE",
        "isv.PRODUCT_UN_SUBSCRIPT",
        "isv.ACCOUNT_NOT_EXISTS",
        "isv.ACCOUNT_ABNORMAL",
        "isp.RAM_PERMISSION_DENY",
        "SignatureDoesNotMatch",
        "IncompleteSignature",
        "InvalidTimeStamp.Expired",
        "Forbidden.RAM",
    ),
}
_BY_CODE = {code: kind for kind, codes in _KINDS.items() for code in codes}
_FLOW = ("isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL")


def error_of(code: str, message: str, *, now: datetime) -> DeliveryError:
    """The error for an answer that is not ``OK``.  An unknown code is tried again, and given up after some times."""
    if code in _FLOW:
        window = _window(code, message)
        return TryAgainError(f"aliyun lets no more through this {window}", code=code, after=until_next(window, now))
    if code.startswith("InvalidAccessKeyId"):
        return MisconfiguredError("aliyun does not know our access key", code=code)
    kind = _BY_CODE.get(code, TryAgainError)
    return kind(f"aliyun answered {code or 'nothing'}", code=code)


def _window(code: str, message: str) -> Window:
    """Which limit was hit: 触发分钟级流控Permits:1."""
    if code == "isv.DAY_LIMIT_CONTROL" or "天级" in message:
        return Window.day
    return Window.hour if "小时级" in message else Window.minute
