"""``bot evidence``: whether what was handed in is still what was handed in."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot.db import Database
from bot.errors import DataFileError, NotFoundError
from bot.evidence.model import Head, Verified
from bot.evidence.verification import EvidenceVerifier, read_heads
from bot.settings import Settings, get_settings

OpenDatabase = Callable[[Settings], AbstractContextManager[str]]

_Ticket = Annotated[str | None, typer.Argument(help="A ticket number; all of them when left out.")]
_Kept = Annotated[
    Path | None,
    typer.Option("--heads", help="What 'bot evidence head' printed earlier: records must still go through it."),
]


def make_evidence_app(open_database: OpenDatabase) -> typer.Typer:
    """The commands.

    Parameters
    ----------
    open_database: gives the address of a running, migrated database for as long as a command needs it.
    """
    app = typer.Typer(help="Check evidence against its hashes.", no_args_is_help=True)

    @app.command("verify")
    def verify(ticket_no: _Ticket = None, heads: _Kept = None) -> None:
        """Compute every hash and read every file anew; name the first broken item of each ticket.  Exit 1 if any."""
        kept = _read_heads(heads) if heads else {}
        with open_database(get_settings()) as url:
            broken, checked = asyncio.run(_verify(url, ticket_no, kept))
        typer.echo(f"tickets checked: {checked}, broken: {broken}")
        if broken:
            raise typer.Exit(1)

    @app.command("head")
    def head(ticket_no: _Ticket = None) -> None:
        """Print how far each record goes, one line of JSON each, to be kept where this database is out of reach."""
        with open_database(get_settings()) as url:
            for found in asyncio.run(_heads(url, ticket_no)):
                typer.echo(json.dumps(asdict(found), ensure_ascii=False))

    return app


async def _verify(url: str, ticket_no: str | None, kept: Mapping[str, Head]) -> tuple[int, int]:
    """How many records are broken, and how many were checked."""
    from bot.evidence.stores import open_store

    database = Database(url)
    try:
        verifier = EvidenceVerifier(database, open_store(get_settings()))
        broken = checked = 0
        async for verified in _verified(verifier, ticket_no, kept):
            checked += 1
            if verified.broken:
                broken += 1
                typer.echo(_line(verified))
    finally:
        await database.close()
    return broken, checked


async def _verified(
    verifier: EvidenceVerifier, ticket_no: str | None, kept: Mapping[str, Head]
) -> AsyncIterator[Verified]:
    if ticket_no is not None:
        verified = await verifier.verify(ticket_no, kept=kept.get(ticket_no))
        if verified.is_empty:
            raise NotFoundError(f"ticket {ticket_no} has no evidence")
        yield verified
        return
    async for verified in verifier.verify_all(kept=kept):
        yield verified


def _line(verified: Verified) -> str:
    broken = verified.broken
    where = f" {broken.file}" if broken and broken.file else ""
    return f"{verified.ticket_no}: item {broken.seq}: {broken.breach}{where}" if broken else verified.ticket_no


async def _heads(url: str, ticket_no: str | None) -> list[Head]:
    database = Database(url)
    try:
        return await read_heads(database, ticket_no)
    finally:
        await database.close()


def _read_heads(path: Path) -> dict[str, Head]:
    """Raises `DataFileError` for a line that no `head` wrote."""
    heads = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found = Head(**json.loads(line))
        except (ValueError, TypeError) as error:
            raise DataFileError.at(path, number, "this is not a line of 'bot evidence head'") from error
        heads[found.ticket_no] = found
    return heads
