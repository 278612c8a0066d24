"""The way from an SMS into the web chat."""

from datetime import datetime
from typing import Protocol
from uuid import UUID


class ContinueLinks(Protocol):
    """Makes links that open a conversation in the web chat of whoever has the phone."""

    async def link(self, conversation_id: UUID, at: datetime) -> str:
        """A short link into this conversation, made at ``at``.

        All of it but the part after the last slash stands in an approved template, so it must always be the same; that
        part has at most twelve letters and digits.
        """
        ...
