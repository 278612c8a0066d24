"""Since when each published entry reads as it does, so that answers nobody looked at for long are found."""

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock, local
from bot.db import Database
from bot.studio.faq.tables import FaqAge
from knowledge_base.entries import FaqEntry

_REMEMBERED = timedelta(minutes=1)


class FaqAges:
    """Looks at what is published now and then; an entry seen for the first time counts as new."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._known: tuple[datetime, dict[str, date]] | None = None

    async def look(self, entries: Iterable[FaqEntry]) -> None:
        """Remember how they read today.  Only words count: a button or a date does not make an answer newer."""
        today = local(self._clock()).date()
        digests = {entry.id: _digest(entry) for entry in entries}
        async with self._database.transaction() as session:
            known = {row.topic: row.digest for row in await session.scalars(select(FaqAge))}
            new = [
                {"topic": topic, "digest": digest, "since": today}
                for topic, digest in sorted(digests.items())
                if known.get(topic) != digest
            ]
            if gone := known.keys() - digests.keys():
                await session.execute(delete(FaqAge).where(FaqAge.topic.in_(gone)))
            if new:
                row = insert(FaqAge)
                changes = {"digest": row.excluded.digest, "since": row.excluded.since}
                await session.execute(row.on_conflict_do_update(index_elements=["topic"], set_=changes), new)
        self._known = None

    async def since(self) -> dict[str, date]:
        """By topic; at most a minute old."""
        now = self._clock()
        if self._known is None or now - self._known[0] > _REMEMBERED:
            async with self._database.transaction() as session:
                rows = (await session.execute(select(FaqAge.topic, FaqAge.since))).all()
            self._known = now, {topic: since for topic, since in rows}  # noqa: C416  rows are no pairs to mypy
        return self._known[1]


def _digest(entry: FaqEntry) -> str:
    said = [entry.question, entry.answer, *(f"{channel}\0{text}" for channel, text in sorted(entry.answers.items()))]
    return hashlib.sha256("\0".join([*said, *entry.phrasings]).encode()).hexdigest()[:16]
