"""The rules in force: read by everybody, published by an administrator, followed by every process."""

import asyncio
import logging
from collections.abc import Mapping, Sequence

import psycopg
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.errors import AccessRefusedError, RefusedError
from bot.rules.cases import CaseSource, RecordedCases
from bot.rules.checks import Check, check
from bot.rules.differences import Difference, differences
from bot.rules.dry_run import DryRun, dry_run
from bot.rules.model import RuleBook
from bot.rules.problems import Draft, Problem, refuse
from bot.rules.publications import (
    Publication,
    new_version,
    newest,
    publication,
    publication_from,
    publications,
    refuse_stale,
    refuse_unusable,
    stored_book,
)
from bot.rules.records import RuleVersion
from bot.rules.shipped import shipped_checks, shipped_rules
from bot.rules.status import RuleStatus, status_of
from bot.rules.table import Table
from bot.rules.words import rule_words
from bot.staff.model import Actor, Role

logger = logging.getLogger(__name__)
CHANNEL = "rule_versions"


class RuleService:
    """The one door to the rules.

    Parameters
    ----------
    checks: what has to be true of published tables beyond their form, e.g. `known_elsewhere`.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        shipped: RuleBook | None = None,
        checks: Sequence[Check] | None = None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._shipped = shipped or shipped_rules()
        self._checks = shipped_checks() if checks is None else tuple(checks)
        self._book = self._shipped
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Take the version in force, and follow publications from now on."""
        await self.refresh()
        self._task = asyncio.create_task(self._follow(), name="rules")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    def book(self) -> RuleBook:
        """The rules in force, from memory.  Take it once for everything that has to agree."""
        return self._book

    async def refresh(self) -> RuleBook:
        """Read the version in force from the database."""
        async with self._database.transaction() as session:
            last = await newest(session)
        if last is not None and last.version > self._book.version:
            self._book = stored_book(last, self._shipped)
            logger.info("rules: version %d is in force", last.version)
        return self._book

    async def version(self, number: int) -> RuleBook:
        """Any version; 0 is the shipped one.  Raises `NotFoundError`."""
        if number == 0:
            return self._shipped
        async with self._database.transaction() as session:
            return stored_book(await publication(session, number), self._shipped)

    def validate(self, draft: Draft) -> list[Problem]:
        """Everything that speaks against publishing a draft."""
        return check(draft, shapes=self._shipped.tables.values(), also=self._checks)

    async def publish(self, draft: Draft, actor: Actor, why: str, based_on: int) -> Publication:
        """Put a draft in force as a new version of all tables.

        Raises `AccessRefusedError`, `RulesRefusedError` (problems), `RulesChangedError` (``based_on`` is not the
        version in force any more), `RefusedError` (no reason given, or nothing is different).
        """
        _refuse_others(actor, why)
        refuse(self.validate(draft))
        tables = {name: known.with_rows(draft.tables[name].rows) for name, known in self._shipped.tables.items()}
        async with self._database.transaction() as session:
            last = await self._lock(session)
            refuse_stale(last, based_on)
            current = stored_book(last, self._shipped) if last else self._shipped
            if not differences(current.tables, tables):
                raise RefusedError(rule_words().refusal("same", version=current.version))
            row = await self._write(session, tables, last, actor, why)
        return self._adopt(row)

    async def roll_back(self, version: int, actor: Actor, why: str, based_on: int | None = None) -> Publication:
        """Publish an old version again, as a new one.  Raises as `publish` does, and `NotFoundError`."""
        _refuse_others(actor, why)
        async with self._database.transaction() as session:
            last = await self._lock(session)
            refuse_stale(last, based_on if based_on is not None else (last.version if last else 0))
            if version == (last.version if last else 0):
                raise RefusedError(rule_words().refusal("current", version=version))
            old = self._shipped
            if version:
                stored = await publication(session, version)
                refuse_unusable(stored, self._shipped)
                old = stored_book(stored, self._shipped)
            row = await self._write(session, old.tables, last, actor, why, restores=version)
        return self._adopt(row)

    async def history(self, *, before: int | None = None, limit: int = 50) -> list[Publication]:
        """Publications, newest first."""
        async with self._database.transaction() as session:
            return await publications(session, before=before, limit=limit)

    async def difference(self, before: int, after: int) -> tuple[Difference, ...]:
        """What changed from one version to another.  Raises `NotFoundError`."""
        return differences((await self.version(before)).tables, (await self.version(after)).tables)

    def difference_of(self, draft: Draft) -> tuple[Difference, ...]:
        """What a draft would change."""
        return differences(self._book.tables, draft.tables)

    async def dry_run(self, draft: Draft, table: str, cases: CaseSource | None = None) -> DryRun:
        """What a draft would decide otherwise; on recorded decisions unless told what on.

        Raises `RulesRefusedError` when the draft has problems.
        """
        refuse(self.validate(draft))
        then = RuleBook(self._book.version + 1, dict(draft.tables))
        return await dry_run(self._book, then, table, cases or RecordedCases(self._database))

    async def status(self) -> RuleStatus:
        """What is in force, and whether the program has moved on since."""
        async with self._database.transaction() as session:
            last = await newest(session)
        return status_of(last, self._shipped)

    async def _lock(self, session: AsyncSession) -> RuleVersion | None:
        """Two who publish wait for each other; returns the version in force."""
        await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(CHANNEL, 0))))
        return await newest(session)

    async def _write(
        self,
        session: AsyncSession,
        tables: Mapping[str, Table],
        last: RuleVersion | None,
        actor: Actor,
        why: str,
        restores: int | None = None,
    ) -> RuleVersion:
        row = new_version(
            tables,
            self._shipped,
            last,
            actor=actor.name,
            why=why.strip(),
            based_on=last.version if last else 0,
            restores=restores,
            published_at=self._clock(),
        )
        session.add(row)
        await session.execute(select(func.pg_notify(CHANNEL, str(row.version))))
        return row

    def _adopt(self, row: RuleVersion) -> Publication:
        """The process that published need not wait to hear of it."""
        if row.version > self._book.version:
            self._book = stored_book(row, self._shipped)
        logger.info("rules: version %d published by %s", row.version, row.actor)
        return publication_from(row)

    async def _follow(self) -> None:
        while True:
            try:
                await self._listen()
            except (psycopg.Error, SQLAlchemyError) as error:
                logger.warning("rules: lost the database, reconnecting: %s", error)
            await asyncio.sleep(0.5)

    async def _listen(self) -> None:
        async with await psycopg.AsyncConnection.connect(self._database.url, autocommit=True) as connection:
            await connection.execute(f"LISTEN {CHANNEL}")
            await self.refresh()
            async for _ in connection.notifies():
                await self.refresh()


def _refuse_others(actor: Actor, why: str) -> None:
    if actor.role is not Role.admin:
        raise AccessRefusedError(rule_words().refusal("publishers"))
    if not why.strip():
        raise RefusedError(rule_words().refusal("why"))
