"""From settings to a connector: all, nothing, and half of it."""

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from bot.errors import SettingsError
from bot.settings import Settings
from connectors.sms.accounts import accounts_of
from connectors.sms.connector import make_routes
from connectors.sms.console import ConsoleGateway
from connectors.sms.gateway import Filled, Sms
from connectors.sms.numbers import parse_number
from connectors.sms.receiving import router_of
from tests.connectors.sms.conftest import ABROAD, ALIYUN_URL, MOBILE, TENCENT_URL, TWILIO_URL, settings_for
from tests.fakes import FakeInbox


def test_without_settings_there_is_no_sms():
    settings = Settings(_env_file=None)

    assert accounts_of(settings) is None


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"sms_aliyun_access_key": None}, "BOT_SMS_ALIYUN_ACCESS_KEY"),
        ({"sms_aliyun_secret_key": SecretStr("")}, "BOT_SMS_ALIYUN_SECRET_KEY"),
        ({"sms_sign_name": ""}, "BOT_SMS_SIGN_NAME"),
        ({"sms_aliyun_templates": {}}, "BOT_SMS_ALIYUN_TEMPLATES"),
        ({"sms_callback_token": None}, "BOT_SMS_CALLBACK_TOKEN"),
        ({"sms_callback_token": SecretStr("short")}, "BOT_SMS_CALLBACK_TOKEN"),
        ({"sms_aliyun_sources": ["nonsense"]}, "no network"),
        ({"sms_twilio_auth_token": None}, "BOT_SMS_TWILIO_AUTH_TOKEN"),
        ({"sms_twilio_sender": None}, "BOT_SMS_TWILIO_SENDER"),
        ({"public_url": None}, "BOT_PUBLIC_URL"),
        ({"sms_routes": {"86": "twilio"}}, "twilio does not serve 86"),
        ({"sms_routes": {"1": "aliyun"}}, "aliyun serves 86 only"),
        ({"sms_routes": {"86": "pigeon"}}, "pigeon is no gateway"),
        ({"sms_routes": {"china": "aliyun"}}, "china is neither"),
        ({"sms_routes": {}}, "BOT_SMS_ROUTES"),
    ],
)
def test_half_a_configuration_is_refused_with_what_is_missing(catalogue, changes, missing):
    with pytest.raises(SettingsError, match=missing):
        accounts_of(settings_for(catalogue, **changes))


@pytest.mark.parametrize("missing", ["secret_id", "secret_key", "app_id"])
def test_half_a_configuration_of_tencent_is_refused(catalogue, missing):
    settings = settings_for(catalogue, "tencent", **{f"sms_tencent_{missing}": None})

    with pytest.raises(SettingsError, match=f"BOT_SMS_TENCENT_{missing.upper()}"):
        accounts_of(settings)


def test_no_secret_is_seen_in_an_account(catalogue):
    accounts = accounts_of(settings_for(catalogue))

    assert "secret+/key" not in repr(accounts)
    assert "12345" not in repr(accounts)
    assert "nobody-guesses" not in repr(accounts)


async def test_only_the_endpoints_of_configured_gateways_are_there(catalogue, clock):
    app = FastAPI()
    accounts = accounts_of(settings_for(catalogue, sms_routes={"1": "twilio"}))
    app.include_router(router_of(accounts, FakeInbox(), clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        paths = (f"{TWILIO_URL}/up", f"{TWILIO_URL}/status", f"{ALIYUN_URL}/up", f"{TENCENT_URL}/up")
        statuses = [(await http.post(path, content="[]")).status_code for path in paths]

    assert statuses == [403, 403, 404, 404]


async def test_the_console_shows_what_would_be_sent_but_neither_number_nor_code(catalogue, clock):
    settings = Settings(_env_file=None, sms_routes={"86": "console", "*": "console"})
    routes = make_routes(settings, accounts_of(settings), catalogue, None, clock)
    assert routes.to(parse_number(MOBILE)).approved is not None, "templates only, as it would really be"
    assert routes.to(parse_number(ABROAD)).approved is None
    shown: list[str] = []
    console = ConsoleGateway(shown.append)
    number = parse_number(MOBILE)

    await console.send(Sms(number, "r1", "您的快件\nYD1 已签收", Filled("delivered", "delivered", ())))
    await console.send(Sms(number, "r2", "您的验证码是042137", is_secret=True))

    assert shown == ["SMS to +8613****0001 (1): 您的快件 / YD1 已签收", "SMS to +8613****0001 (1): （验证码，不显示）"]
    assert await console.was_sent(Sms(number, "r", ""), since=clock()) is None
