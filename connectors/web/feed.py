"""The frames of one conversation for one browser tab: the welcome, what was missed, and whatever happens then."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from bot.conversations.events import Event
from bot.conversations.ratings import IDLE, Offer, RatingService
from bot.conversations.service import ConversationService
from connectors.web.protocol import Shown, envelope, message_frame, mode_data, rate_frame
from connectors.web.talk import WebLimits

RESYNC_BEYOND = 500


class Feed:
    """Everything one tab is told.

    Parameters
    ----------
    shown: gives attachments their signed addresses.
    upload_bytes: the largest file the visitor may upload.
    idle: after so long without anything new it is looked whether the matter may be rated.
    """

    def __init__(
        self,
        conversations: ConversationService,
        ratings: RatingService,
        conversation_id: UUID,
        *,
        limits: WebLimits,
        shown: Shown,
        upload_bytes: int,
        idle: timedelta = IDLE,
    ) -> None:
        self._conversations = conversations
        self._ratings = ratings
        self._conversation_id = conversation_id
        self._limits = limits
        self._shown = shown
        self._upload_bytes = upload_bytes
        self._idle_s = idle.total_seconds() + 1
        self._sent_seq = 0
        self._offer: Offer | None = None

    async def beginning(self, last_seq: int, *, ref: str = "") -> list[dict[str, Any]]:
        """The welcome and all that came after ``last_seq``; a tab too far behind is told to read the history."""
        view = await self._conversations.view(self._conversation_id)
        self._sent_seq = min(last_seq, view.last_seq)
        data = mode_data(view) | {
            "conversation_id": str(view.id),
            "seq": view.last_seq,
            "resumed": last_seq > 0,
            "limits": {
                "max_chars": self._limits.max_chars,
                "max_bytes": self._limits.max_bytes,
                "per_minute": self._limits.per_minute,
                "upload_bytes": self._upload_bytes,
            },
        }
        frames = [envelope("welcome", data, seq=view.last_seq, ref=ref)]
        if view.last_seq - self._sent_seq > RESYNC_BEYOND:
            self._sent_seq = view.last_seq
            frames.append(envelope("resync", {}, seq=view.last_seq))
        return [*frames, *await self._new(), *await self._rating()]

    async def rest(self, events: asyncio.Queue[Event], *, tick_s: float | None = None) -> AsyncIterator[dict[str, Any]]:
        """What happens from now on, for ever; a ``ping`` whenever nothing did for ``tick_s``."""
        quiet_s = 0.0
        while True:
            wait = min(tick_s or self._idle_s, self._idle_s)
            try:
                async with asyncio.timeout(wait):
                    event = await events.get()
            except TimeoutError:
                quiet_s += wait
                if tick_s is not None:
                    yield envelope("ping", {})
                if quiet_s < self._idle_s:
                    continue
                frames, quiet_s = await self._rating(), 0.0
            else:
                frames, quiet_s = await self._of(event), 0.0
            for frame in frames:
                yield frame

    async def _of(self, event: Event) -> list[dict[str, Any]]:
        if event.kind == "typing":
            return [envelope("typing", {"on": event.on, "by": event.by})] if event.by != "customer" else []
        frames = []
        if event.kind == "state":
            view = await self._conversations.view(self._conversation_id)
            frames = [envelope("mode", mode_data(view), seq=view.last_seq)]
        if event.seq == 0 or event.seq > self._sent_seq:
            frames += await self._new()
        return frames if event.by == "customer" else frames + await self._rating()

    async def _new(self) -> list[dict[str, Any]]:
        """Everything in the log that this tab has not seen."""
        found = await self._conversations.messages_after(self._conversation_id, self._sent_seq)
        fresh = [message for message in found if message.seq > self._sent_seq]
        self._sent_seq = max((message.seq for message in fresh), default=self._sent_seq)
        return [message_frame(message, self._shown) for message in fresh]

    async def _rating(self) -> list[dict[str, Any]]:
        """The offer to rate, when it is another one than this tab knows of."""
        offer = await self._ratings.offered(self._conversation_id)
        if offer == self._offer:
            return []
        self._offer = offer
        return [rate_frame(offer)]


MakeFeed = Callable[[UUID], Feed]
