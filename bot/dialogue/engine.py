"""The dialogue engine: the port, the adapter that speaks to Rasa over HTTP, and a scripted one for tests."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import UUID

import httpx
from pydantic import BaseModel, ValidationError

from bot.channels import Attachment, Button, Reply
from bot.errors import EngineUnavailableError

logger = logging.getLogger(__name__)
_BREAK_S = 3.0


@dataclass(frozen=True)
class Turn:
    """A customer message that is owed an answer by the bot.

    ``release`` is what has to answer it; None where there is but one.
    """

    conversation_id: UUID
    customer_id: UUID
    channel: str
    seq: int
    kind: str
    text: str
    payload: str
    attachments: tuple[Attachment, ...] = ()
    release: str | None = None

    @property
    def id(self) -> str:
        """Unique in the whole system; whatever is done twice for the same turn happens once."""
        return f"{self.conversation_id}:{self.seq}"

    @property
    def says(self) -> str:
        """What the engine hears: the meaning of a tapped button, or the words."""
        return self.payload or self.text


@dataclass(frozen=True)
class EngineAnswer:
    """What the engine says to one turn, and what it understood (intent, confidence, entities, ranking)."""

    replies: tuple[Reply, ...]
    understood: dict[str, Any] = field(default_factory=dict)


class DialogueEngine(Protocol):
    """Something that can answer a customer."""

    async def respond(self, turn: Turn) -> EngineAnswer:
        """The answer to a turn; asked again about the same turn it says the same.

        Raises `EngineUnavailableError` when it is down or too slow.
        """
        ...


class _RasaMessage(BaseModel):
    text: str | None = None
    buttons: list[Button] = []


class _RasaAnswer(BaseModel):
    messages: list[_RasaMessage]
    understood: dict[str, Any] = {}


class RasaEngine:
    """Rasa behind its turn channel (see ``bot/dialogue/components/channel.py``).

    After a failure Rasa is left alone for a few seconds, so that every waiting customer is not made to wait for the
    time-out too; then the next turn tries again.

    Parameters
    ----------
    base_url: where Rasa listens, without a trailing slash.
    token: shared secret of the turn channel.
    timeout_s: how long a customer may be kept waiting.
    values: what ``{carrier}`` and the like stand for in texts.
    transport: replaces the network, for tests.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout_s: float,
        values: dict[str, str],
        monotonic: Callable[[], float] = time.monotonic,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._client = httpx.AsyncClient(
            base_url=base_url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=httpx.Timeout(timeout_s, connect=min(1.0, timeout_s)),
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=32),
            transport=transport,
        )
        self._timeout_s = timeout_s
        self._values = values
        self._monotonic = monotonic
        self._broken_until = 0.0

    async def respond(self, turn: Turn) -> EngineAnswer:
        if self._monotonic() < self._broken_until:
            raise EngineUnavailableError("rasa failed a moment ago")
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._client.post("/webhooks/turn/webhook", json=_request(turn))
            response.raise_for_status()
            answer = _RasaAnswer.model_validate_json(response.content)
        except (httpx.HTTPError, TimeoutError, ValidationError) as error:
            self._broken_until = self._monotonic() + _BREAK_S
            raise EngineUnavailableError(f"rasa did not answer turn {turn.id}: {error!r}") from error
        return EngineAnswer(tuple(self._reply(message) for message in answer.messages), answer.understood)

    async def is_ready(self) -> bool:
        """Whether Rasa is up with a model loaded."""
        try:
            response = await self._client.get("/webhooks/turn/ready")
        except httpx.HTTPError:
            return False
        return response.status_code == httpx.codes.OK

    async def close(self) -> None:
        await self._client.aclose()

    def _reply(self, message: _RasaMessage) -> Reply:
        text = message.text or ""
        for name, value in self._values.items():
            text = text.replace("{" + name + "}", value)
        return Reply(text=text.strip(), buttons=tuple(message.buttons))


def _request(turn: Turn) -> dict[str, Any]:
    return {
        "sender": str(turn.conversation_id),
        "message": turn.says,
        "metadata": {
            "turn": turn.id,
            "conversation_id": str(turn.conversation_id),
            "customer_id": str(turn.customer_id),
            "seq": turn.seq,
            "channel": turn.channel,
        },
    }


class ScriptedEngine:
    """Answers from a dictionary, for tests and trials; an unknown sentence is echoed."""

    def __init__(self, script: dict[str, str] | None = None) -> None:
        self.script = script or {}
        self.heard: list[str] = []
        self.is_down = False

    async def respond(self, turn: Turn) -> EngineAnswer:
        if self.is_down:
            raise EngineUnavailableError("switched off")
        self.heard.append(turn.says)
        return EngineAnswer((Reply(text=self.script.get(turn.says, turn.says)),))
