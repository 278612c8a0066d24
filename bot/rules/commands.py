"""``bot rules``: look at the rules, change them, try changes out."""

import asyncio
import getpass
from collections.abc import Callable, Coroutine, Iterable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

from bot.errors import NotFoundError

if TYPE_CHECKING:
    from bot.db import Database
    from bot.rules.cases import CaseSource
    from bot.rules.model import RuleBook
    from bot.rules.problems import Draft
    from bot.rules.publications import Publication
    from bot.rules.service import RuleService
    from bot.staff.model import Actor

DatabaseUrl: TypeAlias = Callable[[], AbstractContextManager[str]]
Work: TypeAlias = "Callable[[RuleService], Coroutine[Any, Any, None]]"
Run: TypeAlias = Callable[[Work], None]
Sources: TypeAlias = "Callable[[Database], Mapping[str, CaseSource]]"

Source = Annotated[Path, typer.Argument(help="An Excel file, a zip or folder of YAML files, or one YAML file.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the history.")]
_HELP = """The decision tables: promises, risks, deadlines, escalation, liability, fines.

To change them: [bold]bot rules export rules.xlsx[/bold], edit, [bold]bot rules check rules.xlsx[/bold], then
[bold]bot rules dry-run rules.xlsx risk[/bold], then [bold]bot rules publish rules.xlsx --based-on N --why ...[/bold].
"""


