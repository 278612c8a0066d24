"""Score sheets and the plan in versions: published over what is shipped, never changed."""

import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Database
from bot.desk.leading.sheets import PlanRule, Sheet
from bot.desk.leading.tables import QualityEdition
from bot.desk.leading.who import refuse_unless_leads
from bot.desk.leading.words import refused, unknown
from bot.staff import audit
from bot.staff.model import Actor

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_PLAN = "plan"


@dataclass(frozen=True)
class EditionLine:
    """One version, without what is in it.  ``at`` is None for what was shipped."""

    name: str
    version: int
    note: str
    by: str
    at: datetime | None


class Editions:
    """The one door to sheets and the plan.  Publishing is for who leads, and refused where somebody was faster."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def sheets(self) -> dict[str, tuple[int, Sheet]]:
        """Every sheet in force with its version, by name."""
        newest = select(QualityEdition.name, func.max(QualityEdition.version)).where(QualityEdition.kind == "sheet")
        async with self._database.transaction() as session:
            rows = await session.execute(newest.group_by(QualityEdition.name))
            versions: dict[str, int] = {row[0]: row[1] for row in rows}
        names = sorted(shipped()["sheets"].keys() | versions.keys())
        return {name: (versions.get(name, 0), await self.sheet(name, versions.get(name, 0))) for name in names}

    async def sheet(self, name: str, version: int | None = None) -> Sheet:
        """A sheet, by default the one in force; 0 is the shipped one.  Raises `NotFoundError`."""
        content = await self._content("sheet", name, version)
        if content is None:
            raise unknown("no_sheet" if version is None else "no_edition", name=name[:40], version=version)
        return Sheet.model_validate(content)

    async def version(self, kind: str, name: str) -> int:
        async with self._database.transaction() as session:
            return await _newest(session, kind, name)

    async def plan(self) -> tuple[int, tuple[PlanRule, ...]]:
        """The rules of drawing in force, with their version."""
        version = await self.version(_PLAN, _PLAN)
        content = await self._content(_PLAN, _PLAN, version)
        rules = content["rules"] if content else shipped()["plan"]
        return version, tuple(PlanRule.model_validate(rule) for rule in rules)

    async def history(self, kind: str, name: str) -> list[EditionLine]:
        """The newest first, what was shipped last."""
        query = select(QualityEdition).where(QualityEdition.kind == kind, QualityEdition.name == name)
        async with self._database.transaction() as session:
            rows = list(await session.scalars(query.order_by(QualityEdition.version.desc())))
        lines = [EditionLine(row.name, row.version, row.note, row.by, row.at) for row in rows]
        is_shipped = kind == _PLAN or name in shipped()["sheets"]
        return [*lines, EditionLine(name, 0, "", "", None)] if is_shipped else lines

    async def publish_sheet(self, actor: Actor, name: str, sheet: Sheet, *, after: int, note: str = "") -> int:
        """A sheet from now on; what was scored by an older one stays.  Returns the new version."""
        refuse_unless_leads(actor)
        if not _NAME.fullmatch(name):
            raise refused("sheet_name")
        sheet.check()
        return await self._publish(actor, "sheet", name, sheet.model_dump(mode="json"), after=after, note=note)

    async def publish_plan(self, actor: Actor, rules: tuple[PlanRule, ...], *, after: int, note: str = "") -> int:
        refuse_unless_leads(actor)
        known = await self.sheets()
        for rule in rules:
            if rule.sheet not in known:
                raise refused("sheet_gone", name=rule.sheet)
        content = {"rules": [rule.model_dump(mode="json") for rule in rules]}
        return await self._publish(actor, _PLAN, _PLAN, content, after=after, note=note)

    async def _publish(
        self, actor: Actor, kind: str, name: str, content: dict[str, Any], *, after: int, note: str
    ) -> int:
        async with self._database.transaction() as session:
            await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('quality_editions'))"))
            newest = await _newest(session, kind, name)
            if newest != after:
                raise refused("changed", version=newest)
            row = QualityEdition(
                kind=kind,
                name=name,
                version=newest + 1,
                content=content,
                note=note.strip()[:300],
                by=actor.username,
                at=self._clock(),
            )
            session.add(row)
            audit.record_by(
                session, f"quality.{kind}", actor, at=self._clock(), about=name, why=note or None, version=newest + 1
            )
            return newest + 1

    async def _content(self, kind: str, name: str, version: int | None) -> dict[str, Any] | None:
        async with self._database.transaction() as session:
            wanted = await _newest(session, kind, name) if version is None else version
            row = await session.get(QualityEdition, (kind, name, wanted))
        if row is None and wanted == 0 and kind == "sheet":
            found: dict[str, Any] | None = shipped()["sheets"].get(name)
            return found
        return row.content if row else None


async def _newest(session: AsyncSession, kind: str, name: str) -> int:
    query = select(func.max(QualityEdition.version)).where(QualityEdition.kind == kind, QualityEdition.name == name)
    return await session.scalar(query) or 0


@lru_cache(maxsize=1)
def shipped() -> dict[str, Any]:
    """``data/quality.yml``."""
    path = Path(__file__).with_name("data") / "quality.yml"
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
