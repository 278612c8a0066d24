"""A gateway to chat through as a customer would: it takes what the platform sends, and pushes what is typed."""

import secrets
from collections.abc import Callable, Mapping

import httpx
from fastapi import FastAPI

from bot.clock import Clock
from bot.errors import SettingsError
from bot.settings import Settings
from connectors.sms.accounts import Accounts, accounts_of
from connectors.sms.aliyun.client import LONGEST_VALUE
from connectors.sms.catalogue import Catalogue
from connectors.sms.names import REST
from connectors.sms.numbers import Number
from connectors.sms.simulators.aliyun import AliyunSimulator
from connectors.sms.simulators.handsets import Handsets, Shown
from connectors.sms.simulators.tencent import TencentSimulator
from connectors.sms.simulators.twilio import TwilioSimulator
from connectors.sms.submitting import all_submitted


class Simulation:
    """The gateway of one number, with the accounts of the settings.

    Parameters
    ----------
    platform: where the platform listens, e.g. ``http://127.0.0.1:8080``.
    show: called with each SMS that arrives.
    """

    def __init__(
        self,
        settings: Settings,
        catalogue: Catalogue,
        clock: Clock,
        number: Number,
        *,
        platform: str,
        show: Callable[[Shown], None],
    ) -> None:
        accounts = accounts_of(settings)
        if accounts is None:
            raise SettingsError("no SMS is configured; 'bot simulate sms --settings' prints lines for .env")
        self.gateway = _gateway_of(accounts, number)
        self._number = number
        self._platform = platform.rstrip("/")
        self._token = settings.sms_callback_token.get_secret_value() if settings.sms_callback_token else ""
        base = f"{settings.base_url.rstrip('/')}/c/"
        handsets = Handsets(when_shown=show)
        self._simulator = _make(settings, accounts, catalogue, clock, self.gateway, base, handsets)
        self._reported = 0

    @property
    def app(self) -> FastAPI:
        """What the platform's endpoint setting has to lead to."""
        return self._simulator.app

    async def write(self, http: httpx.AsyncClient, text: str) -> int:
        """The customer writes; the status of the platform's answer, 0 for none."""
        path = f"/sms/{self.gateway}" + ("" if self.gateway == "twilio" else f"/{self._token}")
        return await self._simulator.write(http, self._platform + path, self._number.e164, text)

    async def report_new(self, http: httpx.AsyncClient) -> None:
        """What arrived is reported as delivered; pushes that were not acknowledged are repeated."""
        rows, self._reported = self._simulator.sent[self._reported :], len(self._simulator.sent)
        url = f"{self._platform}/sms/{self.gateway}/{self._token}"
        simulator = self._simulator
        for row in rows:
            if isinstance(simulator, AliyunSimulator):
                await simulator.pusher.push(http, f"{url}/report", [simulator.report(row)])
            elif isinstance(simulator, TencentSimulator):
                await simulator.pusher.push(http, f"{url}/status", [simulator.status(row)])
            else:
                form = simulator.status(row, "delivered")
                await simulator.call(http, f"{self._platform}/sms/twilio/status", form)
        if not isinstance(simulator, TwilioSimulator):
            await simulator.pusher.repeat_due(http)


def _gateway_of(accounts: Accounts, number: Number) -> str:
    """The gateway that serves the number.  Raises `SettingsError` where there is nothing to simulate."""
    fitting = [code for code in accounts.routes if number.digits.startswith(code)]
    name = accounts.routes.get(max(fitting, key=len, default="" if number.is_mainland else REST), "")
    if name not in ("aliyun", "tencent", "twilio"):
        raise SettingsError(f"BOT_SMS_ROUTES sends this number to {name or 'no gateway'}, which cannot be simulated")
    return name


def _make(
    settings: Settings,
    accounts: Accounts,
    catalogue: Catalogue,
    clock: Clock,
    gateway: str,
    base: str,
    handsets: Handsets,
) -> AliyunSimulator | TencentSimulator | TwilioSimulator:
    if gateway == "aliyun" and accounts.aliyun:
        texts = dict(all_submitted(catalogue, "aliyun", longest_value=LONGEST_VALUE, base=base))
        return AliyunSimulator(
            clock,
            _by_code(accounts.aliyun.templates, texts),
            access_key=accounts.aliyun.access_key,
            secret_key=accounts.aliyun.secret_key.get_secret_value(),
            sign_name=accounts.aliyun.sign_name,
            handsets=handsets,
        )
    if gateway == "tencent" and accounts.tencent:
        longest = settings.sms_tencent_variable_chars
        texts = dict(all_submitted(catalogue, "tencent", longest_value=longest, base=base))
        return TencentSimulator(
            clock,
            _by_code(accounts.tencent.templates, texts),
            secret_id=accounts.tencent.secret_id,
            secret_key=accounts.tencent.secret_key.get_secret_value(),
            app_id=accounts.tencent.app_id,
            sign_name=accounts.tencent.sign_name,
            variable_chars=longest,
            handsets=handsets,
        )
    if accounts.twilio is None:
        raise SettingsError("this gateway is not configured")
    twilio = TwilioSimulator(
        clock,
        account_sid=accounts.twilio.account_sid,
        auth_token=accounts.twilio.auth_token.get_secret_value(),
        sender=accounts.twilio.sender,
        handsets=handsets,
    )
    twilio.seen_as = accounts.twilio.public_url
    return twilio


def _by_code(codes: Mapping[str, str], texts: Mapping[str, str]) -> dict[str, str]:
    return {code: texts[kind] for kind, code in codes.items() if kind in texts}


def settings_lines(catalogue: Catalogue, *, port: int, public_url: str) -> list[str]:
    """Lines for ``.env`` that make the platform use simulated gateways on a port of this machine."""
    aliyun = ", ".join(f'"{kind}": "SMS_1000{place:03d}"' for place, kind in enumerate(catalogue.templates))
    return [
        'BOT_SMS_ROUTES={"86": "aliyun", "*": "twilio"}',
        "BOT_SMS_SIGN_NAME=云递速运",
        f"BOT_SMS_CALLBACK_TOKEN={secrets.token_urlsafe(24)}",
        f"BOT_PUBLIC_URL={public_url}",
        "BOT_SMS_ALIYUN_ACCESS_KEY=simulated",
        f"BOT_SMS_ALIYUN_SECRET_KEY={secrets.token_urlsafe(12)}",
        f"BOT_SMS_ALIYUN_ENDPOINT=http://127.0.0.1:{port}",
        f"BOT_SMS_ALIYUN_TEMPLATES={{{aliyun}}}",
        f"BOT_SMS_TWILIO_ACCOUNT_SID=AC{secrets.token_hex(16)}",
        f"BOT_SMS_TWILIO_AUTH_TOKEN={secrets.token_urlsafe(12)}",
        "BOT_SMS_TWILIO_SENDER=+14155550100",
        f"BOT_SMS_TWILIO_ENDPOINT=http://127.0.0.1:{port}",
    ]
