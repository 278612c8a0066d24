"""The ``bot`` command line.  Heavy imports wait until a command needs them."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console

from bot.checking.commands import check_app
from bot.clock import local, system_clock
from bot.delivery.commands import make_deliveries_app
from bot.desk.commands import make_people_app
from bot.errors import BotError, DataFileError
from bot.evaluation.commands import evaluate_app
from bot.evidence.commands import make_evidence_app
from bot.inbox.commands import make_inbox_app
from bot.notices.commands import make_notices_app
from bot.rules.commands import make_rules_app
from bot.settings import Settings, get_settings
from bot.studio.releases.commands import make_releases_app
from connectors.callback.commands import make_callback_app
from connectors.simulating import simulate_app
from connectors.sms.commands import sms_app
from connectors.wechat.commands import make_wechat_app

if TYPE_CHECKING:
    from bot.db import Database
    from bot.rules.cases import CaseSource
    from knowledge_base.retriever import Retriever

Result = TypeVar("Result")

app = typer.Typer(
    help="""Customer service for express deliveries, in Chinese.

    New here?  [bold]bot up[/bold] starts everything and prints the addresses.  Then try, in another terminal:

      bot parse "我的快递YD8800000000011到哪了"     what a sentence means: intent, confidence, entities

      bot faq search "寄充电宝可以吗"               which FAQ entries answer a question

    After editing nlu_data/ or config.yml:  [bold]bot train[/bold], then restart.  FAQ entries reload by themselves.

    To know how well it understands:  [bold]bot evaluate all[/bold].  Whether examples are in order:  bot check data
    """,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
faq_app = typer.Typer(help="Ask the knowledge base.", no_args_is_help=True)
data_app = typer.Typer(help="What is kept, by months.", no_args_is_help=True)
demo_app = typer.Typer(help="The demo network: outlets, tariffs and waybills to try.", no_args_is_help=True)
app.add_typer(faq_app, name="faq")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(check_app, name="check")
app.add_typer(demo_app, name="demo")
app.add_typer(data_app, name="data")

console = Console(highlight=False)
_BAD_FILE = 2


def _report(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)


def main() -> None:
    """Entry point: errors raised on purpose become one clear sentence and an exit status."""
    try:
        app()
    except DataFileError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(_BAD_FILE)
    except BotError as error:
        typer.echo(f"error: {error}", err=True)
        sys.exit(1)


@app.command("up")
def up_command(
    demo: Annotated[bool, typer.Option(help="Load the demo network.")] = True,
) -> None:
    """Start everything: database, Rasa, platform; train first what has changed.  Ctrl-C stops it all."""
    from bot.up import up

    up(get_settings(), _report, demo=demo)


@app.command()
def stop() -> None:
    """Stop what `bot up` started, from another terminal."""
    from bot.supervisor import running_supervisor

    data_dir = get_settings().data_dir
    process = running_supervisor(data_dir)
    if process is None:
        _report("nothing is running")
        return
    os.kill(process, signal.SIGTERM)
    for _ in range(150):
        if running_supervisor(data_dir) is None:
            _report("stopped")
            return
        time.sleep(0.2)
    raise typer.Exit(1)


@app.command()
def train() -> None:
    """Build the encoder, train Rasa and index the FAQ, as far as data, configuration or components changed."""
    from bot.training import train as train_all

    train_all(get_settings(), _report)
    faq_index()


@app.command()
def parse(text: Annotated[str, typer.Argument(help="A customer's sentence.")]) -> None:
    """Show what a sentence means: intent, confidence, runners-up, entities."""
    from bot.evaluation import parse as parse_texts

    for parsed in parse_texts(get_settings(), [text]):
        _report(json.dumps(parsed.model_dump(), ensure_ascii=False, indent=2))


@faq_app.command("search")
def faq_search(text: Annotated[str, typer.Argument(help="A customer's question.")]) -> None:
    """Show which entries answer a question, how surely, and whether the bot would answer, ask or decline."""
    found = _retriever(get_settings()).search(text, k=5, on=local(system_clock()).date())
    _report(f"decision: {found.decision}")
    for candidate in found.candidates:
        _report(f"{candidate.confidence:.3f}  {candidate.topic:32s} {candidate.question}")


@faq_app.command("index")
def faq_index() -> None:
    """Index the entries, as far as they changed; a start does this by itself."""
    entries = _retriever(get_settings()).entries
    _report(f"FAQ: {len(entries)} entries indexed")


def _retriever(settings: Settings) -> "Retriever":
    """The retriever that serves customers, over today's entries."""
    from bot.training import current_encoder
    from knowledge_base.encoder import Encoder
    from knowledge_base.store import FaqStore

    return FaqStore.open(settings, Encoder(current_encoder(settings))).retriever


