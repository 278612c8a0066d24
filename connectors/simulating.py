"""``bot simulate``: chat with a running platform as a customer on a channel, for developers."""

import typer

from connectors.sms.commands import simulate_sms
from connectors.wechat.commands import simulate_wechat
from connectors.wecom.commands import simulate_wecom

simulate_app = typer.Typer(help="Chat with the running platform as a customer on a channel.", no_args_is_help=True)
simulate_app.command("wechat")(simulate_wechat)
simulate_app.command("wecom")(simulate_wecom)
simulate_app.command("sms")(simulate_sms)
