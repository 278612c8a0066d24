"""Tells that Rasa is ready, and makes it so: the first sentence after a start is a second slower than the next."""

from collections.abc import Awaitable, Callable
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

SENTENCES = (
    "你好",
    "寄充电宝可以吗",
    "我的快递YD8800000000011怎么还没到北京市朝阳区，手机尾号1024",
    "明天下午能送到吗",
)


class WarmUp(InputChannel):
    """``GET /webhooks/warm_up/``: 503 until a model is loaded and has understood a few sentences, then 200."""

    @classmethod
    def name(cls) -> str:
        return "warm_up"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "WarmUp":
        return cls()

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[None]]) -> Blueprint:
        blueprint = Blueprint("warm_up_webhook")
        is_warm = False

        @blueprint.route("/", methods=["GET"])
        async def ready(request: Request) -> HTTPResponse:
            nonlocal is_warm
            agent: Agent | None = request.app.ctx.agent
            if agent is None or not agent.is_ready():
                return response.json({"ready": False}, status=503)
            if not is_warm:
                await _use(agent)
                is_warm = True
            return response.json({"ready": True})

        return blueprint


async def _use(agent: Agent) -> None:
    """Everything that a turn uses but its actions; nothing is kept of it."""
    for sentence in SENTENCES:
        await agent.parse_message(sentence)
    await agent.tracker_store.retrieve("nobody")
