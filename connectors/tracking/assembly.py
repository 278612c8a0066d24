"""Waybills of other carriers put together from the settings; for the composition root."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from fastapi import APIRouter
from pydantic import SecretStr

from bot.clock import Clock
from bot.db import Database
from bot.errors import SettingsError
from bot.jobs import Jobs
from bot.settings import Settings
from bot.waybills.access import GuessLimit
from bot.waybills.source import WaybillSource
from connectors.tracking.first_of import FirstOf
from connectors.tracking.guesses import TailGuesses
from connectors.tracking.inquiries import Inquiries
from connectors.tracking.kuaidi100 import webhook as kuaidi100_webhook
from connectors.tracking.kuaidi100.account import Kuaidi100Account
from connectors.tracking.kuaidi100.client import Kuaidi100Client
from connectors.tracking.kuaidi100.source import Kuaidi100Source
from connectors.tracking.memory import STALE_AFTER
from connectors.tracking.parcels import OtherCarriers
from connectors.tracking.postgres_cache import PostgresTrackCache
from connectors.tracking.postgres_sink import PostgresTrackSink
from connectors.tracking.sf import webhook as sf_webhook
from connectors.tracking.sf.account import SfAccount
from connectors.tracking.sf.client import SfClient
from connectors.tracking.sf.push import SF
from connectors.tracking.sf.source import SfSource
from connectors.tracking.source import TrackerSource
from connectors.tracking.subscriptions import Subscriber, Subscriptions
from connectors.tracking.tries import TailTries

KEPT = timedelta(days=90)
"""Tracks and what opened them; SF itself knows no older ones."""
EVERY_NIGHT = "40 19 * * *"
"""In UTC: twenty to four in China."""
_FOR_THE_REST_S = 1.0
"""Of the time a turn may take, what everything but the tracking service needs."""
_LEAST_PATIENCE_S = 0.5


@dataclass(frozen=True)
class Tracking:
    """Everything about other carriers; ``routers`` are the endpoints services push to."""

    parcels: OtherCarriers
    sink: PostgresTrackSink
    routers: tuple[APIRouter, ...]
    http: httpx.AsyncClient

    async def close(self) -> None:
        await self.http.aclose()


def track_elsewhere(
    settings: Settings,
    database: Database,
    clock: Clock,
    jobs: Jobs,
    own: WaybillSource,
    limit: GuessLimit,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Tracking | None:
    """None while no service is configured: then nothing but our own waybills is known.

    ``transport`` replaces the network, for tests.  Raises `SettingsError` for a service configured by half.
    """
    kuaidi100, sf = kuaidi100_account(settings), sf_account(settings)
    if kuaidi100 is None and sf is None:
        return None
    http = httpx.AsyncClient(transport=transport)
    asked = _Asked(
        kuaidi100=Kuaidi100Client(kuaidi100, http, clock) if kuaidi100 else None,
        sf=SfClient(sf, http, clock) if sf else None,
    )
    sink, inquiries = PostgresTrackSink(database, clock), Inquiries(database, clock)
    caches = {name: PostgresTrackCache(database, name) for name in ("sf", "kuaidi100")}
    subscribers = asked.subscribers(
        kuaidi100=bool(kuaidi100 and kuaidi100.callback_url), sf=bool(sf and settings.sf_register_routes)
    )
    parcels = OtherCarriers(
        FirstOf(own, *asked.sources(caches, clock, limit)),
        sink,
        inquiries,
        TailTries(database, clock, limit),
        clock,
        guess=asked.kuaidi100.guess if asked.kuaidi100 else None,
        subscriptions=Subscriptions(database, clock, jobs, inquiries, subscribers) if subscribers else None,
        patience_s=max(_LEAST_PATIENCE_S, settings.nlu_timeout_s - _FOR_THE_REST_S),
    )

    async def nightly(_: datetime) -> None:
        for cache in caches.values():
            await cache.forget(before=clock() - STALE_AFTER)
        await inquiries.forget(before=clock() - KEPT)
        await sink.forget(before=clock() - KEPT)

    jobs.periodic("tracking.forget", EVERY_NIGHT, nightly)
    return Tracking(parcels, sink, _routers(kuaidi100, sf, sink), http)


@dataclass(frozen=True)
class _Asked:
    """The services that are configured."""

    kuaidi100: Kuaidi100Client | None
    sf: SfClient | None

    def sources(
        self, caches: Mapping[str, PostgresTrackCache], clock: Clock, limit: GuessLimit
    ) -> Iterator[TrackerSource]:
        """SF knows its own parcels best and is asked first."""
        # Those counted in PostgreSQL end the guessing; this only stands between them and the services.
        guesses = TailGuesses(clock, limit=limit.per_waybill + 1, window=limit.window)
        if self.sf is not None:
            yield SfSource(self.sf, clock, cache=caches["sf"], guesses=guesses)
        if self.kuaidi100 is not None:
            yield Kuaidi100Source(self.kuaidi100, clock, cache=caches["kuaidi100"], guesses=guesses)

    def subscribers(self, *, kuaidi100: bool, sf: bool) -> dict[str, Subscriber]:
        """Those that are to push, by carrier."""
        found: dict[str, Subscriber] = {}
        if kuaidi100 and self.kuaidi100 is not None:
            found[""] = self.kuaidi100
        if sf and self.sf is not None:
            found[SF] = self.sf
        return found


def kuaidi100_account(settings: Settings) -> Kuaidi100Account | None:
    """None when nothing of it is set.  Raises `SettingsError` when half of it is."""
    given = (settings.kuaidi100_customer, settings.kuaidi100_key, settings.kuaidi100_salt)
    if not any(given):
        return None
    urls = {
        "query_url": settings.kuaidi100_query_url,
        "subscribe_url": settings.kuaidi100_subscribe_url,
        "guess_url": settings.kuaidi100_guess_url,
    }
    return Kuaidi100Account(
        customer=settings.kuaidi100_customer or "",
        key=settings.kuaidi100_key or SecretStr(""),
        salt=settings.kuaidi100_salt or SecretStr(""),
        callback_url=settings.kuaidi100_callback_url or "",
        **{name: url for name, url in urls.items() if url},
    )


def sf_account(settings: Settings) -> SfAccount | None:
    """None when nothing of it is set.  Raises `SettingsError` when half of it is."""
    if not (settings.sf_partner_id or settings.sf_checkword):
        return None
    token = settings.sf_push_token or SecretStr("")
    if settings.sf_register_routes and not token.get_secret_value():
        raise SettingsError("BOT_SF_REGISTER_ROUTES needs BOT_SF_PUSH_TOKEN: no push of SF would be taken")
    return SfAccount(
        partner_id=settings.sf_partner_id or "",
        checkword=settings.sf_checkword or SecretStr(""),
        push_token=token,
        **({"url": settings.sf_url} if settings.sf_url else {}),
    )


def _routers(
    kuaidi100: Kuaidi100Account | None, sf: SfAccount | None, sink: PostgresTrackSink
) -> tuple[APIRouter, ...]:
    routers = [kuaidi100_webhook.make_router(kuaidi100, sink)] if kuaidi100 else []
    if sf is not None and sf.push_token.get_secret_value():
        routers.append(sf_webhook.make_router(sf, sink))
    return tuple(routers)