@data_app.command("months")
def data_months() -> None:
    """The months that are kept, and how many tickets were closed in each."""
    from bot.tickets.keeping import OldTickets
    from bot.waybills.months import Months

    async def read(database: "Database") -> dict[str, int]:
        split = await Months(database, system_clock).known()
        return dict.fromkeys(split, 0) | await OldTickets(database, system_clock).months()

    lines = [f"{month} {count:>12,} tickets closed" for month, count in sorted(_with_database(read).items())]
    _report("\n".join(lines) or "no month has a partition yet")


@data_app.command("drop")
def data_drop(month: Annotated[str, typer.Argument(help="Like 2025-08.")]) -> None:
    """Drop everything of a month.  Refused for the last three months.

    Waybills, scans, conditions and summaries go at once.  Tickets closed in that month go one by one, and those with
    evidence, a ruling or an entry in the ledger stay.
    """
    from bot.tickets.keeping import OldTickets
    from bot.waybills.months import Months

    async def drop(database: "Database") -> int:
        await Months(database, system_clock).drop(month)
        return await OldTickets(database, system_clock).drop(month)

    _report(f"{month} is gone, with {_with_database(drop):,} closed tickets")


def _with_database(use: "Callable[[Database], Awaitable[Result]]") -> Result:
    from bot.db import Database

    async def run(url: str) -> Result:
        database = Database(url)
        try:
            return await use(database)
        finally:
            await database.close()

    with _database_url(get_settings()) as url:
        return asyncio.run(run(url))


@demo_app.command("load")
def demo_load(
    waybills: Annotated[int, typer.Option(help="How many waybills besides the ones to try.")] = 20_000,
) -> None:
    """Load the demo network into the database.  Loading again refreshes it and touches nothing else."""
    from bot.db import Database
    from bot.demo.load import load_demo

    async def load(url: str) -> None:
        database = Database(url)
        try:
            await load_demo(database, now=system_clock(), waybills=waybills, report=_report)
        finally:
            await database.close()

    with _database_url(get_settings()) as url:
        asyncio.run(load(url))


@demo_app.command("show")
def demo_show() -> None:
    """List the waybills to try, with the phone tails that open them."""
    from bot.demo.showcase import SHOWCASE

    for shown in SHOWCASE:
        _report(f"{shown.waybill_no}  尾号 {shown.phone_tail_consignee}  {shown.story_zh}")


@contextmanager
def _database_url(settings: Settings) -> Iterator[str]:
    """The database, started for this command when nothing runs yet."""
    from bot.embedded_postgres import EmbeddedPostgres
    from bot.migrations.run import migrate
    from bot.supervisor import running_supervisor

    if settings.database_url:
        yield settings.database_url
        return
    server = EmbeddedPostgres(settings.data_dir / "postgres")
    is_ours = running_supervisor(settings.data_dir) is None
    url = server.start()
    try:
        migrate(url)
        yield url
    finally:
        if is_ours:
            server.stop()


def _running_database() -> AbstractContextManager[str]:
    return _database_url(get_settings())


def _cases(database: "Database") -> "dict[str, CaseSource]":
    """What changed rules can be tried on besides recorded decisions."""
    from bot.rules.shipped import shipped_rules
    from bot.tickets.cases import TicketCases
    from bot.waybills.cases import LiveWaybills

    return {
        LiveWaybills.name: LiveWaybills(database, system_clock, shipped_rules),
        TicketCases.name: TicketCases(database, system_clock),
    }


app.add_typer(make_people_app(_running_database, lambda: get_settings().base_url), name="people")
app.add_typer(make_deliveries_app(_running_database), name="deliveries")
app.add_typer(make_notices_app(_database_url), name="notices")
app.add_typer(make_inbox_app(_running_database), name="inbox")
app.add_typer(make_callback_app(_running_database, lambda: get_settings().webhook_private_addresses), name="callback")
app.add_typer(make_rules_app(_running_database, _cases), name="rules")
app.add_typer(make_releases_app(_running_database), name="releases")
app.add_typer(make_evidence_app(_database_url), name="evidence")
app.add_typer(make_wechat_app(_database_url), name="wechat")
app.add_typer(simulate_app, name="simulate")
app.add_typer(sms_app, name="sms")

if __name__ == "__main__":
    main()
