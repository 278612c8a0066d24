"""Signatures of plain bodies are good for one body: they do not cover it."""

from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from bot.clock import Clock
from bot.db import Database
from connectors.wechat.envelope import PATIENCE, ForgedError, Push
from connectors.wechat.tables import WeChatNonce as Nonce

_KEPT = 2 * PATIENCE + timedelta(minutes=1)


class Nonces:
    """Remembers them as long as they are good, for all processes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def refuse_reused(self, push: Push) -> None:
        """The platform may well repeat itself.  Raises `ForgedError` for another body under the same signature."""
        key = f"{push.timestamp}:{push.nonce}"
        new = insert(Nonce).values(key=key, digest=push.digest, seen_at=self._clock()).on_conflict_do_nothing()
        async with self._database.transaction() as session:
            if (await session.execute(new.returning(Nonce.key))).first() is not None:
                return
            first = await session.scalar(select(Nonce.digest).where(Nonce.key == key))
        if first != push.digest:
            raise ForgedError("the signature was used before, for another body")

    async def forget(self) -> None:
        async with self._database.transaction() as session:
            await session.execute(delete(Nonce).where(Nonce.seen_at < self._clock() - _KEPT))
