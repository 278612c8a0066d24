"""SMS as a connector: endpoints, reader and channel from the settings."""

from collections.abc import Mapping

import httpx

from bot.clock import Clock
from bot.settings import Settings
from connectors.connector import Connector, Surroundings
from connectors.sms.accounts import Accounts, accounts_of
from connectors.sms.aliyun import pushes as aliyun
from connectors.sms.aliyun.client import LONGEST_VALUE, AliyunGateway
from connectors.sms.book import NumberBook
from connectors.sms.catalogue import Approved, Catalogue, check_templates, load_catalogue
from connectors.sms.channel import Limits, Route, Routes, SmsChannel
from connectors.sms.composing import Composer
from connectors.sms.console import NAME as CONSOLE
from connectors.sms.console import ConsoleGateway
from connectors.sms.http import TIMEOUT_S
from connectors.sms.links import ContinueLinks
from connectors.sms.names import CHANNEL
from connectors.sms.numbers import CHINA_CODE
from connectors.sms.pushes import PushReader
from connectors.sms.reader import Deliveries, Intake, SmsReader
from connectors.sms.receiving import router_of
from connectors.sms.tencent import pushes as tencent
from connectors.sms.tencent.client import TencentGateway
from connectors.sms.twilio import pushes as twilio
from connectors.sms.twilio.client import TwilioGateway

READERS: Mapping[tuple[str, str], PushReader] = {
    ("aliyun", aliyun.UP): aliyun.read_up,
    ("aliyun", aliyun.REPORT): aliyun.read_report,
    ("tencent", tencent.UP): tencent.read_up,
    ("tencent", tencent.STATUS): tencent.read_status,
    ("twilio", twilio.UP): twilio.read_up,
    ("twilio", twilio.STATUS): twilio.read_status,
}
"""How each gateway's letters are read, also those of one that is no longer configured."""


def make_connector(
    around: Surroundings, deliveries: Deliveries, links: ContinueLinks | None = None
) -> Connector | None:
    """None where no SMS is configured.  Raises `SettingsError` for half a configuration."""
    settings = around.settings
    accounts = accounts_of(settings)
    if accounts is None:
        return None
    catalogue = _catalogue(settings, accounts)
    http = httpx.AsyncClient(timeout=TIMEOUT_S)
    book = NumberBook(around.database)
    usable = links if _is_reachable(settings, accounts) else None
    composer = Composer(catalogue, usable, max_segments=settings.sms_max_segments)
    routes = make_routes(settings, accounts, catalogue, http, around.clock)
    channel = SmsChannel(routes, composer, book, around.clock, Limits(per_day=settings.sms_per_number_per_day))
    intake = Intake(messages=settings.sms_messages_per_hour, max_chars=settings.max_message_chars)
    reader = SmsReader(
        around.database, book, around.conversations, deliveries, around.wake, channel.can_tell, READERS, intake
    )
    return Connector(
        name=CHANNEL,
        callbacks=router_of(accounts, around.inbox, around.clock),
        reader=reader,
        channel=channel,
        stop=http.aclose,
    )


def _is_reachable(settings: Settings, accounts: Accounts) -> bool:
    """A link to this machine's own address opens nothing on a customer's phone; on the developer's screen it does."""
    return bool(settings.public_url) or set(accounts.routes.values()) == {CONSOLE}


def make_routes(
    settings: Settings, accounts: Accounts, catalogue: Catalogue, http: httpx.AsyncClient, clock: Clock
) -> Routes:
    """A gateway for each route."""
    known: dict[str, Route] = {}
    if accounts.aliyun:
        approved = Approved(accounts.aliyun.templates, LONGEST_VALUE)
        known["aliyun"] = Route(AliyunGateway(accounts.aliyun, http, clock), approved)
    if accounts.tencent:
        approved = Approved(accounts.tencent.templates, settings.sms_tencent_variable_chars)
        known["tencent"] = Route(TencentGateway(accounts.tencent, http, clock), approved)
    if accounts.twilio:
        known["twilio"] = Route(TwilioGateway(accounts.twilio, http))
    return Routes({code: known.get(name) or _console(code, catalogue) for code, name in accounts.routes.items()})


def _console(code: str, catalogue: Catalogue) -> Route:
    """What is sent to mainland China there is what would be: templates, all of them approved."""
    approved = Approved({kind: kind for kind in catalogue.templates}, LONGEST_VALUE)
    return Route(ConsoleGateway(), approved if code == CHINA_CODE else None)


def _catalogue(settings: Settings, accounts: Accounts) -> Catalogue:
    """The one of the settings or ours, with what the gateways have approved checked against it."""
    catalogue = load_catalogue(settings.sms_catalogue) if settings.sms_catalogue else load_catalogue()
    if accounts.aliyun:
        check_templates("aliyun", accounts.aliyun.templates, catalogue)
    if accounts.tencent:
        check_templates("tencent", accounts.tencent.templates, catalogue)
    return catalogue
