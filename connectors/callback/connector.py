"""The callback channel as a connector: endpoints, reader and channel."""

from dataclasses import dataclass

from bot.customers.service import CustomerService
from bot.outbox.sending import HttpxSender, WebhookSender
from bot.secrets import load_secrets
from connectors.callback.accounts import CallbackAccounts
from connectors.callback.calling import Caller
from connectors.callback.channel import CallbackChannel
from connectors.callback.modes import Modes
from connectors.callback.names import CHANNEL
from connectors.callback.reader import CallbackReader
from connectors.callback.views import AttachmentViews
from connectors.callback.webhook import CallbackServices, Report, make_router
from connectors.connector import Connector, Surroundings
from connectors.web.files import FileLinks


@dataclass(frozen=True)
class Around:
    """What only this connector needs besides its `Surroundings`.

    Parameters
    ----------
    sender: who calls accounts; made here unless a test knows better.
    """

    reported: Report
    customers: CustomerService
    sender: WebhookSender | None = None


def make_caller(around: Surroundings, sender: WebhookSender) -> Caller:
    """Accounts, and how they are called; for the endpoints of administrators, too."""
    accounts = CallbackAccounts(around.database, around.clock, sender)
    return Caller(accounts, sender, around.clock)


def make_connector(around: Surroundings, more: Around) -> Connector:
    """Always there: accounts are made while it runs."""
    own_sender = HttpxSender(allow_private=around.settings.webhook_private_addresses)
    caller = make_caller(around, more.sender or own_sender)
    links = FileLinks(load_secrets(around.settings).secret_key)
    views = AttachmentViews(links, around.settings.base_url, around.clock)
    services = CallbackServices(
        database=around.database,
        clock=around.clock,
        accounts=caller.accounts,
        inbox=around.inbox,
        conversations=around.conversations,
        attachments=around.attachments,
        views=views,
        reported=more.reported,
    )
    modes = Modes(around.database, around.conversations, caller)

    async def stop() -> None:
        await modes.stop()
        await own_sender.close()

    return Connector(
        name=CHANNEL,
        callbacks=make_router(services),
        reader=CallbackReader(around.database, around.conversations, more.customers, around.wake, around.clock),
        channel=CallbackChannel(caller, around.conversations, views),
        start=modes.start,
        stop=stop,
    )
