"""WeCom customer service as a connector: endpoint, reader and channel from the settings."""

from dataclasses import dataclass

import httpx

from connectors.connector import Connector, Surroundings
from connectors.outlets import Doors, Outlets, Report
from connectors.wecom.account import CHANNEL, WeComAccount
from connectors.wecom.api import WeComApi
from connectors.wecom.channel import WeComChannel
from connectors.wecom.envelope import Envelope
from connectors.wecom.identity import Customers, Identities
from connectors.wecom.media import OutgoingMedia, incoming_media
from connectors.wecom.mirror import Mirror
from connectors.wecom.reader import WeComReader
from connectors.wecom.states import States
from connectors.wecom.syncing import Syncing
from connectors.wecom.webhook import Callback

EVERY_FIVE_MINUTES = "*/5 * * * *"
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=32)


@dataclass(frozen=True)
class Around:
    """What only this connector needs besides its `Surroundings`; whatever is None is done without."""

    reported: Report
    customers: Customers | None = None
    doors: Doors | None = None


def make_connector(around: Surroundings, more: Around, http: httpx.AsyncClient | None = None) -> Connector | None:
    """None where no company is configured.  Raises `SettingsError` for half a configuration."""
    account = WeComAccount.of(around.settings)
    if account is None:
        return None
    database, clock = around.database, around.clock
    http = http or httpx.AsyncClient(limits=_CONNECTIONS)
    api = WeComApi(account, http, database, clock)
    states = States(api, database, clock)
    syncing = Syncing(account, api, database, clock)
    mirror = Mirror(account, api, states, database, clock)
    media = OutgoingMedia(api, around.attachments, database, clock)
    reader = WeComReader(
        account,
        database,
        clock,
        syncing,
        states,
        incoming_media(api, around.attachments, clock),
        Identities(api, database, clock, more.customers if account.has_unionid else None),
        Outlets(around.conversations, around.wake, more.reported, more.doors),
    )
    around.jobs.periodic("wecom.catch_up", EVERY_FIVE_MINUTES, syncing.catch_up)

    async def stop() -> None:
        await mirror.stop()
        await syncing.close()
        await http.aclose()

    return Connector(
        name=CHANNEL,
        callbacks=Callback(Envelope(account), around.inbox, clock).router(),
        reader=reader,
        channel=WeComChannel(account, api, database, clock, media, states),
        start=mirror.start,
        stop=stop,
    )
