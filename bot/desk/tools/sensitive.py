"""The sensitive words in force, and their versions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import yaml
from pydantic import TypeAdapter
from sqlalchemy import ScalarSelect, func, select
from sqlalchemy.exc import IntegrityError

from bot.clock import Clock
from bot.db import Database
from bot.desk.tools import who
from bot.desk.tools.lexicon import Category, Lexicon, Verdict
from bot.desk.tools.tables import LexiconVersion
from bot.desk.tools.words import DATA, illegal, unknown
from bot.staff.model import Actor

SHIPPED = 0
_CATEGORIES = TypeAdapter(tuple[Category, ...])


@dataclass(frozen=True)
class Edition:
    """One version of the list; version 0 is the shipped one."""

    version: int
    categories: tuple[Category, ...]
    note: str
    by: str
    at: datetime | None


def newest_version() -> ScalarSelect[int]:
    """The number of the list in force, to be asked for beside something else."""
    return select(func.coalesce(func.max(LexiconVersion.version), SHIPPED)).scalar_subquery()


@lru_cache(maxsize=1)
def shipped_categories() -> tuple[Category, ...]:
    document = yaml.safe_load((DATA / "sensitive.yml").read_text(encoding="utf-8"))
    return _CATEGORIES.validate_python(document["categories"])


class SensitiveWords:
    """Checks texts with the newest list; supervisors publish another one, as a whole.

    Parameters
    ----------
    allowed: numbers and addresses that may always be named: our hotline, our website.
    """

    def __init__(self, database: Database, clock: Clock, *, allowed: Collection[str] = ()) -> None:
        self._database = database
        self._clock = clock
        self._allowed = tuple(allowed)
        self._known: tuple[int, Lexicon] | None = None

    async def check(self, text: str, *, allowed: Collection[str] = ()) -> Verdict:
        """What is wrong with a text.  ``allowed``: what may be named this time, such as the customer's own number."""
        return self.judge(await self.lexicon(), text, allowed=allowed)

    def judge(self, lexicon: Lexicon, text: str, *, allowed: Collection[str] = ()) -> Verdict:
        """The same by a list that was read before."""
        return lexicon.check(text, allowed=(*self._allowed, *allowed))

    async def lexicon(self) -> Lexicon:
        """The newest list, compiled."""
        async with self._database.transaction() as session:
            newest = await session.scalar(select(newest_version()))
        return await self.lexicon_of(newest or SHIPPED)

    async def lexicon_of(self, version: int) -> Lexicon:
        """A version, compiled; compiled again only when it is another one than the last."""
        if self._known is None or self._known[0] != version:
            self._known = (version, Lexicon((await self.edition(version)).categories))
        return self._known[1]

    async def edition(self, version: int | None = None) -> Edition:
        """A version, by default the newest.  Raises `NotFoundError`."""
        query = select(LexiconVersion).order_by(LexiconVersion.version.desc()).limit(1)
        if version is not None:
            query = query.where(LexiconVersion.version == version)
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).first()
        if found is not None:
            return _edition(found)
        if version not in (None, SHIPPED):
            raise unknown("lexicon_unknown", version=version)
        return Edition(SHIPPED, shipped_categories(), "", "system", None)

    async def versions(self, *, limit: int = 100) -> list[Edition]:
        """The newest first, down to the shipped one."""
        query = select(LexiconVersion).order_by(LexiconVersion.version.desc()).limit(limit)
        async with self._database.transaction() as session:
            found = (await session.scalars(query)).all()
        return [*(_edition(each) for each in found), Edition(SHIPPED, shipped_categories(), "", "system", None)]

    async def publish(self, actor: Actor, categories: Sequence[Category], *, after: int, note: str = "") -> Edition:
        """Another list, from now on.

        ``after`` is the version it was made from: where somebody published meanwhile, `IllegalMoveError`.  Raises
        `AccessRefusedError` for anybody who does not lead, `RefusedError` for a list that makes no sense.
        """
        who.refuse_unless_leads(actor)
        Lexicon(categories)
        now = self._clock()
        row = LexiconVersion(
            version=after + 1,
            categories=[category.model_dump(mode="json") for category in categories],
            note=note,
            by=actor.username,
            at=now,
        )
        newest = await self.edition()
        if newest.version != after:
            raise illegal("lexicon_old")
        try:
            async with self._database.transaction() as session:
                session.add(row)
                who.keep(session, "sensitive.published", actor, at=now, why=note or None)
        except IntegrityError as error:
            raise illegal("lexicon_old") from error
        return _edition(row)


def _edition(row: LexiconVersion) -> Edition:
    return Edition(row.version, _CATEGORIES.validate_python(row.categories), row.note, row.by, row.at)
