"""Which gateways are configured; half a configuration is refused with what is missing."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.sms.aliyun.account import AliyunAccount
from connectors.sms.callbacks import Gate
from connectors.sms.names import REST
from connectors.sms.numbers import CHINA_CODE
from connectors.sms.tencent.account import TencentAccount
from connectors.sms.twilio.account import TwilioAccount

GATEWAYS = ("aliyun", "tencent", "twilio", "console")
_DOMESTIC = ("aliyun", "tencent")


@dataclass(frozen=True)
class Accounts:
    """``routes`` names the gateway for the beginning of a number; ``*`` is every country but mainland China."""

    routes: Mapping[str, str]
    aliyun: AliyunAccount | None
    tencent: TencentAccount | None
    twilio: TwilioAccount | None
    aliyun_gate: Gate | None
    tencent_gate: Gate | None


def accounts_of(settings: Settings) -> Accounts | None:
    """None where no SMS is configured.  Raises `SettingsError`."""
    if not settings.sms_routes:
        _refuse_without_routes(settings)
        return None
    used = set(settings.sms_routes.values())
    _check_routes(settings.sms_routes)
    return Accounts(
        routes=settings.sms_routes,
        aliyun=_aliyun(settings) if "aliyun" in used else None,
        tencent=_tencent(settings) if "tencent" in used else None,
        twilio=_twilio(settings) if "twilio" in used else None,
        aliyun_gate=Gate.of(settings.sms_callback_token, settings.sms_aliyun_sources) if "aliyun" in used else None,
        tencent_gate=Gate.of(settings.sms_callback_token, settings.sms_tencent_sources) if "tencent" in used else None,
    )


def _check_routes(routes: Mapping[str, str]) -> None:
    for code, name in routes.items():
        if name not in GATEWAYS:
            raise SettingsError(f"BOT_SMS_ROUTES: {name} is no gateway; there are {', '.join(GATEWAYS)}")
        if code != REST and not code.isdecimal():
            raise SettingsError(f"BOT_SMS_ROUTES: {code} is neither a country code nor *")
        if name in _DOMESTIC and code != CHINA_CODE:
            raise SettingsError(f"BOT_SMS_ROUTES: {name} serves {CHINA_CODE} only")
    if routes.get(CHINA_CODE) == "twilio":
        # Neither answers nor links work there, so nobody would be served.
        raise SettingsError(f"BOT_SMS_ROUTES: twilio does not serve {CHINA_CODE}")


def _refuse_without_routes(settings: Settings) -> None:
    given = [
        name for name in ("aliyun_access_key", "tencent_secret_id", "twilio_account_sid") if _value(settings, name)
    ]
    if given:
        raise SettingsError(f"BOT_SMS_ROUTES is missing: which numbers go to the gateway of {_variable(given[0])}")


def _aliyun(settings: Settings) -> AliyunAccount:
    _refuse_missing(settings, "aliyun_access_key", "aliyun_secret_key", "sign_name", "aliyun_templates")
    return AliyunAccount(
        access_key=settings.sms_aliyun_access_key or "",
        secret_key=settings.sms_aliyun_secret_key or SecretStr(""),
        sign_name=settings.sms_sign_name,
        templates=settings.sms_aliyun_templates,
        extend_code=settings.sms_aliyun_extend_code,
        endpoint=settings.sms_aliyun_endpoint,
    )


def _tencent(settings: Settings) -> TencentAccount:
    _refuse_missing(
        settings, "tencent_secret_id", "tencent_secret_key", "tencent_app_id", "sign_name", "tencent_templates"
    )
    return TencentAccount(
        secret_id=settings.sms_tencent_secret_id or "",
        secret_key=settings.sms_tencent_secret_key or SecretStr(""),
        app_id=settings.sms_tencent_app_id or "",
        sign_name=settings.sms_sign_name,
        templates=settings.sms_tencent_templates,
        region=settings.sms_tencent_region,
        extend_code=settings.sms_tencent_extend_code,
        endpoint=settings.sms_tencent_endpoint,
    )


def _twilio(settings: Settings) -> TwilioAccount:
    _refuse_missing(settings, "twilio_account_sid", "twilio_auth_token", "twilio_sender")
    if not settings.public_url:
        raise SettingsError("BOT_PUBLIC_URL is missing: twilio signs the address that it calls")
    return TwilioAccount(
        account_sid=settings.sms_twilio_account_sid or "",
        auth_token=settings.sms_twilio_auth_token or SecretStr(""),
        sender=settings.sms_twilio_sender or "",
        public_url=settings.public_url.rstrip("/"),
        endpoint=settings.sms_twilio_endpoint,
    )


def _refuse_missing(settings: Settings, *names: str) -> None:
    missing = [_variable(name) for name in names if not _value(settings, name)]
    if missing:
        raise SettingsError(f"SMS is configured by half; missing: {', '.join(missing)}")


def _value(settings: Settings, name: str) -> object:
    value = getattr(settings, f"sms_{name}")
    return value.get_secret_value() if isinstance(value, SecretStr) else value


def _variable(name: str) -> str:
    return f"BOT_SMS_{name.upper()}"
