"""``bot releases``: train the draft, read its report, publish it, take it back."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

import typer

if TYPE_CHECKING:
    from bot.staff.model import Actor
    from bot.studio.releases.report import ReleaseReport
    from bot.studio.releases.schemas import ReleaseView
    from bot.studio.releases.service import Releases

DatabaseUrl: TypeAlias = Callable[[], AbstractContextManager[str]]
Work: TypeAlias = "Callable[[Releases, Actor], Awaitable[Any]]"
Run: TypeAlias = Callable[[Work], Any]

Name = Annotated[str, typer.Argument(help="Like 2026-11-22-1; see 'bot releases list'.")]
Why = Annotated[str, typer.Option("--why", help="The reason, for the audit.")]
_HELP = """What the bot knows, trained, proved and given to customers.

[bold]bot releases train[/bold] has the draft trained by the running service, [bold]report[/bold] compares it with what
serves, [bold]publish NAME[/bold] gives it to 5 % of new conversations, [bold]publish NAME --share 100[/bold] to all.
"""
_LINES = 20


def make_releases_app(database_url: DatabaseUrl) -> typer.Typer:
    """The commands.  ``database_url`` gives the address of a migrated database for the time of one command."""
    app = typer.Typer(help=_HELP, no_args_is_help=True, rich_markup_mode="rich")

    def run(work: Work) -> Any:
        with database_url() as url:
            return asyncio.run(_with_releases(url, work))

    _add_looking(app, run)
    _add_changing(app, run)
    return app


def _add_looking(app: typer.Typer, run: Run) -> None:
    @app.command("list")
    def list_releases(limit: Annotated[int, typer.Option(help="How many, newest first.")] = 15) -> None:
        """What serves, what is tried, and what was before."""
        for release in run(lambda releases, actor: releases.history(actor, limit=limit)):
            typer.echo(_line(release))

    @app.command("report")
    def report(name: Name) -> None:
        """Gates first, then scores that changed, newly wrong and newly right sentences."""
        found = run(lambda releases, actor: releases.report(actor, name))
        for line in ["not measured yet"] if found is None else _report_lines(found):
            typer.echo(line)


def _add_changing(app: typer.Typer, run: Run) -> None:
    @app.command("train")
    def train(
        thorough: Annotated[bool, typer.Option(help="Tune the encoder as well; half an hour.")] = False,
        note: Annotated[str, typer.Option(help="What was changed.")] = "",
    ) -> None:
        """Have the draft trained as it is now; the running service does it."""
        from bot.studio.releases.states import TrainingKind

        kind = TrainingKind.thorough if thorough else TrainingKind.quick
        name = run(lambda releases, actor: releases.train(actor, kind=kind, note=note))
        typer.echo(f"{name} waits to be trained; 'bot releases list' shows how far it is")

    @app.command("publish")
    def publish(
        name: Name,
        share: Annotated[int, typer.Option(help="Percent of new conversations.")] = 5,
        override: Annotated[str, typer.Option(help="The reason to pass a closed gate.")] = "",
    ) -> None:
        """Try a release on a share of new conversations, or widen the share of the one that is tried."""

        async def work(releases: "Releases", actor: "Actor") -> None:
            now = await releases.overview(actor)
            if now.candidate is not None and now.candidate.name == name:
                await releases.widen(actor, share)
            else:
                await releases.publish(actor, name, share=share, override=override)

        run(work)
        typer.echo(f"{name}: {share} % of new conversations, as soon as its process is up")

    @app.command("rollback")
    def rollback(
        why: Why, to: Annotated[str | None, typer.Option(help="A kept release; without it, the one before.")] = None
    ) -> None:
        """Take the candidate back; without one, go back to what served before."""
        name = run(lambda releases, actor: releases.roll_back(actor, why=why, to=to))
        typer.echo(f"{name} serves, or will as soon as its process is up")


async def _with_releases(url: str, work: Work) -> Any:
    from bot.clock import system_clock
    from bot.db import Database
    from bot.settings import get_settings
    from bot.staff.model import Actor, Role
    from bot.studio.drafts.service import Drafts
    from bot.studio.releases.ports import NothingHeld
    from bot.studio.releases.service import Releases

    settings, database = get_settings(), Database(url, pool_size=2)
    drafts = Drafts.build(settings, database, system_clock, content=settings.content_dir)
    try:
        releases = Releases.build(settings, database, system_clock, drafts, holdable=NothingHeld(), settles=False)
        return await work(releases, Actor(f"agent:{getpass.getuser()}", Role.admin))
    finally:
        await database.close()


def _line(release: "ReleaseView") -> str:
    passed = {True: "passed", False: "gates closed", None: "not measured"}[release.passed]
    share = f"{release.share:3d} %" if release.is_up else "     "
    return f"{release.name:16s} {release.state:10s} {share}  {passed:12s}  {release.note or release.progress}"


def _report_lines(report: "ReleaseReport") -> Iterator[str]:
    for gate in report.gates:
        yield f"{'ok    ' if gate.passed else 'CLOSED'}  {gate.gate}"
        yield from (f"          {line}" for line in gate.told)
    for each in report.sets:
        for score in each.scores:
            if abs(score.change) >= 0.0005:
                yield f"{each.name:24s} {score.score:22s} {score.old:.3f} -> {score.new:.3f}"
    for name, n, rows in (
        ("newly wrong", report.newly_wrong_n, report.newly_wrong),
        ("newly right", report.newly_right_n, report.newly_right),
    ):
        yield f"{n} {name}"
        yield from (
            f"    {row.truth}: {row.old} -> {row.new} ({row.new_sure:.2f})  {row.text}" for row in rows[:_LINES]
        )
