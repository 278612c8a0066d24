"""What a visitor's frames do, whichever way they came: over the socket, or one by one over HTTP."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from pydantic import ValidationError

from bot.channels import Attachment, IncomingMessage, MessageKind
from bot.clock import Clock
from bot.conversations.ratings import Given, RatingService
from bot.conversations.receipts import ReadReceipts
from bot.conversations.service import ConversationService
from bot.errors import AttachmentNotFoundError, IllegalMoveError, NotFoundError
from bot.words import Words
from connectors.web.protocol import (
    ChatMessage,
    ClientFrame,
    RatingAnswer,
    Read,
    Typing,
    clean,
    client_frame,
    envelope,
)
from connectors.web.uploads import FILES_AT_ONCE
from connectors.web.visitors import RateLimit
from connectors.web.words import refusal

CHANNEL = "web"
SMALL_FRAMES_PER_MINUTE = 240
"""Signs of typing and reading, pings, ratings; those beyond are passed over."""


@dataclass(frozen=True)
class WebLimits:
    """What one visitor may send."""

    max_chars: int
    max_bytes: int
    per_minute: int
    burst: int = 10
    sessions_per_minute: int = 120


class OwnFiles(Protocol):
    """Whoever knows which uploads are whose."""

    async def own(self, visitor: str, ids: tuple[str, ...]) -> tuple[Attachment, ...]:
        """Raises `AttachmentNotFoundError` for an id that is not the visitor's."""
        ...


class RefusedFrameError(Exception):
    """The client is told this and stays connected."""

    def __init__(self, code: str, message: str, *, ref: str = "", retry_after: float = 0) -> None:
        super().__init__(code)
        self.frame = envelope("error", {"code": code, "message": message, "retry_after": retry_after}, ref=ref)


class Talk:
    """Hears frames and says what to answer to whoever sent them; what everybody sees goes by the log."""

    def __init__(
        self,
        conversations: ConversationService,
        ratings: RatingService,
        receipts: ReadReceipts,
        files: OwnFiles,
        wake: Callable[[UUID], None],
        *,
        words: Words,
        limits: WebLimits,
        clock: Clock,
    ) -> None:
        self._conversations = conversations
        self._ratings = ratings
        self._receipts = receipts
        self._files = files
        self._wake = wake
        self._words = words
        self._limits = limits
        self._clock = clock
        self._rate = RateLimit(limits.per_minute, limits.burst)
        self._small = RateLimit(SMALL_FRAMES_PER_MINUTE, SMALL_FRAMES_PER_MINUTE // 2)

    def say(self, response: str, **values: str) -> str:
        """A sentence for the customer."""
        return self._words.render(response, **values)[0].text

    def parse(self, raw: str) -> ClientFrame:
        """Raises `RefusedFrameError` for what is no frame, or too big a one."""
        if len(raw.encode("utf-8", "surrogatepass")) > self._limits.max_bytes:
            raise self._refused("too_long", "utter_too_long", ref=_id_in(raw), limit=str(self._limits.max_chars))
        try:
            return client_frame.validate_json(raw)
        except ValidationError as error:
            raise self._refused("bad_frame", "utter_bad_message", ref=_id_in(raw)) from error

    async def hear(self, frame: ClientFrame, visitor: str, conversation_id: UUID) -> list[dict[str, Any]]:
        """Do what the frame asks for; returns the frames that answer it.  Raises `RefusedFrameError`."""
        if isinstance(frame, ChatMessage):
            return await self.receive(frame, visitor)
        if self._small.wait_for(visitor):
            return []
        if isinstance(frame, RatingAnswer):
            return await self._rated(frame, conversation_id)
        if isinstance(frame, Read):
            await self._receipts.note(conversation_id, frame.data.up_to_seq, at=self._clock())
        elif isinstance(frame, Typing):
            await self._conversations.typing(conversation_id, "customer", on=frame.data.on)
        elif frame.type == "ping":
            return [envelope("pong", {}, ref=frame.id)]
        elif frame.type == "leave_queue":
            with suppress(IllegalMoveError):
                await self._conversations.leave_queue(conversation_id)
        return []

    async def receive(self, frame: ChatMessage, visitor: str) -> list[dict[str, Any]]:
        """Store, then acknowledge, then have it answered.  Raises `RefusedFrameError`."""
        incoming = await self._read(frame, visitor)
        received = await self._conversations.receive(incoming)
        ack = envelope("ack", {"id": frame.id, "duplicate": received.duplicate}, seq=received.seq, ref=frame.id)
        if not received.needs_bot:
            return [ack]
        self._wake(received.conversation_id)
        return [ack, envelope("typing", {"on": True, "by": "bot"})]

    async def _read(self, frame: ChatMessage, visitor: str) -> IncomingMessage:
        text = clean(frame.data.text)
        if len(text) > self._limits.max_chars:
            raise self._refused("too_long", "utter_too_long", ref=frame.id, limit=str(self._limits.max_chars))
        if not text and not frame.data.attachments:
            raise self._refused("empty", "utter_bad_message", ref=frame.id)
        if wait := self._rate.wait_for(visitor):
            raise self._refused("rate", "utter_rate_limited", ref=frame.id, retry_after=wait)
        attachments = await self._attachments(frame, visitor)
        return IncomingMessage(
            channel=CHANNEL,
            sender=visitor,
            external_id=frame.id,
            kind=attachments[0].kind if attachments else MessageKind(frame.data.kind),
            text=text,
            payload=frame.data.payload if frame.data.kind == MessageKind.postback else "",
            received_at=self._clock(),
            attachments=attachments,
        )

    async def _attachments(self, frame: ChatMessage, visitor: str) -> tuple[Attachment, ...]:
        ids = frame.data.attachments
        if len(ids) > FILES_AT_ONCE:
            raise RefusedFrameError("too_many", refusal("too_many_files", limit=FILES_AT_ONCE), ref=frame.id)
        try:
            return await self._files.own(visitor, ids)
        except AttachmentNotFoundError as error:
            raise RefusedFrameError("no_such_file", refusal("no_such_file"), ref=frame.id) from error

    async def _rated(self, frame: RatingAnswer, conversation_id: UUID) -> list[dict[str, Any]]:
        data = frame.data
        given = Given(score=data.score, reasons=data.reasons, comment=clean(data.comment))
        try:
            rating = await self._ratings.rate(conversation_id, data.seq, given)
        except (NotFoundError, IllegalMoveError) as error:
            raise RefusedFrameError("rating", refusal("rated"), ref=frame.id) from error
        return [envelope("rated", {"seq": data.seq, "score": rating.score}, ref=frame.id)]

    def _refused(
        self, code: str, response: str, *, ref: str = "", retry_after: float = 0, **values: str
    ) -> RefusedFrameError:
        wait = math.ceil(retry_after * 10) / 10
        return RefusedFrameError(code, self.say(response, **values), ref=ref, retry_after=wait)


def _id_in(raw: str) -> str:
    """The client's id in a frame that was refused, so that it knows which; empty when it cannot be read."""
    try:
        frame = json.loads(raw)
    except ValueError:
        return ""
    return str(frame.get("id", ""))[:64] if isinstance(frame, dict) else ""
