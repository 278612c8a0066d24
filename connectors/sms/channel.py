"""The channel ``sms``: which gateway, whether at all, and what is remembered of it."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from bot.clock import Clock, local
from bot.delivery.ports import DeliveryError, Outgoing, QuotaError, RecipientGoneError, Sent
from connectors.sms.book import NumberBook
from connectors.sms.catalogue import Approved
from connectors.sms.composing import Composed, Composer
from connectors.sms.gateway import BlockedError, Gateway
from connectors.sms.names import CHANNEL, REST
from connectors.sms.numbers import Number, parse_number

logger = logging.getLogger(__name__)

GOODBYE = "sms_opted_out"
"""The one notice that goes to a number that opted out: that it has been heard."""


@dataclass(frozen=True)
class Route:
    """A gateway; ``approved`` where it takes templates only."""

    gateway: Gateway
    approved: Approved | None = None


@dataclass(frozen=True)
class Limits:
    """How much is sent to one number.

    Parameters
    ----------
    per_day: SMS that go to it in a day of ours, beside codes.
    link_lasts: an SMS that says no more than that there is an answer is spared so long after another.
    """

    per_day: int = 40
    link_lasts: timedelta = timedelta(minutes=30)


class Routes:
    """Gateways by the beginning of a number: country codes, ``*`` for the rest of the world but mainland China.

    There free text does not arrive, so a gateway must have been named for it.
    """

    def __init__(self, by_code: Mapping[str, Route]) -> None:
        self._by_code = by_code

    def to(self, number: Number) -> Route:
        """Raises `RecipientGoneError` for a country that nobody serves."""
        fitting = [code for code in self._by_code if number.digits.startswith(code)]
        code = max(fitting, key=len, default="" if number.is_mainland else REST)
        if code not in self._by_code:
            raise RecipientGoneError("no gateway serves this country", code="no_route")
        return self._by_code[code]


class SmsChannel:
    """A `Channel`.  Recipients are numbers in E.164."""

    name = CHANNEL

    def __init__(self, routes: Routes, composer: Composer, book: NumberBook, clock: Clock, limits: Limits) -> None:
        self._routes = routes
        self._composer = composer
        self._book = book
        self._clock = clock
        self._limits = limits

    def parts(self, outgoing: Outgoing) -> int:  # noqa: ARG002
        """Always one: gateways split and join long SMS themselves."""
        return 1

    async def send(self, outgoing: Outgoing, part: int) -> Sent:  # noqa: ARG002
        number = _number(outgoing)
        route = self._routes.to(number)
        await self._refuse_unless_allowed(outgoing, number)
        composed = await self._composed(outgoing, number, route)
        if composed.says_nothing_else and await self._has_link(number):
            return Sent(details={"covered_by": "link"})
        try:
            sent = await route.gateway.send(composed.sms)
        except BlockedError as error:
            await self._book.block(number, by=error.code, at=self._clock())
            raise
        await self._remember(outgoing, number, composed)
        return sent

    async def was_sent(self, outgoing: Outgoing, part: int, *, since: datetime) -> bool | None:  # noqa: ARG002
        number = _number(outgoing)
        gateway = self._routes.to(number).gateway
        try:
            return await gateway.was_sent(self._composer.opening(outgoing, number), since=since)
        except DeliveryError as error:
            logger.warning("%s does not tell whether delivery %s was sent: %s", gateway.name, outgoing.id, error)
            return None

    async def typing(self, recipient: str, *, on: bool) -> None:
        """Nothing is seen of it by SMS."""

    def can_tell(self, number: Number, notice: str) -> bool:
        """Whether this number's gateway could say a notice of this kind."""
        try:
            route = self._routes.to(number)
        except RecipientGoneError:
            return False
        return route.approved is None or self._composer.has_template(notice, route.approved)

    async def _refuse_unless_allowed(self, outgoing: Outgoing, number: Number) -> None:
        if outgoing.notice is not None and outgoing.notice.kind == GOODBYE:
            return
        if await self._book.is_opted_out(number):
            raise RecipientGoneError("this number opted out", code="opted_out")
        if outgoing.notice is not None and outgoing.notice.is_secret:
            return  # whoever makes codes limits them
        midnight = local(self._clock()).replace(hour=0, minute=0, second=0, microsecond=0)
        if await self._book.sent_since(number, midnight - timedelta(microseconds=1)) >= self._limits.per_day:
            raise QuotaError("this number was sent as much as it may be in a day", code="per_day")

    async def _composed(self, outgoing: Outgoing, number: Number, route: Route) -> Composed:
        if route.approved is None:
            return await self._composer.as_text(outgoing, number, at=self._clock())
        return await self._composer.from_templates(outgoing, number, route.approved, at=self._clock())

    async def _has_link(self, number: Number) -> bool:
        return await self._book.has_link(number, at=self._clock(), lasting=self._limits.link_lasts)

    async def _remember(self, outgoing: Outgoing, number: Number, composed: Composed) -> None:
        if outgoing.notice is not None and outgoing.notice.is_secret:
            return
        try:
            await self._book.went(
                number,
                str(outgoing.id),
                at=self._clock(),
                with_link=composed.leads_to_web or composed.says_nothing_else,
                choices=composed.choices,
            )
        except SQLAlchemyError:
            # It is with the gateway: were this raised, it would be sent a second time.
            logger.exception("delivery %s went out and could not be counted", outgoing.id)


def _number(outgoing: Outgoing) -> Number:
    """Raises `RecipientGoneError` for what is no number."""
    number = parse_number(outgoing.recipient)
    if number is None:
        raise RecipientGoneError("this is no number that gets SMS", code="no_number")
    return number
