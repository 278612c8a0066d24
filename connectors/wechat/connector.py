"""WeChat as a connector: endpoint, reader and channel from the settings."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import httpx
from sqlalchemy import delete

from bot.clock import Clock
from bot.db import Database
from bot.delivery.ports import Channel
from connectors.connector import Connector, Surroundings
from connectors.outlets import Doors, Outlets, Report
from connectors.wechat import joining, menu
from connectors.wechat.account import CHANNEL, WeChatAccount, WeChatReply
from connectors.wechat.api import WeChatApi
from connectors.wechat.channel import WeChatChannel
from connectors.wechat.envelope import Envelope
from connectors.wechat.followers import Followers
from connectors.wechat.identity import Customers, Identities
from connectors.wechat.media import OutgoingMedia, incoming_media
from connectors.wechat.nonces import Nonces
from connectors.wechat.notices import FILE as NOTICES
from connectors.wechat.notices import Notices, read_layouts
from connectors.wechat.passive import PassiveChannel, PassiveReplies
from connectors.wechat.reader import WeChatReader
from connectors.wechat.tables import WeChatCarried
from connectors.wechat.webhook import Callback

EVERY_TEN_MINUTES = "*/10 * * * *"
_CONNECTIONS = httpx.Limits(max_connections=64, max_keepalive_connections=32)


@dataclass(frozen=True)
class Around:
    """What only this connector needs besides its `Surroundings`; whatever is None is done without."""

    reported: Report
    customers: Customers | None = None
    doors: Doors | None = None


def make_connector(around: Surroundings, more: Around, http: httpx.AsyncClient | None = None) -> Connector | None:
    """None where no account is configured.  Raises `SettingsError` for half a configuration."""
    account = WeChatAccount.of(around.settings)
    if account is None:
        return None
    settings, database, clock = around.settings, around.database, around.clock
    http = http or httpx.AsyncClient(limits=_CONNECTIONS)
    api = WeChatApi(account, http, database, clock)
    nonces = Nonces(database, clock)
    replies = None
    if account.reply is WeChatReply.passive:
        replies = PassiveReplies(database, clock, account.text_bytes)
    reader = WeChatReader(
        database,
        clock,
        Followers(account.quota),
        incoming_media(api, around.attachments, clock),
        Identities(api, database, clock, more.customers if account.has_unionid else None),
        Outlets(around.conversations, around.wake, more.reported, more.doors),
        menu.read_menu(settings.wechat_menu or menu.FILE).titles(),
    )
    around.jobs.periodic("wechat.forget", EVERY_TEN_MINUTES, _forgetting(database, clock, nonces, replies))
    return Connector(
        name=CHANNEL,
        callbacks=Callback(Envelope(account), around.inbox, clock, nonces, replies).router(),
        reader=reader,
        channel=_channel(account, api, around),
        stop=http.aclose,
    )


def _channel(account: WeChatAccount, api: WeChatApi, around: Surroundings) -> Channel:
    database, clock, settings = around.database, around.clock, around.settings
    if account.reply is WeChatReply.passive:
        return PassiveChannel(database, clock, account.text_bytes)
    layouts = read_layouts(settings.wechat_notices or NOTICES)
    notices = Notices(api, database, clock, settings.wechat_templates, layouts)
    media = OutgoingMedia(api, around.attachments, database, clock)
    return WeChatChannel(account, api, database, clock, media, notices)


def _forgetting(
    database: Database, clock: Clock, nonces: Nonces, replies: PassiveReplies | None
) -> Callable[[datetime], Awaitable[None]]:
    async def forget(_: datetime) -> None:
        await nonces.forget()
        if replies is not None:
            await replies.forget()
        async with database.transaction() as session:
            await session.execute(delete(WeChatCarried).where(WeChatCarried.at < clock() - joining.KEPT))

    return forget
