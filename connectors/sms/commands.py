"""``bot sms`` and ``bot simulate sms``."""

import asyncio
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.clock import local, system_clock
from bot.errors import SettingsError
from bot.settings import get_settings

if TYPE_CHECKING:
    import httpx

    from connectors.sms.simulating import Simulation

sms_app = typer.Typer(help="SMS: what has to be approved by the platforms.", no_args_is_help=True)
_REPORT_EVERY_S = 1.0


@sms_app.callback()
def _sms() -> None:
    """Keeps the name of the one command."""


@sms_app.command("templates")
def templates(
    platform: Annotated[str, typer.Argument(help="aliyun or tencent.")],
) -> None:
    """Print every template as it is typed into the console of a platform, with its kind."""
    from connectors.sms.aliyun.client import LONGEST_VALUE
    from connectors.sms.catalogue import load_catalogue
    from connectors.sms.submitting import all_submitted

    settings = get_settings()
    if platform not in ("aliyun", "tencent"):
        raise SettingsError("templates are approved by aliyun and tencent only")
    longest = LONGEST_VALUE if platform == "aliyun" else settings.sms_tencent_variable_chars
    catalogue = load_catalogue(settings.sms_catalogue) if settings.sms_catalogue else load_catalogue()
    base = f"{settings.base_url.rstrip('/')}/c/"
    for kind, text in all_submitted(catalogue, platform, longest_value=longest, base=base):
        typer.echo(f"{kind:18s} {text}")


def simulate_sms(
    number: Annotated[str, typer.Option(help="The customer's number.")] = "13900000001",
    port: Annotated[int, typer.Option(help="Where the simulated gateway listens.")] = 8091,
    platform: Annotated[str, typer.Option(help="Where the platform listens; by default as configured.")] = "",
    settings: Annotated[bool, typer.Option("--settings", help="Only print lines for .env, and end.")] = False,
) -> None:
    """Chat with the running platform as a customer by SMS.  Each line is an SMS; Ctrl-D ends."""
    from connectors.sms.catalogue import load_catalogue
    from connectors.sms.simulating import settings_lines

    known = get_settings()
    if settings:
        lines = settings_lines(load_catalogue(), port=port, public_url=known.base_url)
        typer.echo("\n".join(lines))
        return
    asyncio.run(_chat(number, port, platform or f"http://{known.host}:{known.port}"))


async def _chat(written: str, port: int, platform: str) -> None:
    import httpx
    import uvicorn

    from connectors.sms.catalogue import load_catalogue
    from connectors.sms.numbers import parse_number
    from connectors.sms.simulating import Simulation
    from connectors.sms.simulators.handsets import Shown

    settings = get_settings()
    number = parse_number(written)
    if number is None:
        raise SettingsError("this is no mobile number")

    def show(sms: Shown) -> None:
        whose = "" if sms.number == number.e164 else f" ({sms.number})"
        typer.echo(f"{local(system_clock()):%H:%M:%S}{whose} < {sms.text}")

    catalogue = load_catalogue(settings.sms_catalogue) if settings.sms_catalogue else load_catalogue()
    simulation = Simulation(settings, catalogue, system_clock, number, platform=platform, show=show)
    server = uvicorn.Server(uvicorn.Config(simulation.app, port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    typer.echo(f"{simulation.gateway} is simulated on port {port}; you are {written}.")
    async with httpx.AsyncClient(timeout=10) as http:
        reporting = asyncio.create_task(_report(simulation, http))
        while line := await asyncio.to_thread(sys.stdin.readline):
            if line.strip():
                status = await simulation.write(http, line.rstrip("\n"))
                if status != 200:
                    typer.echo(f"the platform answered {status or 'nothing'}", err=True)
        reporting.cancel()
    server.should_exit = True
    await serving


async def _report(simulation: "Simulation", http: "httpx.AsyncClient") -> None:
    while True:
        await asyncio.sleep(_REPORT_EVERY_S)
        await simulation.report_new(http)
