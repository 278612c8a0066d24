"""Rasa's side of a turn: one request in, every reply out, and the same turn asked twice is answered the same.

The platform may be killed after Rasa saved a turn and before the platform stored the replies; it then asks again.
The tracker knows the turn by the id in the message's metadata, so the replies are read back instead of made again.
"""

import hmac
import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.dialogue.components import action_results  # noqa: F401  (makes every action call cheaper)
from bot.dialogue.components.second_intent import Reading, second_wish
from bot.dialogue.components.tracker_store import FoldingTrackerStore

RANKING_KEPT = 5


class TurnInput(InputChannel):
    """``POST /webhooks/turn/webhook`` ``{sender, message, metadata}`` -> ``{messages, understood}``."""

    @classmethod
    def name(cls) -> str:
        return "turn"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "TurnInput":
        return cls()

    def get_metadata(self, request: Request) -> dict[str, Any] | None:
        metadata: dict[str, Any] | None = request.json.get("metadata")
        return metadata

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        blueprint = Blueprint("turn_webhook")

        @blueprint.route("/ready", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            agent = request.app.ctx.agent
            return response.json({"ready": bool(agent and agent.is_ready())}, status=200 if agent else 503)

        @blueprint.route("/webhook", methods=["POST"])
        async def receive(request: Request) -> HTTPResponse:
            if not _may_ask(request):
                return response.json({"error": "the token is wrong"}, status=401)
            agent = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return response.json({"error": "no model is loaded"}, status=503)
            sender = request.json["sender"]
            metadata = self.get_metadata(request) or {}
            tracker = await agent.tracker_store.retrieve(sender)
            if tracker is not None and _heard(tracker, metadata.get("turn")):
                return _answer(_replies(tracker), tracker)
            if (also := await _also_wanted(agent, request.json["message"])) is not None:
                metadata["also"] = also
            collector = CollectingOutputChannel()
            await on_new_message(
                UserMessage(request.json["message"], collector, sender, input_channel=self.name(), metadata=metadata)
            )
            return _answer(collector.messages, await _after(agent.tracker_store, sender))

        return blueprint


async def _also_wanted(agent: Agent, text: str) -> dict[str, str] | None:
    """The second wish of a message, for the actions to remember."""

    async def understand(part: str) -> Reading:
        parsed: dict[str, Any] = await agent.parse_message(part)
        intent = parsed.get("intent") or {}
        return Reading(str(intent.get("name")), float(intent.get("confidence") or 0.0))

    if text.startswith("/"):
        return None
    wish = await second_wish(text, understand)
    return {"intent": wish.intent, "text": wish.text} if wish else None


async def _after(store: TrackerStore, sender: str) -> DialogueStateTracker | None:
    """The tracker as the turn left it, without reading it back where the store still has it in hand."""
    inner = getattr(store, "_tracker_store", store)  # Rasa wraps the configured store
    if isinstance(inner, FoldingTrackerStore):
        return inner.just_saved(sender)
    return await store.retrieve(sender)


def _may_ask(request: Request) -> bool:
    expected = os.environ.get("BOT_RASA_TOKEN", "")
    given = (request.headers.get("authorization") or "").replace("Bearer ", "", 1)
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def _heard(tracker: DialogueStateTracker, turn: str | None) -> bool:
    """Whether the newest user message of the tracker is this very turn."""
    newest = _newest_message(tracker)
    return turn is not None and newest is not None and (newest.metadata or {}).get("turn") == turn


def _newest_message(tracker: DialogueStateTracker) -> UserUttered | None:
    """Read from the raw events: the applied ones leave out what was said inside a form."""
    return next((event for event in reversed(tracker.events) if isinstance(event, UserUttered)), None)


def _replies(tracker: DialogueStateTracker) -> list[dict[str, Any]]:
    replies: list[dict[str, Any]] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, BotUttered):
            replies.append({"text": event.text, "buttons": (event.data or {}).get("buttons") or []})
    return list(reversed(replies))


def _answer(messages: list[dict[str, Any]], tracker: DialogueStateTracker | None) -> HTTPResponse:
    body = {
        "messages": [
            {"text": message.get("text"), "buttons": message.get("buttons") or []}
            for message in messages
            if message.get("text") or message.get("buttons")
        ],
        "understood": _understood(tracker),
    }
    return response.raw(json.dumps(body, ensure_ascii=False).encode("utf-8"), content_type="application/json")


def _understood(tracker: DialogueStateTracker | None) -> dict[str, Any]:
    newest = _newest_message(tracker) if tracker is not None else None
    if newest is None:
        return {}
    parsed = newest.parse_data or {}
    return {
        "intent": (parsed.get("intent") or {}).get("name"),
        "confidence": (parsed.get("intent") or {}).get("confidence"),
        "ranking": (parsed.get("intent_ranking") or [])[:RANKING_KEPT],
        "entities": [
            {key: entity.get(key) for key in ("entity", "start", "end")} for entity in parsed.get("entities") or []
        ],
    }