def make_rules_app(database_url: DatabaseUrl, sources: "Sources | None" = None) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    database_url: gives the address of a migrated database for the time of one command.
    sources: further cases that a draft can be tried on, by name.
    """
    app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="rich")

    def run(work: Work) -> None:
        with database_url() as url:
            asyncio.run(_with_service(url, work))

    _add_files(app, run)
    _add_looking(app, run)
    _add_trying(app, database_url, sources)
    _add_publishing(app, run)
    return app


async def _with_service(url: str, work: Work) -> None:
    from bot.clock import system_clock
    from bot.db import Database
    from bot.rules.service import RuleService

    database = Database(url, pool_size=2)
    try:
        service = RuleService(database, system_clock)
        await service.refresh()
        await work(service)
    finally:
        await database.close()


def _add_files(app: typer.Typer, run: Run) -> None:
    @app.command("export")
    def export_rules(
        to: Annotated[Path, typer.Argument(help="Where to: a .xlsx or .zip file, else a folder of YAML files.")],
        version: Annotated[int | None, typer.Option(help="An old version; 0 is what the program ships.")] = None,
    ) -> None:
        """Write all tables for editing."""

        async def work(service: "RuleService") -> None:
            book = service.book() if version is None else await service.version(version)
            _write(to, book)
            typer.echo(f"第 {book.version} 版 → {to}；修改后发布时用 --based-on {book.version}")

        run(work)

    @app.command("import")
    def import_rules(
        source: Source, folder: Annotated[Path, typer.Argument(help="A folder for the YAML files.")]
    ) -> None:
        """Turn an edited Excel file into YAML files; nothing is published."""

        async def work(service: "RuleService") -> None:
            from bot.rules.archive import write_folder
            from bot.rules.problems import refuse

            draft = _read(source, service)
            refuse(service.validate(draft))
            write_folder(draft.tables, folder)
            typer.echo(f"{len(draft.tables)} 张表 → {folder}")

        run(work)

    @app.command("check")
    def check_rules(source: Source) -> None:
        """Everything that is wrong with edited rules, or what publishing them would change."""

        async def work(service: "RuleService") -> None:
            draft = _read(source, service)
            problems = service.validate(draft)
            _say(map(str, problems or service.difference_of(draft)))
            typer.echo(f"{len(problems)} 处需要修改" if problems else "没有问题")
            if problems:
                raise typer.Exit(1)

        run(work)


def _add_looking(app: typer.Typer, run: Run) -> None:
    @app.command("status")
    def status() -> None:
        """Which version is in force, and whether the program has moved on since it was published."""

        async def work(service: "RuleService") -> None:
            from bot.rules.status import status_lines

            _say(status_lines(await service.status()))

        run(work)

    @app.command("history")
    def history(limit: Annotated[int, typer.Option(help="How many.")] = 20) -> None:
        """Who published what, when and why; newest first."""

        async def work(service: "RuleService") -> None:
            found = await service.history(limit=limit)
            _say(map(_publication_line, found))
            if not found:
                typer.echo("还没有发布过，使用随程序提供的规则（第 0 版）")

        run(work)

    @app.command("diff")
    def diff(before: int, after: int) -> None:
        """What changed from one version to another; 0 is what the program ships."""

        async def work(service: "RuleService") -> None:
            _say(map(str, await service.difference(before, after)))

        run(work)


def _add_trying(app: typer.Typer, database_url: DatabaseUrl, sources: "Sources | None") -> None:
    @app.command("dry-run")
    def dry_run(
        source: Source,
        table: Annotated[str, typer.Argument(help="Its English name.")],
        cases: Annotated[str, typer.Option(help="What to try them on: recorded, waybills or tickets.")] = "recorded",
    ) -> None:
        """Which cases edited rules would decide otherwise: recorded decisions, tickets, or waybills on their way."""
        with database_url() as url:
            asyncio.run(_try(url, source, table, cases, sources))


async def _try(url: str, source: Path, table: str, cases: str, sources: "Sources | None") -> None:
    from bot.db import Database
    from bot.rules.dry_run import dry_run_lines
    from bot.rules.words import rule_words

    database = Database(url, pool_size=2)
    known = dict(sources(database)) if sources else {}
    if cases != "recorded" and cases not in known:
        raise NotFoundError(rule_words().refusal("cases", cases=cases, known="、".join(["recorded", *known])))

    async def work(service: "RuleService") -> None:
        _say(dry_run_lines(await service.dry_run(_read(source, service), table, known.get(cases))))

    try:
        await _with_service(url, work)
    finally:
        await database.close()


def _add_publishing(app: typer.Typer, run: Run) -> None:
    @app.command("publish")
    def publish(
        source: Source, why: Why, based_on: Annotated[int, typer.Option(help="The version that was edited.")]
    ) -> None:
        """Put edited rules in force, everywhere and at once."""

        async def work(service: "RuleService") -> None:
            published = await service.publish(_read(source, service), _operator(), why, based_on)
            _say(map(str, await service.difference(based_on, published.version)))
            typer.echo(_publication_line(published))

        run(work)

    @app.command("rollback")
    def rollback(version: Annotated[int, typer.Argument(help="0 is what the program ships.")], why: Why) -> None:
        """Publish an old version again, as a new one."""

        async def work(service: "RuleService") -> None:
            typer.echo(_publication_line(await service.roll_back(version, _operator(), why)))

        run(work)


def _operator() -> "Actor":
    """Whoever may run commands on this machine is an administrator."""
    from bot.staff.model import Actor, Role

    return Actor(f"admin:{getpass.getuser()}", Role.admin)


def _read(source: Path, service: "RuleService") -> "Draft":
    from bot.rules.archive import read_path

    return read_path(source, service.book().tables)


def _write(to: Path, book: "RuleBook") -> None:
    from bot.rules.archive import write_folder, write_zip
    from bot.rules.spreadsheet import write_spreadsheet

    if to.suffix == ".xlsx":
        to.write_bytes(write_spreadsheet(book.tables))
    elif to.suffix == ".zip":
        to.write_bytes(write_zip(book.tables))
    else:
        write_folder(book.tables, to)


def _publication_line(publication: "Publication") -> str:
    from bot.clock import local

    again = f"（恢复第 {publication.restores} 版）" if publication.restores is not None else ""
    when = f"{local(publication.published_at):%Y-%m-%d %H:%M}"
    return f"第 {publication.version} 版{again}  {when}  {publication.actor}：{publication.why}"


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        typer.echo(line)
