"""The canned responses that come with the platform, put in once where nobody has any."""

from datetime import datetime
from functools import lru_cache
from uuid import uuid4

import yaml
from sqlalchemy import func, select

from bot.db import Database
from bot.desk.tools.canned import CannedDraft
from bot.desk.tools.kinds import Scope
from bot.desk.tools.tables import CannedResponse, CannedVersion
from bot.desk.tools.words import DATA

_SHIPPING = 0x6B64_6361_6E6E_6564
"""Names the lock of those who look at the same time."""


@lru_cache(maxsize=1)
def shipped_responses() -> tuple[CannedDraft, ...]:
    document = yaml.safe_load((DATA / "canned.yml").read_text(encoding="utf-8"))
    return tuple(CannedDraft(scope=Scope.shared, **row) for row in document["responses"])


async def ship(database: Database, at: datetime) -> int:
    """Returns how many were put in: none where there ever was a shared one, even if it was removed."""
    async with database.transaction() as session:
        await session.execute(select(func.pg_advisory_xact_lock(_SHIPPING)))
        known = select(func.count()).select_from(CannedResponse).where(CannedResponse.scope == Scope.shared.value)
        if await session.scalar(known):
            return 0
        for draft in shipped_responses():
            words = {"folder": draft.folder, "shortcut": draft.shortcut, "title": draft.title, "text": draft.text}
            key = uuid4()
            session.add(
                CannedResponse(
                    id=key,
                    scope=Scope.shared.value,
                    owner="",
                    version=1,
                    is_active=True,
                    changed_by="system",
                    changed_at=at,
                    **words,
                )
            )
            await session.flush()
            session.add(CannedVersion(response_id=key, version=1, what="added", by="system", at=at, **words))
        return len(shipped_responses())
