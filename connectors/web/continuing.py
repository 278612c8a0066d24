"""Going on elsewhere: a short link that opens one conversation in one more browser, once, and not for long."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete

from bot.clock import Clock
from bot.db import Database
from bot.errors import AccessRefusedError, IllegalMoveError, NotFoundError
from connectors.web.tables import ContinueLink

# Without 0 O 1 l I, which people mix up; 12 of them are 70 bits.
_SIGNS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_LENGTH = 12
CODE = rf"^[{_SIGNS}]{{{_LENGTH}}}$"
_FORGOTTEN_AFTER = timedelta(days=7)


class ContinueLinks:
    """Makes links and takes them.  Whoever has a link can read and go on with that one conversation.

    Parameters
    ----------
    base_url: where customers reach us, e.g. ``https://chat.example.com``.
    good_for: how long a link opens anything, unless said otherwise.
    """

    def __init__(self, database: Database, base_url: str, clock: Clock, *, good_for: timedelta) -> None:
        self._database = database
        self._base_url = base_url.rstrip("/")
        self._clock = clock
        self.good_for = good_for

    async def link(self, conversation_id: UUID, at: datetime, *, good_for: timedelta | None = None) -> str:
        """A new link to this conversation; raises nothing, but opens nothing either if there is none such."""
        code = "".join(secrets.choice(_SIGNS) for _ in range(_LENGTH))
        async with self._database.transaction() as session:
            session.add(
                ContinueLink(
                    code_hash=_hash(code),
                    conversation_id=conversation_id,
                    made_at=at,
                    expires_at=at + (good_for or self.good_for),
                )
            )
        return f"{self._base_url}/c/{code}"

    async def use(self, code: str, visitor: str) -> UUID:
        """The conversation a link opens, for the first browser that comes with it and only for that one.

        Raises `NotFoundError`; `IllegalMoveError` when it is too old; `AccessRefusedError` when another used it.
        """
        now = self._clock()
        async with self._database.transaction() as session:
            link = await session.get(ContinueLink, _hash(code), with_for_update=True)
            if link is None:
                raise NotFoundError("no such link")
            if link.used_by not in (None, visitor):
                raise AccessRefusedError("another browser has used this link")
            if now > link.expires_at:
                raise IllegalMoveError("the link has expired")
            link.used_by, link.used_at = visitor, link.used_at or now
            return link.conversation_id


async def forget_links(database: Database, now: datetime) -> None:
    """Delete what opens nothing any more."""
    async with database.transaction() as session:
        await session.execute(delete(ContinueLink).where(ContinueLink.expires_at < now - _FORGOTTEN_AFTER))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
