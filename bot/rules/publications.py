"""Published versions: written once, read again as rule books."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import local
from bot.errors import NotFoundError, RulesChangedError, RulesRefusedError
from bot.rules.checks import check
from bot.rules.documents import Reader, document_of
from bot.rules.model import RuleBook
from bot.rules.problems import Draft, Places, Problem
from bot.rules.records import RuleVersion
from bot.rules.shipped import table_digest
from bot.rules.table import Table

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publication:
    """Who published what, when and why.  ``restores``: the version that was published again."""

    version: int
    actor: str
    why: str
    based_on: int
    restores: int | None
    published_at: datetime


async def newest(session: AsyncSession) -> RuleVersion | None:
    """The version in force, None while the shipped tables are."""
    return (await session.scalars(select(RuleVersion).order_by(RuleVersion.version.desc()).limit(1))).first()


async def publication(session: AsyncSession, version: int) -> RuleVersion:
    """Raises `NotFoundError`."""
    found = await session.get(RuleVersion, version)
    if found is None:
        raise NotFoundError(f"没有第 {version} 版规则")
    return found


async def publications(session: AsyncSession, *, before: int | None, limit: int) -> list[Publication]:
    """The newest first, beginning below ``before``."""
    query = select(RuleVersion).order_by(RuleVersion.version.desc()).limit(limit)
    if before is not None:
        query = query.where(RuleVersion.version < before)
    return [publication_from(row) for row in (await session.scalars(query)).all()]


def publication_from(row: RuleVersion) -> Publication:
    return Publication(row.version, row.actor, row.why, row.based_on, row.restores, row.published_at)


def new_version(tables: Mapping[str, Table], shipped: RuleBook, last: RuleVersion | None, **who: Any) -> RuleVersion:
    """The row that follows ``last``."""
    return RuleVersion(
        version=(last.version if last else 0) + 1,
        content={name: document_of(table) for name, table in tables.items()},
        shipped={name: table_digest(table) for name, table in shipped.tables.items()},
        **who,
    )


def refuse_stale(last: RuleVersion | None, based_on: int) -> None:
    """Raises `RulesChangedError` when somebody else published since."""
    if last is not None and last.version != based_on:
        when = f"{local(last.published_at):%m-%d %H:%M}"
        raise RulesChangedError(
            f"{last.actor} 已于 {when} 发布第 {last.version} 版，而修改基于第 {based_on} 版；请在最新版本上重新修改"
        )
    if last is None and based_on != 0:
        raise RulesChangedError(f"还没有发布过规则，修改应基于第 0 版，而不是第 {based_on} 版")


def stored_book(row: RuleVersion, shipped: RuleBook) -> RuleBook:
    """A published version as the program of today understands it.

    Columns are the program's.  A table that it does not know any more is left out; one that was published before the
    program had it, or that does not fit it any more, is the program's own.
    """
    tables: dict[str, Table] = {}
    for name, known in shipped.tables.items():
        table, problems = _stored_table(row, known)
        if problems:
            logger.error(
                "rules version %d: table %s is not usable, the shipped one is: %s", row.version, name, problems
            )
        tables[name] = table if table is not None and not problems else known
    own = frozenset(name for name, table in tables.items() if table is shipped.tables[name])
    return RuleBook(row.version, tables, own)


def refuse_unusable(row: RuleVersion, shipped: RuleBook) -> None:
    """Raises `RulesRefusedError` when a table of an old version does not fit the program any more."""
    problems = [problem for known in shipped.tables.values() for problem in _stored_table(row, known)[1]]
    if problems:
        raise RulesRefusedError(problems)


def _stored_table(row: RuleVersion, known: Table) -> tuple[Table | None, list[str]]:
    document = row.content.get(known.name)
    if document is None:
        return None, []
    reader = Reader(document, Places(f"第 {row.version} 版"))
    table = reader.table(known)
    problems: list[Problem] = check(Draft({known.name: table}, tuple(reader.problems)))
    return table, [str(problem) for problem in problems]
